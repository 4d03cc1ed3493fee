package conf

// Page is [page]: what the public pages show.
type Page struct {
	// ShowListeners tells everyone how many listen.
	ShowListeners bool `toml:"show_listeners"`
}

func defaultPage() Page { return Page{ShowListeners: true} }
