package neversilent

import (
	"testing"
	"time"

	"relay/e2e/harness"
)

// A listener that joins long after the stream began hears nothing that a decoder complains
// about.
func TestCodedNewcomer(t *testing.T) {
	eachCoded(t, harness.BesideMP3, func(t *testing.T, c harness.Coding) {
		r := harness.Start(t, harness.Config+"[[mount]]\nname = '/live'\nburst = '1s'\n")
		push(t, r, c, "/live", "DJ", tone(t, c, 440))
		harness.Eventually(t, "the source", plays(t, r, "/live", "live"))
		first := r.Tune(t, "/live")
		for heard := c.Listen(); heard.Length < 6*time.Second; {
			piece, err := c.Piece(first)
			if err == nil {
				err = heard.Add(piece)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		for _, said := range c.Complaints(t, c.Save(t, c.Record(t, r, "/live", 3))) {
			t.Errorf("a decoder warns %s", said)
		}
	})
}
