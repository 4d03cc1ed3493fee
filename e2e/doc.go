// Package e2e has nothing but packages of tests, which drive the real binary as
// its users do. Each has a subject; what they share is in harness, and exchanges
// captured from real clients are in recorded.
package e2e
