package icecast

// readLogins reads who may send a stream, steer the server, or pull its mounts.
func (c *Config) readLogins() {
	in, t := c.root.section("authentication"), c.auth
	source := in.take("source-password")
	if source == nil {
		source = c.root.take("source-password") // where Icecast 2.0 had it
	}
	t.setSecret("source_password", source)
	t.setText("admin_user", in.take("admin-user"))
	t.setSecret("admin_password", in.take("admin-password"))
	t.setText("relay_user", in.take("relay-user"))
	t.setSecret("relay_password", in.take("relay-password"))
}
