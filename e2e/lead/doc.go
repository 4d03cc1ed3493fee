// Package lead has nothing but tests of what a listener holds: its lead. A listener on
// the wire counts the audio that it is sent and the time that passes. The difference is
// what a player holds that began with the first byte and never stops.
//
// The law: whatever happens to the inputs of a mount, a listener that takes what it is
// sent keeps 1.5 s, or half of what its join gave if that is more. Its lead never
// grows by more than 2 s. It hears frames in order, and none twice. Debts are paid.
//
// Every listener sits beside a control: a listener of a mount of the same server to
// which nothing happens. What the control lacks is what the machine costs, not relay.
package lead
