package main

import "relay/commandline"

// program is the whole command line: one file for each command, and here what
// belongs to none of them.
func program() *commandline.Program {
	p := &commandline.Program{
		Name:    "relay",
		Purpose: "a radio server",
		About: `relay takes MP3 from DJ software and gives it to listeners, as Icecast and SHOUTcast do, whose clients of either kind it serves. It needs no configuration: without one it makes passwords, prints them, and is on the air.

With a configuration it reads one file in TOML, in which every key is optional. An icecast.xml is read in its place.`,
		Environment: []commandline.Entry{
			{Name: "RELAY_SOURCE_PASSWORD", Text: "that of sources, where the configuration gives none"},
			{Name: "RELAY_ADMIN_PASSWORD", Text: "that of the operator, where the configuration gives none"},
			{Name: "NOTIFY_SOCKET, WATCHDOG_USEC", Text: "where systemd is told that relay is ready, and how often that it is well"},
			{Name: "LISTEN_FDS", Text: "how many open sockets systemd hands over; those that fit the configured addresses are used"},
		},
		Files: []commandline.Entry{
			{Name: "/etc/relay/relay.toml", Text: "the configuration where relay was installed as a package"},
			{Name: "/usr/share/doc/relay/relay.example.toml", Text: "every key, with its default"},
		},
		Signals: []commandline.Entry{
			{Name: "INT, TERM", Text: "stop: sources and listeners are let go, exit status 0"},
			{Name: "HUP", Text: "read the configuration again; if it is wrong, the one in force stays"},
		},
		Statuses: []commandline.Entry{
			{Name: "0", Text: "done, or stopped as told"},
			{Name: "1", Text: "the work failed; standard error says why"},
			{Name: "2", Text: "the command line was wrong"},
		},
	}
	p.Commands = []commandline.Command{
		serveCommand(p),
		initCommand(),
		checkCommand(),
		importCommand(),
		healthCommand(),
		versionCommand(),
		completionCommand(p),
		manualCommand(p),
	}
	p.Commands = append(p.Commands, helpCommand(p))
	return p
}
