package conf

// Config is a whole configuration. Keys that the file leaves out have their default
// values.
type Config struct {
	Server  Server  `toml:"server"`
	Limits  Limits  `toml:"limits"`
	Auth    Auth    `toml:"auth"`
	Log     Log     `toml:"log"`
	TLS     TLS     `toml:"tls"`
	Page    Page    `toml:"page"`
	History History `toml:"history"`
	Master  Master  `toml:"master"`

	// Mounts holds the [[mount]] tables as they were declared, patterns included, with
	// zero values for missing keys. Config.Mount returns the settings that apply.
	Mounts []Mount `toml:"mount"`
	Relays []Relay `toml:"relay"`
}

// Default returns the documented defaults, without any mount. It ignores the
// environment. Load("") returns the configuration of a run without a file.
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

// check reports every invalid value, table by table.
func (c *Config) check(r *reader) {
	var root path
	c.Server.check(r, root.key("server"))
	c.Limits.check(r, root.key("limits"))
	c.Auth.check(r, root.key("auth"))
	c.Log.check(r, root.key("log"))
	c.TLS.check(r, root.key("tls"))
	c.Page.check(r, root.key("page"))
	c.History.check(r, root.key("history"))
	checkListen(r, &c.Server, c.TLS.Listen)
	c.Master.check(r, root.key("master"))
	checkMounts(r, root.key("mount"), c)
	checkRelays(r, root.key("relay"), c)
}
