package icecast

import (
	"errors"

	"relay/auth/htpasswd"
	"relay/icy"
)

// manageAuth lists, adds or deletes the users of a mount's htpasswd file, who may listen
// to it (e2e/recorded/admin-manageauth.txt). Unlike Icecast, it lists the users after the
// change.
func (h *Handlers) manageAuth(q icy.Query) (element, error) {
	file := h.Gate.Htpasswd(q["mount"])
	if file == nil {
		return element{}, errMissingOfMount
	}
	var done string
	var err error
	switch action := q["action"]; {
	case action == "" || action == "list":
	case q["username"] == "" || action == "add" && q["password"] == "":
		return element{}, errMissingOfMount
	case action == "add":
		done = "User added"
		if err = file.Add(q["username"], q["password"]); errors.Is(err, htpasswd.ErrUserExists) {
			done, err = "User already exists - not added", nil
		}
	case action == "delete":
		done = "User deleted"
		if err = file.Delete(q["username"]); errors.Is(err, htpasswd.ErrNoUser) {
			err = nil
		}
	default:
		return element{}, errMissingOfMount
	}
	if err != nil {
		return element{}, err
	}
	users := ofMount(q["mount"])
	for _, name := range file.Users() {
		users.Below = append(users.Below, group("User", text("username", name)))
	}
	answer := group("icestats", users)
	if done != "" {
		answer.Below = append(answer.Below, group("iceresponse", text("message", done)))
	}
	return answer, nil
}
