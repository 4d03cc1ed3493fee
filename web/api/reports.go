package api

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"relay/history"
)

const (
	// reportTimeout is how long the history may take for a report.
	reportTimeout = 30 * time.Second
	// usualStep and maxStep are how much time one point of the listeners curve stands
	// for.
	usualStep = time.Minute
	maxStep   = 31 * 24 * time.Hour
	// maxPoints bounds a curve.
	maxPoints = 10_000
)

// The parameters of all reports.
var spanParameters = []string{"mount", "from", "to", "format"}

// listeningReport answers with the listening to each mount.
func (h *Handlers) listeningReport(c *call) error {
	return report(h, c, "listening", h.History.Listening)
}

// sourcesReport answers with what was on the air.
func (h *Handlers) sourcesReport(c *call) error {
	return report(h, c, "sources", h.History.Sources)
}

// playersReport answers with the players that were used.
func (h *Handlers) playersReport(c *call) error {
	return report(h, c, "players", h.History.Players)
}

// titleTotalsReport answers with the titles that were played, with totals.
func (h *Handlers) titleTotalsReport(c *call) error {
	return report(h, c, "title-totals", h.History.TitleTotals)
}

// titlesReport answers with each play of each title and its listeners. As JSON it
// comes in pages.
func (h *Handlers) titlesReport(c *call) error {
	offset, limit, err := pageIn(c.query, maxItems)
	if err != nil {
		return err
	}
	if c.query.Get("format") == "csv" && !c.query.Has("limit") {
		limit = 0 // all rows
	}
	total := 0
	return answerReport(h, c, "titles", func(ctx context.Context, about history.Span) (plays []history.Play, err error) {
		plays, total, err = h.History.Titles(ctx, about, offset, limit)
		return plays, err
	}, func() int { return total })
}

// listenersCurve answers with the number of listeners over time.
func (h *Handlers) listenersCurve(c *call) error {
	step, err := wholeNumber(c.query, "step", int(usualStep.Seconds()), int(usualStep.Seconds()), int(maxStep.Seconds()))
	if err != nil {
		return err
	}
	wide := time.Duration(step) * time.Second
	if from, err := timeIn(c.query, "from"); err == nil && !from.IsZero() {
		to, err := timeIn(c.query, "to")
		if err == nil && to.IsZero() {
			to = time.Now()
		}
		if to.Sub(from)/wide > maxPoints {
			return problem(http.StatusBadRequest, "these would be more than %d points: take a larger step", maxPoints)
		}
	}
	return answerReport(h, c, "listeners", func(ctx context.Context, about history.Span) ([]history.Point, error) {
		return h.History.Curve(ctx, about, wide)
	}, nil)
}

// report answers with a report whose only argument is a span.
func report[R history.Row](h *Handlers, c *call, name string, rows func(context.Context, history.Span) ([]R, error)) error {
	return answerReport(h, c, name, rows, nil)
}

// answerReport answers with rows as JSON or CSV. total returns the number of all
// rows; nil: the answer has all.
func answerReport[R history.Row](h *Handlers, c *call, name string, rows func(context.Context, history.Span) ([]R, error), total func() int) error {
	format := c.query.Get("format")
	if c.query.Has("format") && format != "json" && format != "csv" {
		return problem(http.StatusBadRequest, `the parameter "format" must be json or csv`)
	}
	about, err := spanIn(c.query)
	if err != nil {
		return err
	}
	// A client that has closed its sending half after the request still wants the
	// answer.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.r.Context()), reportTimeout)
	defer cancel()
	if about.Mount != "" && h.History != nil && !h.isKnown(ctx, about.Mount) {
		return noMount(about.Mount)
	}
	found, err := rows(ctx, about)
	switch {
	case errors.Is(err, history.ErrOff):
		return problem(http.StatusNotFound, "%v", err)
	case err != nil:
		return problem(http.StatusServiceUnavailable, "the report is unavailable: %v", err)
	case format == "csv":
		c.w.Header().Set("Content-Type", "text/csv; charset=utf-8")
		c.w.Header().Set("Content-Disposition", "attachment; filename="+name+".csv")
		history.WriteCSV(c.w, found) // an error means that the client has left
		return nil
	}
	answer := all(found)
	if total != nil {
		answer.Total = total()
	}
	return c.answer(http.StatusOK, answer)
}

// spanIn returns the span and mount of a report. The error is a *Problem.
func spanIn(query url.Values) (about history.Span, err error) {
	about.Mount = query.Get("mount")
	if about.From, err = timeIn(query, "from"); err != nil {
		return about, err
	}
	if about.To, err = timeIn(query, "to"); err != nil {
		return about, err
	}
	if !about.To.IsZero() && about.To.Before(about.From) {
		return about, problem(http.StatusBadRequest, `the parameter "to" is before "from"`)
	}
	return about, nil
}

// timeIn returns a time parameter, or the zero time if it is missing. The error is a
// *Problem.
func timeIn(query url.Values, name string) (time.Time, error) {
	if !query.Has(name) {
		return time.Time{}, nil
	}
	at, err := time.Parse(time.RFC3339, query.Get(name))
	if err != nil || at.Unix() < 0 {
		return time.Time{}, problem(http.StatusBadRequest, "the parameter %q must be a time such as 2026-01-31T12:00:00Z", name)
	}
	return at, nil
}
