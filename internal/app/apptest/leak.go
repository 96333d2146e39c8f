package apptest

import (
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/weav-ai/weav/internal/app"
)

const (
	// leastSecret is the length below which a value says nothing when it turns up somewhere.
	leastSecret = 8
	// leastKey is the same for one of several keys in a value.
	leastKey = 16
)

// issued has the forms of what the server itself gives out: access tokens and API keys.
var issued = regexp.MustCompile(`eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}|weav_(?:live|test)_[\w-]{43,}`)

// public are settings that are read as secrets are and yet are shown: signed addresses name the account.
var public = []string{"AWS_ACCESS_KEY_ID"}

// SecretNames are the names of settings that hold secrets, but for those of the providers that PROVIDERS names.
func SecretNames() []string {
	var names []string
	for _, s := range app.Settings() {
		for _, name := range s.Names() {
			isOne := s.IsSecret && !strings.HasSuffix(name, "_FILE") && !strings.HasPrefix(name, "PROVIDER_NAME_")
			if isOne && !slices.Contains(public, name) {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return names
}

// Secrets are the values among settings that nothing may show, by name. Of the addresses of services
// it is their password.
func Secrets(settings map[string]string) map[string]string {
	secrets := map[string]string{}
	for _, name := range SecretNames() {
		value := settings[name]
		if path := settings[name+"_FILE"]; value == "" && path != "" {
			raw, _ := os.ReadFile(path) // One that cannot be read was never read by the server either.
			value = strings.TrimSpace(string(raw))
		}
		if u, err := url.Parse(value); err == nil && u.Scheme != "" && u.Host != "" {
			value, _ = u.User.Password()
		}
		if len(value) >= leastSecret {
			secrets[name] = value
		}
	}
	return secrets
}

// Leaks returns which of secrets stand in text, and whether an access token or an API key does, with the words around
// each and not the secret itself.
func Leaks(text string, secrets map[string]string) (found []string) {
	for name, secret := range secrets {
		if i := strings.Index(text, secret); i >= 0 {
			found = append(found, name+": "+around(text, i, i+len(secret)))
		}
		for _, key := range strings.Fields(secret) { // Keys that seal stand behind their names.
			if i := strings.Index(text, key); i >= 0 && len(key) >= leastKey && key != secret {
				found = append(found, name+": "+around(text, i, i+len(key)))
			}
		}
	}
	if at := issued.FindStringIndex(text); at != nil {
		found = append(found, "a token: "+around(text, at[0], at[1]))
	}
	return found
}

// around is a line's beginning before and its end behind a place, without it.
func around(text string, from, to int) string {
	const some = 100
	return "…" + text[max(0, from-some):from] + "•••" + text[to:min(len(text), to+some)] + "…"
}
