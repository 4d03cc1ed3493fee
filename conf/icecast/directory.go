package icecast

import "cmp"

// readDirectories reads which directories list the mounts.
func (c *Config) readDirectories() {
	var urls []string
	var from *element
	for _, d := range c.root.takeAll("directory") {
		for _, e := range d.takeAll("yp-url") {
			if e.word() != "" {
				urls = append(urls, e.word())
				from = cmp.Or(from, e)
			}
		}
	}
	if len(urls) > 0 {
		c.directory.set("urls", urls, from)
	}
}
