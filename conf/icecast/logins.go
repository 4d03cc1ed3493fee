package icecast

// readLogins reads the logins of sources, operators and pulling servers.
func (c *Config) readLogins() {
	in, t := c.root.section("authentication"), c.auth
	source := in.take("source-password")
	if source == nil {
		source = c.root.take("source-password") // its place in Icecast 2.0
	}
	t.setSecret("source_password", source)
	t.setText("admin_user", in.take("admin-user"))
	t.setSecret("admin_password", in.take("admin-password"))
	t.setText("relay_user", in.take("relay-user"))
	t.setSecret("relay_password", in.take("relay-password"))
}
