package app

import (
	"errors"
	"path/filepath"
	"strings"

	"github.com/weav-ai/weav/internal/auth/firebaseauth"
)

// Load reads the settings from the environment. Every secret may also come from the file that NAME_FILE names. names are all the
// variables that are set: one that begins like a setting and is none is an error. Without names there is no check for unknown ones.
func Load(getenv func(string) string, names ...string) (Config, error) {
	e := newEnvironment(getenv)
	var s settings
	e.read(&s, "")
	c := s.Config
	account := e.serviceAccount(c.Auth, s.Sources)
	c.Auth = e.signIn(c.Auth, account)
	if firebaseauth.IsAccountKey(account) {
		c.FirebaseAccount = NewSecret(string(account))
	}
	c.FirebaseEmulator = s.Sources.FirebaseEmulatorHost != ""
	c.HTTP.FrontendURL = strings.TrimRight(c.HTTP.FrontendURL, "/")
	c.Files.URL = s.Sources.bucket(c.Files.URL)
	c.Providers = e.providers(s.Sources)
	c.AIProviderDefault = defaultProvider(c.AIProviderDefault, c.Providers)
	c.DatabaseURL = s.Sources.postgres(c.DatabaseURL)
	if c.DatabaseURL == "" {
		c.DatabaseURL = "sqlite:" + filepath.Join(c.DataDir, "weav.db")
	}
	if e.get("AUTO_MIGRATE") == "" {
		c.AutoMigrate = c.sqlite()
	}
	if c.LogFormat == "" {
		c.LogFormat = map[bool]string{true: "text", false: "json"}[c.sqlite()]
	}
	e.checkWithoutEffect(c)
	e.checkNames(names)
	return c, errors.Join(e.faults...)
}
