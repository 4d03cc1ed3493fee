package conf

// Config is a whole configuration. Its values are the defaults wherever the
// file says nothing.
type Config struct {
	Server  Server  `toml:"server"`
	Limits  Limits  `toml:"limits"`
	Auth    Auth    `toml:"auth"`
	Log     Log     `toml:"log"`
	TLS     TLS     `toml:"tls"`
	Page    Page    `toml:"page"`
	History History `toml:"history"`
	Master  Master  `toml:"master"`

	// Mounts holds the [[mount]] tables as they were declared, patterns
	// included, with zero values for what they leave out. Config.Mount gives
	// the settings that count.
	Mounts []Mount `toml:"mount"`
	Relays []Relay `toml:"relay"`
}

// Default returns the documented defaults, with no mount declared and no look
// at the environment. Load("") is the configuration of a run without a file.
func Default() *Config {
	return &Config{
		Server:  defaultServer(),
		Limits:  defaultLimits(),
		Auth:    defaultAuth(),
		Log:     defaultLog(),
		Page:    defaultPage(),
		History: defaultHistory(),
		Master:  defaultMaster(),
	}
}

// check reports every value that cannot work, table by table.
func (c *Config) check(r *reader) {
	var root path
	c.Server.check(r, root.key("server"))
	c.Limits.check(r, root.key("limits"))
	c.Auth.check(r, root.key("auth"))
	c.Log.check(r, root.key("log"))
	c.TLS.check(r, root.key("tls"))
	c.History.check(r, root.key("history"))
	checkListen(r, &c.Server, c.TLS.Listen)
	c.Master.check(r, root.key("master"))
	checkMounts(r, root.key("mount"), c)
	checkRelays(r, root.key("relay"), c)
}
