// Package metrics answers /metrics, which Prometheus reads.
//
//	in:   requests that net/http has read and gorilla/mux has routed; the state of
//	      the mounts, and the collectors of other packages
//	out:  series in Prometheus' text form, with names that begin with relay_,
//	      except those of the Go runtime and the process
//
// The series of other things than mounts come from collectors of the packages that have
// them. This package counts nothing and has no goroutine of its own. docs/metrics.md
// lists all series.
package metrics
