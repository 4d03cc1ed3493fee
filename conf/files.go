package conf

// Files is [mount.files]: what plays from disk when nobody is live.
type Files struct {
	// Paths is files, folders and playlists.
	Paths []string `toml:"paths"`
}

func (f *Files) check(r *reader, p path) {
	for i, name := range f.Paths {
		item := p.key("paths").item(i)
		if name == "" && !r.failed[item.id] {
			r.fail(item, "must be the path of a file, a folder or a playlist")
		}
		f.Paths[i] = r.resolve(name)
	}
}
