package admin

import (
	"errors"

	"relay/auth"
	"relay/icy"
)

// manageAuth lists, adds and deletes those who may listen to a mount by its
// htpasswd file (wire/admin-manageauth.txt). Unlike Icecast's, the list is what
// the file holds now.
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
		if err = file.Add(q["username"], q["password"]); errors.Is(err, auth.ErrUserExists) {
			done, err = "User already exists - not added", nil
		}
	case action == "delete":
		done = "User deleted"
		if err = file.Delete(q["username"]); errors.Is(err, auth.ErrNoUser) {
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
