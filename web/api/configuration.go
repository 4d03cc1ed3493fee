package api

import (
	"errors"
	"net/http"
	"time"

	"relay/conf"
	"relay/conf/live"
)

// configuration answers with the configuration in force.
func (h *Handlers) configuration(c *call) error {
	return c.answer(http.StatusOK, struct {
		File   string    `json:"file"` // empty: there is no file
		Text   string    `json:"text"` // without the secrets
		Loaded time.Time `json:"loaded"`
	}{h.Settings.File(), h.Settings.TOML(), h.Settings.Loaded()})
}

// reload reloads the configuration.
func (h *Handlers) reload(c *call) error {
	outcome, err := h.Settings.Reload()
	if err != nil {
		return configProblem(err)
	}
	return c.answer(http.StatusOK, struct {
		Changed       []string `json:"changed"`
		RestartNeeded []string `json:"restart_needed"`
	}{append([]string{}, outcome.Changed...), append([]string{}, outcome.RestartNeeded...)})
}

// configProblem returns the Problem of a configuration that was not put in force.
func configProblem(err error) error {
	var p *Problem
	switch {
	case errors.As(err, &p):
		return p
	case errors.Is(err, live.ErrForeign), errors.Is(err, conf.ErrInlineMounts), errors.Is(err, conf.ErrScatteredMount):
		return problem(http.StatusConflict, "%v", err)
	case errors.Is(err, live.ErrNoMount):
		return problem(http.StatusNotFound, "%v", err)
	}
	errs := configErrors(err)
	if len(errs) == 0 {
		return problem(http.StatusInternalServerError, "%v", err) // the system's error text, for operators
	}
	where := ""
	if errs[0].Key != "" {
		where = errs[0].Key + ": "
	}
	p = problem(http.StatusUnprocessableEntity, "reload failed, the previous configuration is still active: %s%s", where, errs[0].Detail)
	p.Errors = errs
	return p
}

// configErrors returns the single errors within an error.
func configErrors(err error) (errs []ConfigError) {
	var one *conf.Error
	if several, ok := err.(interface{ Unwrap() []error }); ok {
		for _, err := range several.Unwrap() {
			errs = append(errs, configErrors(err)...)
		}
	} else if errors.As(err, &one) {
		detail := one.Problem
		if one.Value != "" {
			detail = one.Value + " " + detail
		}
		errs = append(errs, ConfigError{File: one.File, Line: one.Line, Key: one.Key, Detail: detail})
	}
	return errs
}
