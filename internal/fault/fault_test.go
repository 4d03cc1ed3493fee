package fault

import (
	"errors"
	"testing"
)

func TestAFaultBeginsAndEndsOnce(t *testing.T) {
	var f Fault
	if _, ended := f.Works(); ended || f.State().Timestamp() != 0 {
		t.Error("what never failed works again")
	}
	for i, cause := range []string{"full", "full", "gone"} {
		if begins := f.Failed(errors.New(cause)); begins != (i == 0) {
			t.Errorf("failure %d begins it: %v", i+1, begins)
		}
	}
	if s := f.State(); s.Text != "gone" || s.Failures != 3 || s.Total != 3 || s.Timestamp() == 0 {
		t.Errorf("state %+v", s)
	}
	was, ended := f.Works()
	if !ended || was.Failures != 3 || was.Text != "gone" {
		t.Errorf("ended %v: %+v", ended, was)
	}
	if _, ended := f.Works(); ended {
		t.Error("it ends twice")
	}
	f.Failed(errors.New("full"))
	if s := f.State(); s.Failures != 1 || s.Total != 4 {
		t.Errorf("the second fault: %+v", s)
	}
}
