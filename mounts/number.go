package mounts

import "slices"

// Numbered returns the mounts as SHOUTcast numbers its streams, from 1: first
// the one that its sources feed, then the others by name. Those that are hidden
// are left out.
func (r *Registry) Numbered() []*Mount {
	list := slices.DeleteFunc(r.List(), func(m *Mount) bool { return m.Config().Hidden })
	first := slices.IndexFunc(list, func(m *Mount) bool { return m.Name == r.conf.Config().Server.ShoutcastMount })
	if first > 0 {
		m := list[first]
		list = slices.Insert(slices.Delete(list, first, first+1), 0, m)
	}
	return list
}
