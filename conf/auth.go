package conf

import "os"

// Auth is [auth]: who may send streams, and who may control the server.
type Auth struct {
	// SourceUser is the user name of sources.
	SourceUser string `toml:"source_user"`
	// SourcePassword is the password of sources. Empty: relay generates one for the
	// run.
	SourcePassword Secret `toml:"source_password"`
	// AdminUser is the user name of operators.
	AdminUser string `toml:"admin_user"`
	// AdminPassword is the password of operators. Empty: relay generates one for the
	// run.
	AdminPassword Secret `toml:"admin_password"`
	// RelayUser is the user name of servers that pull this one's mounts.
	RelayUser string `toml:"relay_user"`
	// RelayPassword is the password of these servers. Empty: no server may request the
	// list.
	RelayPassword Secret `toml:"relay_password"`
	// APITokens allow programs to control the server with "Authorization: Bearer
	// TOKEN".
	APITokens []Secret `toml:"api_tokens"`
	// APIFolders are folders that the API may set as a mount's music or recordings
	// folder, in addition to the folders that mounts already use.
	APIFolders []string `toml:"api_folders"`
	// DenyIPs are addresses that get no answer except that of the health check.
	// DenyIPsFile has more of them, one a line, and is read again when it changes.
	// Empty: there is no such file.
	DenyIPs     []Network `toml:"deny_ips"`
	DenyIPsFile string    `toml:"deny_ips_file"`
	// DenyAgents are the User-Agents of clients that may not listen, with "*" for any
	// text and "?" for any character. DenyAgentsFile has more of them.
	DenyAgents     []string `toml:"deny_agents"`
	DenyAgentsFile string   `toml:"deny_agents_file"`
}

// Environment variables for passwords that the file leaves empty.
const (
	SourcePasswordVariable = "RELAY_SOURCE_PASSWORD"
	AdminPasswordVariable  = "RELAY_ADMIN_PASSWORD"
)

func defaultAuth() Auth {
	return Auth{SourceUser: "source", AdminUser: "admin", RelayUser: "relay"}
}

func (a *Auth) check(r *reader, p path) {
	for key, user := range map[string]string{"source_user": a.SourceUser, "admin_user": a.AdminUser, "relay_user": a.RelayUser} {
		checkUser(r, p.key(key), user)
		if user == "" {
			r.fail(p.key(key), "must not be empty")
		}
	}
	for i, folder := range a.APIFolders {
		at := p.key("api_folders").item(i)
		if folder == "" && !r.failed[at.id] {
			r.fail(at, "must be the path of a folder")
		}
		a.APIFolders[i] = r.resolve(folder)
	}
	a.DenyIPsFile, a.DenyAgentsFile = r.resolve(a.DenyIPsFile), r.resolve(a.DenyAgentsFile)
	for i, pattern := range a.DenyAgents {
		at := p.key("deny_agents").item(i)
		checkText(r, at, pattern)
		if pattern == "" && !r.failed[at.id] {
			r.fail(at, `must not be empty; "*" stands for every program`)
		}
	}
	fromEnvironment(r, SourcePasswordVariable, &a.SourcePassword)
	fromEnvironment(r, AdminPasswordVariable, &a.AdminPassword)
}

// fromEnvironment sets a password that is still empty to the value of an environment
// variable, if that is set.
func fromEnvironment(r *reader, variable string, password *Secret) {
	value := os.Getenv(variable)
	if *password != "" || value == "" {
		return
	}
	secret, err := newSecret(value)
	if err != nil {
		r.errs = append(r.errs, &Error{Key: variable, Problem: err.Error(), cause: err})
	}
	*password = secret
}
