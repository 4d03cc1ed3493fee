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
	// usualStep and longestStep are how much of the time a point of the curve
	// of listeners stands for.
	usualStep   = time.Minute
	longestStep = 31 * 24 * time.Hour
	// mostPoints bounds a curve.
	mostPoints = 10_000
)

// The parameters of all reports.
var spanParameters = []string{"mount", "from", "to", "format"}

// listeningReport tells how each mount was listened to.
func (h *Handlers) listeningReport(c *call) error {
	return report(c, "listening", h.History.Listening)
}

// sourcesReport tells what was on the air.
func (h *Handlers) sourcesReport(c *call) error {
	return report(c, "sources", h.History.Sources)
}

// playersReport tells with which programs people listened.
func (h *Handlers) playersReport(c *call) error {
	return report(c, "players", h.History.Players)
}

// titleTotalsReport tells what was played, title by title.
func (h *Handlers) titleTotalsReport(c *call) error {
	return report(c, "title-totals", h.History.TitleTotals)
}

// titlesReport tells what was played and how many heard it, play by play. As
// JSON it comes in pages.
func (h *Handlers) titlesReport(c *call) error {
	query, err := queryOf(c.r, append(spanParameters, "offset", "limit")...)
	if err != nil {
		return err
	}
	offset, limit, err := pageIn(query, mostItems)
	if err != nil {
		return err
	}
	if query.Get("format") == "csv" && !query.Has("limit") {
		limit = 0 // all
	}
	total := 0
	return answerReport(c, query, "titles", func(ctx context.Context, about history.Span) (plays []history.Play, err error) {
		plays, total, err = h.History.Titles(ctx, about, offset, limit)
		return plays, err
	}, func() int { return total })
}

// listenersCurve tells how many listened over time.
func (h *Handlers) listenersCurve(c *call) error {
	query, err := queryOf(c.r, append(spanParameters, "step")...)
	if err != nil {
		return err
	}
	step, err := wholeNumber(query, "step", int(usualStep.Seconds()), int(usualStep.Seconds()), int(longestStep.Seconds()))
	if err != nil {
		return err
	}
	wide := time.Duration(step) * time.Second
	if from, err := timeIn(query, "from"); err == nil && !from.IsZero() {
		to, err := timeIn(query, "to")
		if err == nil && to.IsZero() {
			to = time.Now()
		}
		if to.Sub(from)/wide > mostPoints {
			return problem(http.StatusBadRequest, "these would be more than %d points: take a larger step", mostPoints)
		}
	}
	return answerReport(c, query, "listeners", func(ctx context.Context, about history.Span) ([]history.Point, error) {
		return h.History.Curve(ctx, about, wide)
	}, nil)
}

// report answers with a report that needs no more than a span.
func report[R history.Row](c *call, name string, rows func(context.Context, history.Span) ([]R, error)) error {
	query, err := queryOf(c.r, spanParameters...)
	if err != nil {
		return err
	}
	return answerReport(c, query, name, rows, nil)
}

// answerReport answers with rows as JSON or CSV. total is how many there are in
// all; nil: those that came.
func answerReport[R history.Row](c *call, query url.Values, name string, rows func(context.Context, history.Span) ([]R, error), total func() int) error {
	format := query.Get("format")
	if query.Has("format") && format != "json" && format != "csv" {
		return problem(http.StatusBadRequest, `the parameter "format" must be json or csv`)
	}
	about, err := spanIn(query)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(c.r.Context(), reportTimeout)
	defer cancel()
	found, err := rows(ctx, about)
	switch {
	case errors.Is(err, history.ErrOff):
		return problem(http.StatusNotFound, "%v", err)
	case err != nil:
		return problem(http.StatusServiceUnavailable, "there is no report now: %v", err)
	case format == "csv":
		c.w.Header().Set("Content-Type", "text/csv; charset=utf-8")
		c.w.Header().Set("Content-Disposition", "attachment; filename="+name+".csv")
		history.WriteCSV(c.w, found) // whoever left does not need it
		return nil
	}
	answer := all(found)
	if total != nil {
		answer.Total = total()
	}
	return c.answer(http.StatusOK, answer)
}

// spanIn returns what a report is to be about. The error is a *Problem.
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

// timeIn returns a parameter that is a time; the zero time, if it is not given.
// The error is a *Problem.
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
