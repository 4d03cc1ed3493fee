package api

import (
	"errors"
	"net/http"
	"time"

	"relay/conf"
	"relay/settings"
)

// configuration tells which configuration is in force.
func (h *Handlers) configuration(c *call) error {
	return c.answer(http.StatusOK, struct {
		File   string    `json:"file"` // empty: there is none
		Text   string    `json:"text"` // without the secrets
		Loaded time.Time `json:"loaded"`
	}{h.Settings.File(), h.Settings.TOML(), h.Settings.Loaded()})
}

// reload reads the configuration again.
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

// configProblem says why a configuration was not put in force.
func configProblem(err error) error {
	var p *Problem
	switch {
	case errors.As(err, &p):
		return p
	case errors.Is(err, settings.ErrForeign), errors.Is(err, conf.ErrInlineMounts), errors.Is(err, conf.ErrScatteredMount):
		return problem(http.StatusConflict, "%v", err)
	case errors.Is(err, settings.ErrNoMount):
		return problem(http.StatusNotFound, "%v", err)
	}
	errs := configErrors(err)
	if len(errs) == 0 {
		return problem(http.StatusInternalServerError, "%v", err) // the disk's words, for operators
	}
	where := ""
	if errs[0].Key != "" {
		where = errs[0].Key + ": "
	}
	p = problem(http.StatusUnprocessableEntity, "the configuration is wrong, and the one in force stays: %s%s", where, errs[0].Detail)
	p.Errors = errs
	return p
}

// configErrors returns the single errors that an error holds.
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
