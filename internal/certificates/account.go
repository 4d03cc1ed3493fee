package certificates

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"

	"relay/conf"
	"relay/internal/dial"
)

const (
	// fetchedWithin bounds an attempt, from the account to the last byte of the
	// certificate.
	fetchedWithin = 5 * time.Minute
	// connectedWithin bounds the time to connect to the ACME server.
	connectedWithin = 30 * time.Second
	// accountKey is the file of the account's key in the cache folder, named as
	// autocert names it.
	accountKey = "acme_account+key"
)

// account is relay's account with an ACME server (RFC 8555). It fetches one
// certificate at a time, and is not safe for concurrent use. The context of a call
// ends every wait for the server.
type account struct {
	client  *acme.Client
	email   string
	cache   autocert.Cache // stores its key
	answers *answers
}

func newAccount(c conf.TLS, cache autocert.Cache, answers *answers) *account {
	own := http.DefaultTransport.(*http.Transport).Clone() // its own, so that close ends no other connections
	own.DialContext = (&dial.Dialer{Timeout: connectedWithin}).DialContext
	client := &acme.Client{DirectoryURL: c.ACMEDir, UserAgent: "relay", HTTPClient: &http.Client{Transport: own}, RetryBackoff: again}
	return &account{client: client, email: c.ACMEEmail, cache: cache, answers: answers}
}

// close closes the idle connections to the server.
func (a *account) close() { a.client.HTTPClient.CloseIdleConnections() }

// fetch proves that relay controls the host of w and returns a new certificate with a
// new key, which the caller stores.
func (a *account) fetch(ctx context.Context, w *wanted) (*tls.Certificate, error) {
	ctx, cancel := context.WithTimeout(ctx, fetchedWithin)
	defer cancel()
	if err := a.register(ctx); err != nil {
		return nil, fmt.Errorf("account: %w", err)
	}
	order, err := a.authorize(ctx, w.host)
	if err != nil {
		return nil, err
	}
	key, err := w.newKey()
	if err != nil {
		return nil, err
	}
	request := &x509.CertificateRequest{Subject: pkix.Name{CommonName: w.host}, DNSNames: []string{w.host}}
	csr, err := x509.CreateCertificateRequest(rand.Reader, request, key)
	if err != nil {
		return nil, err
	}
	chain, _, err := a.client.CreateCertFromOrder(ctx, order, csr, true)
	if err != nil {
		return nil, fmt.Errorf("order: %w", err)
	}
	text, err := encode(key, chain)
	if err != nil {
		return nil, err
	}
	pair, err := tls.X509KeyPair(text, text)
	if err == nil {
		err = w.fits(&pair)
	}
	if err != nil {
		return nil, fmt.Errorf("what was issued: %w", err)
	}
	return &pair, nil
}

// register registers the account, or finds it registered. Each attempt does so, since
// the server may have lost the account.
func (a *account) register(ctx context.Context) error {
	if a.client.Key == nil {
		key, err := a.key(ctx)
		if err != nil {
			return err
		}
		a.client.Key = key
	}
	var contact []string
	if a.email != "" {
		contact = []string{"mailto:" + a.email}
	}
	_, err := a.client.Register(ctx, &acme.Account{Contact: contact}, acme.AcceptTOS)
	if errors.Is(err, acme.ErrAccountAlreadyExists) {
		return nil
	}
	return err
}

// key returns the account's key. It stores a new key before anything uses it: an
// account whose key is lost is lost too, and servers allow few accounts per address.
func (a *account) key(ctx context.Context) (crypto.Signer, error) {
	text, err := a.cache.Get(ctx, accountKey)
	if err == nil {
		return decodeKey(text)
	}
	if err != autocert.ErrCacheMiss {
		return nil, err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	if text, err = encode(key, nil); err != nil {
		return nil, err
	}
	if err := a.cache.Put(ctx, accountKey, text); err != nil {
		return nil, err
	}
	return key, nil
}

// authorize proves that relay controls a host, by tls-alpn-01 or else by http-01, and
// returns an order that is ready. Each type of challenge has its own order, since a
// failed challenge makes the order invalid (RFC 8555, section 7.1.6).
func (a *account) authorize(ctx context.Context, host string) (*acme.Order, error) {
	var failed []error
	for _, way := range []string{"tls-alpn-01", "http-01"} {
		order, err := a.client.AuthorizeOrder(ctx, acme.DomainIDs(host))
		if err != nil {
			return nil, fmt.Errorf("order: %w", err)
		}
		if order.Status == acme.StatusReady { // an earlier proof still holds
			return order, nil
		}
		for _, url := range order.AuthzURLs {
			if err = a.prove(ctx, url, host, way); err != nil {
				break
			}
		}
		if err == nil {
			order, err = a.client.WaitOrder(ctx, order.URI)
		}
		if err == nil {
			return order, nil
		}
		failed = append(failed, fmt.Errorf("%s: %w", way, err))
	}
	return nil, fmt.Errorf("%w; %w", failed[0], failed[1])
}

// prove answers the challenge of an authorization that has the type way, and waits
// for the server's verdict.
func (a *account) prove(ctx context.Context, url, host, way string) error {
	authorization, err := a.client.GetAuthorization(ctx, url)
	if err != nil || authorization.Status == acme.StatusValid {
		return err
	}
	n := slices.IndexFunc(authorization.Challenges, func(c *acme.Challenge) bool { return c.Type == way })
	if n < 0 {
		return errors.New("the server does not offer it")
	}
	challenge := authorization.Challenges[n]
	remove, err := a.answer(challenge, host)
	if err != nil {
		return err
	}
	defer remove()
	if _, err := a.client.Accept(ctx, challenge); err != nil {
		return err
	}
	_, err = a.client.WaitAuthorization(ctx, url)
	return err
}

// answer publishes the answer to a challenge until remove is called.
func (a *account) answer(c *acme.Challenge, host string) (remove func(), err error) {
	if c.Type == "http-01" {
		text, err := a.client.HTTP01ChallengeResponse(c.Token)
		if err != nil {
			return nil, err
		}
		return a.answers.putPath(a.client.HTTP01ChallengePath(c.Token), text), nil
	}
	pair, err := a.client.TLSALPN01ChallengeCert(c.Token, host)
	if err != nil {
		return nil, err
	}
	return a.answers.putHello(host, &pair), nil
}
