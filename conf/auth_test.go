package conf

import "testing"

func TestUserNames(t *testing.T) {
	refusals{
		{"[auth]\nsource_user = ''", `relay.toml:2: auth.source_user = "": must not be empty`},
		{"[auth]\nadmin_user = 'a:b'", `relay.toml:2: auth.admin_user = "a:b": must not contain a colon, which ends a user name in HTTP logins`},
		{"[[mount]]\nname = '/a'\nsource_user = \"a\\n\"", `relay.toml:3: mount.source_user = "a\n": must not have line breaks or other control characters`},
	}.check(t)
}

func TestPasswordsFromEnvironment(t *testing.T) {
	t.Setenv(SourcePasswordVariable, "env source")
	t.Setenv(AdminPasswordVariable, "env admin")
	c := parse(t, "[auth]\nsource_password = ''\nadmin_password = 'mine'")
	if c.Auth.SourcePassword != "env source" || c.Auth.AdminPassword != "mine" {
		t.Errorf("got %s, %s", c.Auth.SourcePassword.Reveal(), c.Auth.AdminPassword.Reveal())
	}
	if c, err := Load(""); err != nil || c.Auth.AdminPassword != "env admin" {
		t.Errorf("without a file: got %+v, %v", c, err)
	}
	if Default().Auth.AdminPassword != "" {
		t.Error("the defaults look at the environment")
	}
	t.Setenv(AdminPasswordVariable, "$2y$05$short")
	refusals{{"", AdminPasswordVariable + ": " + brokenHash}}.check(t)
}
