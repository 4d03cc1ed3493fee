package icecast

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"relay/conf"
)

// Load returns the configuration itself. Its errors give the lines and elements of the
// XML, since nobody sees the TOML in between.
func (c *Config) Load() (*conf.Config, error) { return c.load(conf.Parse) }

// Try is Load on the machine for which the configuration is intended, see conf.Try.
func (c *Config) Try() (*conf.Config, error) { return c.load(conf.Try) }

func (c *Config) load(parse func(name string, text []byte) (*conf.Config, error)) (*conf.Config, error) {
	written := c.write()
	loaded, err := parse(c.file, written.b.Bytes())
	if err != nil {
		return nil, written.translate(err)
	}
	return loaded, nil
}

// Review is conf.Review of the configuration, with lines and elements of the XML.
func (c *Config) Review(ctx context.Context) []*conf.Error {
	written := c.write()
	return written.inXML(conf.Review(ctx, c.file, written.b.Bytes()))
}

// Places is conf.Places of the configuration, with lines and elements of the XML.
func (c *Config) Places(probes conf.Probes) (problems, doubts []*conf.Error) {
	written := c.write()
	problems, doubts = conf.Places(c.file, written.b.Bytes(), probes)
	return written.inXML(problems), written.inXML(doubts)
}

// translate converts errors about lines of the TOML to errors about the XML.
func (o *text) translate(err error) error {
	all := o.inXML(problems(err))
	if len(all) == 1 {
		return all[0]
	}
	joined := make([]error, len(all))
	for i, e := range all {
		joined[i] = e
	}
	return errors.Join(joined...)
}

// inXML returns problems with the lines and elements of the XML, in order of the lines.
func (o *text) inXML(all []*conf.Error) []*conf.Error {
	for i, e := range all {
		if e.File == "" || e.Line == 0 && e.Key == "" {
			continue // it concerns the environment or the whole file
		}
		from := o.from[e.Line]
		if from == nil {
			all[i] = &conf.Error{File: e.File, Key: e.Key, Value: e.Value, Problem: e.Problem}
			continue
		}
		all[i] = &conf.Error{File: e.File, Line: from.line, Key: "<" + from.name + ">", Value: e.Value, Problem: e.Problem}
	}
	slices.SortStableFunc(all, func(a, b *conf.Error) int { return cmp.Compare(a.Line, b.Line) })
	return all
}

// problems returns the single errors in an error of package conf.
func problems(err error) []*conf.Error {
	var one *conf.Error
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		var all []*conf.Error
		for _, err := range many.Unwrap() {
			all = append(all, problems(err)...)
		}
		return all
	} else if errors.As(err, &one) {
		return []*conf.Error{one}
	}
	return nil
}
