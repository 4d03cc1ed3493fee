package admin

import "relay/icy"

// skip ends the track that a mount plays from disk, at a frame.
func (h *Handlers) skip(q icy.Query) (element, error) {
	if err := h.Music.Skip(q["mount"]); err != nil {
		return element{}, err
	}
	return response("Track skipped", true), nil
}

// queue lists what an operator has lined up for a mount, adds to it the file in
// file=, or clears it.
func (h *Handlers) queue(q icy.Query) (element, error) {
	switch action := q["action"]; {
	case action == "clear":
		if err := h.Music.ClearQueue(q["mount"]); err != nil {
			return element{}, err
		}
		return response("Queue cleared", true), nil
	case action == "add" || action == "" && q.Has("file"):
		if q["file"] == "" {
			return element{}, errMissingParameter
		}
		if err := h.Music.Queue(q["mount"], q["file"]); err != nil {
			return element{}, err
		}
		return response("Track queued", true), nil
	case action == "" || action == "list":
		titles, err := h.Music.Queued(q["mount"])
		if err != nil {
			return element{}, err
		}
		list := ofMount(q["mount"])
		for _, title := range titles {
			list.Below = append(list.Below, group("track", text("title", title)))
		}
		return group("icestats", list), nil
	}
	return element{}, errUnknownOfMount
}
