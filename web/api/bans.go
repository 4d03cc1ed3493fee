package api

import (
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/gorilla/mux"
	"go.uber.org/zap"

	"relay/auth"
	"relay/conf"
	"relay/internal/netconn"
)

// maxBan is the longest temporary ban, in seconds: ten years.
const maxBan = 10 * 365 * 86400

// ban is one banned network.
type ban struct {
	Address string     `json:"address"` // or a range
	Until   *time.Time `json:"until"`   // null: permanent
	Origin  string     `json:"origin"`  // configuration, file, memory
}

func describeBan(b auth.Ban) ban {
	d := ban{Address: b.String(), Origin: b.Origin}
	if !b.Until.IsZero() {
		d.Until = &b.Until
	}
	return d
}

// bans lists the banned addresses.
func (h *Handlers) bans(c *call) error {
	offset, limit, err := pageIn(c.query, usualItems)
	if err != nil {
		return err
	}
	found := h.Gate.Bans()
	page := list[ban]{Items: []ban{}, Total: len(found)}
	found = found[min(offset, len(found)):]
	for _, b := range found[:min(limit, len(found))] {
		page.Items = append(page.Items, describeBan(b))
	}
	return c.answer(http.StatusOK, page)
}

// ban bans a network, for a time or permanently. Listeners and sources from there are
// disconnected.
func (h *Handlers) ban(c *call) error {
	var given struct {
		Address string `json:"address"`
		Seconds uint32 `json:"seconds,omitempty"` // 0: permanent
	}
	if err := c.decode(&given); err != nil {
		return err
	}
	until := time.Time{}
	if given.Seconds > maxBan {
		return problem(http.StatusBadRequest, `the member "seconds" must not be more than %d; 0 bans for good`, maxBan)
	}
	if given.Seconds > 0 {
		until = time.Now().Add(time.Duration(given.Seconds) * time.Second).Truncate(time.Second)
	}
	network, err := conf.ParseNetwork(given.Address)
	if err != nil {
		return problem(http.StatusUnprocessableEntity, `the member "address" %v`, err)
	}
	if network.Contains(netconn.Client(c.r)) {
		return problem(http.StatusConflict, "%s covers your own address: you could not lift this ban", given.Address)
	}
	saved, err := h.Gate.Ban(network.Prefix, until)
	switch {
	case errors.Is(err, auth.ErrTooManyBans):
		return problem(http.StatusConflict, "%v", err)
	case err != nil:
		return problem(http.StatusInternalServerError, "the ban cannot be saved: %v", err)
	}
	b := auth.Ban{Network: network.Prefix, Until: until, Origin: auth.BanInMemory}
	if saved {
		b.Origin = auth.BanInFile
	}
	h.Log.Info("address banned", zap.Stringer("address", b), zap.Time("until", until), zap.String("user", c.by.user))
	return c.answer(http.StatusCreated, describeBan(b))
}

// unban lifts the ban of a network.
func (h *Handlers) unban(c *call) error {
	text, err := url.PathUnescape(mux.Vars(c.r)["address"])
	var network conf.Network
	if err == nil {
		network, err = conf.ParseNetwork(text)
	}
	if err == nil {
		err = h.Gate.Unban(network.Prefix)
	} else {
		err = auth.ErrNoBan
	}
	switch {
	case errors.Is(err, auth.ErrNoBan):
		return problem(http.StatusNotFound, "there is no ban of this address")
	case errors.Is(err, auth.ErrConfigured):
		return problem(http.StatusConflict, "the ban is not lifted: %v", err)
	case err != nil:
		return problem(http.StatusInternalServerError, "the ban cannot be lifted: %v", err)
	}
	return c.done()
}
