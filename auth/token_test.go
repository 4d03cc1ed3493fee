package auth

import (
	"net/http/httptest"
	"testing"

	"go.uber.org/zap"
	"golang.org/x/crypto/bcrypt"

	"relay/conf"
)

func TestToken(t *testing.T) {
	hash, err := bcrypt.GenerateFromPassword([]byte("hashed"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	gate := NewGate(conf.NewLive(parsed(t, "[auth]\napi_tokens = ['one', 'two', '"+string(hash)+"']\n")), zap.NewNop())
	none := NewGate(conf.NewLive(parsed(t, "")), zap.NewNop())
	for _, test := range []struct {
		field         string
		good, missing bool
	}{
		{"Bearer one", true, false},
		{"bearer two", true, false},
		{"Bearer  hashed ", true, false},
		{"Bearer three", false, false},
		{"Bearer " + string(hash), false, false},
		{"Bearer", false, false},
		{"Bearer ", false, false},
		{"Basic b25lOnR3bw==", false, true},
		{"one", false, true},
		{"", false, true},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Authorization", test.field)
		err := gate.Token(r)
		if (err == nil) != test.good {
			t.Errorf("%q: %v", test.field, err)
		}
		if refusal, _ := err.(*Refusal); err != nil && refusal.Missing != test.missing {
			t.Errorf("%q: none was given: %v", test.field, refusal.Missing)
		}
		if none.Token(r) == nil {
			t.Errorf("%q is let in where there are no tokens", test.field)
		}
	}
}
