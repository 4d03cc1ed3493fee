package auth

import "context"

type acceptedKey struct{}

// WithAccepted returns a context for a request. f is called each time that a login of the
// request is accepted, which may be several times.
func WithAccepted(ctx context.Context, f func()) context.Context {
	return context.WithValue(ctx, acceptedKey{}, f)
}

// Accepted notes that a login of the request with this context was accepted.
func Accepted(ctx context.Context) {
	if f, ok := ctx.Value(acceptedKey{}).(func()); ok {
		f()
	}
}
