package auth

import "context"

type acceptedKey struct{}

// WithAccepted returns a context of a request. f is called, perhaps several times, when
// a login that the request has is accepted.
func WithAccepted(ctx context.Context, f func()) context.Context {
	return context.WithValue(ctx, acceptedKey{}, f)
}

// Accepted says that a login of the request with this context is accepted.
func Accepted(ctx context.Context) {
	if f, ok := ctx.Value(acceptedKey{}).(func()); ok {
		f()
	}
}
