package conf

// Page is [page]: the contents of the public pages.
type Page struct {
	// Title is the name of the station on all pages. Empty: the name that its mounts
	// have in common, if any.
	Title string `toml:"title"`
	// Logo is a picture file of the station, a JPEG, PNG, GIF or WebP. Empty: none.
	Logo string `toml:"logo"`
	// ShowListeners shows everyone the number of listeners.
	ShowListeners bool `toml:"show_listeners"`
}

func defaultPage() Page { return Page{ShowListeners: true} }

func (s *Page) check(r *reader, p path) {
	checkText(r, p.key("title"), s.Title)
	s.Logo = r.resolve(s.Logo)
}
