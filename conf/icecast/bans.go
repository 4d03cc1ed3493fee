package icecast

// readBans reads the paths of the lists of clients that may not listen.
func (c *Config) readBans(paths *element) {
	c.readBanFile("deny_ips_file", paths.take("deny-ip", "ban-file", "banfile"))
	c.readBanFile("deny_agents_file", paths.take("deny-agents"))
}

func (c *Config) readBanFile(name string, e *element) {
	if file := e.word(); file != "" {
		c.auth.set(name, c.place(file), e)
	}
}
