package mounts

import "testing"

func TestOrders(t *testing.T) {
	r := newRegistry(t, "[limits]\ncount_after = '0s'")
	from, to := attach(t, r, "/from", LiveSource).Mount, attach(t, r, "/to", LiveSource).Mount
	stays, goes := &Listener{}, &Listener{}
	for _, l := range []*Listener{stays, goes} {
		if err := from.Audience.Join(l); err != nil {
			t.Fatal(err)
		}
		l.Sent.Store(100)
	}
	if from.Audience.Order(goes.ID+1000, Order{}) {
		t.Error("an order reaches somebody who is not there")
	}
	if !from.Audience.Order(goes.ID, Order{MoveTo: to}) {
		t.Error("an order does not reach its listener")
	}
	if o := stays.TakeOrder(); o != nil {
		t.Errorf("the other listener got %+v", o)
	}
	if o := goes.TakeOrder(); o == nil || o.MoveTo != to || goes.TakeOrder() != nil {
		t.Errorf("got %+v, or got it twice", o)
	}

	if stay, here := from.Audience.MoveTo(&to.Audience, goes); !here || stay.Sent != 100 || stay.Since.IsZero() {
		t.Errorf("it stayed %+v, %v", stay, here)
	}
	goes.Sent.Add(11)
	if stays := to.Audience.Stays(); len(stays) != 1 || stays[0].Sent != 11 {
		t.Errorf("on the new mount are %+v", stays)
	}
	if f, t2 := from.Audience.Sent(), to.Audience.Sent(); f != 200 || t2 != 11 {
		t.Errorf("%d and %d bytes are counted, want 200 and 11", f, t2)
	}
	if from.Audience.Count() != 1 || to.Audience.Count() != 1 || r.Listeners() != 2 {
		t.Errorf("%d and %d listeners, %d in all", from.Audience.Count(), to.Audience.Count(), r.Listeners())
	}
	if list := to.Audience.List(); len(list) != 1 || list[0] != goes {
		t.Errorf("list %v", list)
	}
	if stay, here := to.Audience.Leave(goes, LeftByItself); !here || stay.Sent != 11 {
		t.Errorf("it stayed %+v, %v", stay, here)
	}
	if _, here := to.Audience.Leave(goes, LeftByItself); here {
		t.Error("it leaves twice")
	}
	if to.Audience.Sent() != 11 || r.Listeners() != 1 || r.Counts.Listeners.Load() != 2 {
		t.Errorf("%d bytes, %d listeners, %d in all", to.Audience.Sent(), r.Listeners(), r.Counts.Listeners.Load())
	}
	if n := from.Audience.OrderAll(Order{}); n != 1 || stays.TakeOrder() == nil {
		t.Errorf("%d were told to leave", n)
	}
}

// An order to leave is not replaced by later orders.
func TestAnOrderToLeaveStands(t *testing.T) {
	r := newRegistry(t, "")
	from, to := attach(t, r, "/from", LiveSource).Mount, attach(t, r, "/to", LiveSource).Mount
	l := &Listener{}
	if err := from.Audience.Join(l); err != nil {
		t.Fatal(err)
	}
	from.Audience.OrderAll(Order{MoveTo: to})
	from.Audience.Order(l.ID, Order{})
	from.Audience.OrderAll(Order{MoveTo: to})
	if o := l.TakeOrder(); o == nil || o.MoveTo != nil {
		t.Errorf("its order is %+v", o)
	}
}
