//go:build linux

package main

import "fmt"

// verdict is a figure with its target.
type verdict struct {
	What   string
	Figure string
	Target string
	Met    bool
}

func (v verdict) String() string {
	met := "met"
	if !v.Met {
		met = "MISSED"
	}
	return fmt.Sprintf("%-48s %-24s %-34s %s", v.What, v.Figure, v.Target, met)
}

// ratio returns a verdict that compares two figures.
func ratio(what string, figure, against float64, of string, most float64) verdict {
	if against == 0 {
		return verdict{what, "-", of + " was not measured", false}
	}
	r := figure / against
	return verdict{what, fmt.Sprintf("%.2f × %s", r, of), fmt.Sprintf("at most %.2f ×", most), r <= most}
}

// atMost returns a verdict that compares a figure with a limit in the same unit.
func atMost(what string, figure float64, unit string, most float64) verdict {
	return verdict{what, fmt.Sprintf("%.4g %s", figure, unit), fmt.Sprintf("at most %.4g %s", most, unit), figure <= most}
}

// none returns a verdict on a count that should be zero.
func none(what string, count int) verdict {
	return verdict{what, fmt.Sprint(count), "none", count == 0}
}

// soundFor returns the verdicts on what every reading listener must get from relay.
func soundFor(r result, flush float64) []verdict {
	return []verdict{
		none("frames missing, doubled or out of order", r.Load.Breaks),
		none("listeners lost", r.Load.Lost),
		none("listeners without sound", r.Load.Listeners-r.Load.Heard),
		atMost("longest gap", r.Load.LongestGap*1000, "ms", flush*1000+150),
	}
}
