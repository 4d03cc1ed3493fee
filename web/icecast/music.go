package icecast

import "relay/icy"

// skip ends the track that AutoDJ plays on a mount, at a frame.
func (h *Handlers) skip(q icy.Query) (element, error) {
	if err := h.Music.Skip(q["mount"]); err != nil {
		return element{}, err
	}
	return response("Track skipped", true), nil
}

// queue lists the next tracks of a mount, adds the file in file= to its queue, or clears
// the queue.
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
		coming, err := h.Music.Coming(q["mount"])
		if err != nil {
			return element{}, err
		}
		list := ofMount(q["mount"])
		for _, track := range coming {
			row := []element{text("title", track.Text), text("file", track.File)}
			if track.Queued {
				row = append(row, text("queued", "1"))
			}
			list.Below = append(list.Below, group("track", row...))
		}
		return group("icestats", list), nil
	}
	return element{}, errUnknownOfMount
}
