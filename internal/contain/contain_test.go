package contain

import (
	"errors"
	"strings"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
)

const oops = "a case nobody thought of"

// checkLine fails unless the log has one line with the panic and its place.
func checkLine(t *testing.T, log *observer.ObservedLogs) {
	t.Helper()
	lines := log.All()
	if len(lines) != 1 {
		t.Fatalf("the log has %v", lines)
	}
	facts := lines[0].ContextMap()
	if stack, _ := facts["stack"].(string); facts["panic"] != oops || !strings.Contains(stack, "contain_test.go") {
		t.Errorf("the log has %v", facts)
	}
}

func TestBugIsReported(t *testing.T) {
	core, log := observer.New(zap.ErrorLevel)
	func() {
		defer Bug(func(facts ...zap.Field) { zap.New(core).Error("ended", facts...) })
		panic(oops)
	}()
	checkLine(t, log)
}

func TestBugBecomesAnError(t *testing.T) {
	core, log := observer.New(zap.ErrorLevel)
	err := func() (err error) {
		defer Error(zap.New(core), &err)
		panic(oops)
	}()
	if err != errBug {
		t.Error(err)
	}
	checkLine(t, log)
}

func TestNothingIsReportedWithoutABug(t *testing.T) {
	core, log := observer.New(zap.ErrorLevel)
	failed := errors.New("failed")
	err := func() (err error) {
		defer Bug(func(...zap.Field) { t.Error("reported") })
		defer Error(zap.New(core), &err)
		return failed
	}()
	if err != failed || log.Len() > 0 {
		t.Errorf("%v, and the log has %v", err, log.All())
	}
}
