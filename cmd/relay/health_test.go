package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"relay/conf"
)

func TestWhereHealthAsks(t *testing.T) {
	for listen, want := range map[string]string{
		`server.listen = [":80", ":443"]`:                                   "http://127.0.0.1:80",
		`server.listen = ["0.0.0.0:8000"]`:                                  "http://127.0.0.1:8000",
		`server.listen = ["[::]:8000"]`:                                     "http://[::1]:8000",
		`server.listen = ["192.0.2.7:8000"]`:                                "http://192.0.2.7:8000",
		"server.listen = []\ntls.listen = [':443']\ntls.acme_hosts=['a.b']": "https://127.0.0.1:443",
	} {
		c, err := conf.Parse("relay.toml", []byte(listen))
		if err != nil {
			t.Fatal(err)
		}
		if got := whereToAsk(c); got != want {
			t.Errorf("%s: %s, want %s", listen, got, want)
		}
	}
}

// A server with a self-signed certificate is well too.
func TestHealth(t *testing.T) {
	status := http.StatusOK
	answer := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/healthz" {
			t.Errorf("asked for %s", r.URL)
		}
		w.WriteHeader(status)
	})
	plain, secure := httptest.NewServer(answer), httptest.NewTLSServer(answer)
	defer plain.Close()
	defer secure.Close()
	path := filepath.Join(t.TempDir(), "relay.toml")
	if err := os.WriteFile(path, fmt.Appendf(nil, "[server]\nlisten = [%q]", plain.Listener.Addr()), 0o600); err != nil {
		t.Fatal(err)
	}
	ask := func(args ...string) error {
		return run(append([]string{"health"}, args...), os.Stdout, os.Stderr)
	}
	if err := ask("-c", path); err != nil {
		t.Error(err)
	}
	if err := ask("--address", plain.Listener.Addr().String()); err != nil {
		t.Error(err)
	}
	if err := health(secure.URL); err != nil {
		t.Error(err)
	}
	status = http.StatusServiceUnavailable
	if err := ask("-c", path); err == nil {
		t.Error("503 is well")
	}
	if err := ask("-c", path+".none"); err == nil {
		t.Error("well without a configuration")
	}
}
