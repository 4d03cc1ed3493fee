package auth

import (
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"relay/conf"
)

func newSessions(t testing.TB, toml string) (*Sessions, *conf.Live) {
	t.Helper()
	live := conf.NewLive(parsed(t, toml))
	return NewSessions(NewGate(live, zap.NewNop())), live
}

func parsed(t testing.TB, toml string) *conf.Config {
	t.Helper()
	c, err := conf.Parse("relay.toml", []byte(toml))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestSessionIsFoundByItsToken(t *testing.T) {
	all, _ := newSessions(t, "")
	token, begun := all.Begin(Session{User: "admin", Operator: true})
	other, _ := all.Begin(Session{User: "dj", Mount: "/live"})
	if len(token) != 43 || len(begun.CSRF) != 43 || token == other || token == begun.CSRF {
		t.Errorf("token %q, CSRF %q", token, begun.CSRF)
	}
	if s, ok := all.Find(token); !ok || s != begun {
		t.Errorf("%+v", s)
	}
	if !begun.Confirms(begun.CSRF) || begun.Confirms("") || begun.Confirms(begun.CSRF+"x") || (Session{}).Confirms("") {
		t.Error("CSRF tokens are not told apart")
	}
	all.End(token)
	for _, token := range []string{token, "", "x"} {
		if _, ok := all.Find(token); ok {
			t.Errorf("a session is found by %q", token)
		}
	}
	if _, ok := all.Find(other); !ok {
		t.Error("the other session has ended too")
	}
}

func TestSessionEndsTwelveHoursAfterItsLastUse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all, _ := newSessions(t, "")
		token, _ := all.Begin(Session{User: "admin", Operator: true})
		for range 3 {
			time.Sleep(sessionLasts - time.Second)
			if _, ok := all.Find(token); !ok {
				t.Fatal("a session that is used ends")
			}
		}
		time.Sleep(sessionLasts)
		if _, ok := all.Find(token); ok || len(all.open) != 0 {
			t.Error("a session that is not used goes on")
		}
	})
}

func TestSessionEndsWithItsLogin(t *testing.T) {
	const before = `
[auth]
source_password = "one"
admin_password = "two"
[[mount]]
name = "/own"
source_password = "three"
`
	kinds := []struct {
		name string
		of   Session
	}{
		{"operator", Session{Operator: true}},
		{"source", Session{Mount: "/live"}},
		{"own", Session{Mount: "/own"}},
	}
	for _, test := range []struct {
		change, toml string
		ended        string
	}{
		{"nothing", before, ""},
		{"a title", before + "title = 'New'\n", ""},
		{"the administrator's password", "[auth]\nsource_password = 'one'\nadmin_password = 'new'\n[[mount]]\nname = '/own'\nsource_password = 'three'\n", "operator"},
		{"the administrator's name", "[auth]\nadmin_user = 'root'\nsource_password = 'one'\nadmin_password = 'two'\n[[mount]]\nname = '/own'\nsource_password = 'three'\n", "operator"},
		{"the sources' password", "[auth]\nsource_password = 'new'\nadmin_password = 'two'\n[[mount]]\nname = '/own'\nsource_password = 'three'\n", "source"},
		{"that of one mount", "[auth]\nsource_password = 'one'\nadmin_password = 'two'\n[[mount]]\nname = '/own'\nsource_password = 'new'\n", "own"},
	} {
		all, live := newSessions(t, before)
		tokens := map[string]string{}
		for _, k := range kinds {
			tokens[k.name], _ = all.Begin(k.of)
		}
		live.Replace(parsed(t, test.toml))
		for _, k := range kinds {
			if _, ok := all.Find(tokens[k.name]); ok == (k.name == test.ended) {
				t.Errorf("%s changes: the session of %s goes on: %v", test.change, k.name, ok)
			}
		}
	}
}

func TestSessionsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all, _ := newSessions(t, "")
		first, _ := all.Begin(Session{Operator: true})
		time.Sleep(time.Second)
		second, _ := all.Begin(Session{Operator: true})
		time.Sleep(time.Second)
		all.Find(first)
		for range maxSessions - 1 {
			time.Sleep(time.Millisecond)
			all.Begin(Session{Operator: true})
		}
		if len(all.open) != maxSessions {
			t.Errorf("%d sessions", len(all.open))
		}
		if _, ok := all.Find(second); ok {
			t.Error("the one not used for the longest time goes on")
		}
		if _, ok := all.Find(first); !ok {
			t.Error("one that was used has ended")
		}
		time.Sleep(sessionLasts)
		all.Begin(Session{Operator: true})
		if len(all.open) != 1 {
			t.Errorf("%d sessions are kept that are over", len(all.open)-1)
		}
	})
}
