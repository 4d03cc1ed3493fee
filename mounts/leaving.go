package mounts

// Reasons for a listener to leave, as logs and metrics name them.
const (
	LeftHimself  = "left"
	LeftEnded    = "stream ended"
	LeftTimeout  = "took nothing"
	LeftKicked   = "removed by the operator"
	LeftOverdue  = "stayed as long as he may"
	LeftBehind   = "fell behind"
	LeftShutdown = "server shut down"
	LeftFault    = "could not be served"
	LeftMoved    = "moved" // to another mount
)

// Leavings are all of them.
var Leavings = []string{
	LeftHimself, LeftEnded, LeftTimeout, LeftKicked, LeftOverdue, LeftBehind, LeftShutdown, LeftFault, LeftMoved,
}
