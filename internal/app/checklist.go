package app

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Verdict is what a checklist says of a setting or a part.
type Verdict string

// The verdicts.
const (
	Fine Verdict = "ok"
	// Missing is something that the server does without.
	Missing Verdict = "missing"
	// Warning is a setting with which the server works, and which an operator should check.
	Warning Verdict = "warning"
	// Unsafe is something that the server refuses to start with, or should not run with.
	Unsafe Verdict = "unsafe"
	// Unreachable is a part or a provider that does not answer, or not with these settings.
	Unreachable Verdict = "unreachable"
)

// Finding is one line of a checklist. It holds no secret.
type Finding struct {
	Verdict Verdict
	// Item is a setting, or what was asked for an answer.
	Item string
	// Note says what it is, or what to do.
	Note string
}

// Blocks says whether somebody must act before the server can do its work.
func (f Finding) Blocks() bool { return f.Verdict == Unsafe || f.Verdict == Unreachable }

// Checklist goes through the settings of a deployment, for processes split as part says, and asks everything
// that they name for an answer. It starts nothing and changes nothing.
// names are as in [Load].
func Checklist(ctx context.Context, getenv func(string) string, part Part, names ...string) []Finding {
	return checklist(ctx, getenv, part, dial, names...)
}

func checklist(ctx context.Context, getenv func(string) string, part Part, dial dialer, names ...string) []Finding {
	c, err := Load(getenv, names...)
	list := unread(err)
	isUnread := func(f Finding) bool { return f.Item == "SHUTDOWN_TIMEOUT" || f.Item == "MAX_OUTPUT_TOKENS" }
	knowsGrace := part.Works && !slices.ContainsFunc(list, isUnread) // A default would hide the fault.
	for _, r := range c.rules(part) {
		f := Finding{Fine, r.setting, c.note(r.setting)}
		if r.fault != nil {
			f.Verdict, f.Note = Unsafe, r.fault.Error()
		}
		list = append(list, f)
	}
	list = append(list, c.httpNotes()...)
	list = append(list, c.doubts()...)
	if knowsGrace {
		list = append(list, c.grace())
	}
	list = append(list, c.transit()...)
	list = append(list, c.keys()...)
	list = append(list, c.absences()...)
	return append(list, probe{cfg: c, dial: dial}.all(ctx)...)
}

// unread are the settings that could not be read. Defaults stand in for them further on.
func unread(err error) []Finding {
	if err == nil {
		return nil
	}
	faults := []error{err}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		faults = joined.Unwrap()
	}
	list := make([]Finding, len(faults))
	for i, f := range faults {
		name, _, _ := strings.Cut(f.Error(), " ")
		list[i] = Finding{Unsafe, name, f.Error()}
	}
	return list
}

// note says what a setting that is in order means.
func (c Config) note(setting string) string {
	switch setting {
	case "DATABASE_URL":
		return map[bool]string{true: "SQLite, embedded: for one process", false: "Postgres"}[c.sqlite()]
	case "REDIS_URL":
		return map[bool]string{true: "none, the bus is in the process: for one process", false: "Redis"}[c.RedisURL == ""]
	case "AUTH":
		return c.authNote()
	case "PAYMENTS":
		return c.Payments.note()
	case "JWT_SECRET":
		return map[bool]string{true: "none given: one is made and kept in DATA_DIR", false: "present"}[len(c.JWTSecret) == 0]
	case "SEALING_KEYS":
		return c.sealingNote()
	case "INTROSPECTION":
		return map[bool]string{true: "on: everybody can read the schema; set it to false to hide it", false: "off: the schema is hidden, tools and the playground cannot read it"}[c.Introspection]
	case "PLAYGROUND":
		return map[bool]string{true: "on, at /playground/: set it to false to have no page", false: "off: there is no page at /playground/"}[c.Playground]
	case "CORS_ALLOWED_ORIGINS":
		return fmt.Sprintf("%d origins besides the server's own and FRONTEND_URL's", len(c.Origins))
	case "FRONTEND_URL":
		return map[bool]string{true: "none: the app is not elsewhere", false: "pages of " + c.HTTP.FrontendURL + " may call"}[c.HTTP.FrontendURL == ""]
	case "ALLOWED_HOSTS":
		return c.hostsNote()
	case "CATALOG_FILE":
		return map[bool]string{true: "none: the models that ship", false: "its models"}[c.CatalogFile == ""]
	case "PUBLIC_URL":
		return "links begin with " + c.publicURL()
	case "PROVIDERS":
		return fmt.Sprintf("%d besides the sandbox; %s comes first (AI_PROVIDER_DEFAULT)", len(c.Providers), c.AIProviderDefault)
	default:
		return map[bool]string{true: "S3", false: "a folder, embedded: for one process, or for processes that share it"}[strings.HasPrefix(c.Files.URL, "s3:")]
	}
}

// sealingNote says what becomes of people's own keys.
func (c Config) sealingNote() string {
	switch {
	case c.SealingKeys.IsSet():
		return "present"
	case c.sqlite():
		return "none given: one is made and kept in DATA_DIR"
	default:
		return "none: people cannot set keys of their own"
	}
}

// slowTokens is how many tokens a second a slow model writes.
const slowTokens = 20

// grace compares the longest reply with the time that a stopping process gives to what it writes.
func (c Config) grace() Finding {
	longest := (time.Duration(c.MaxOutputTokens) * time.Second / slowTokens).Round(time.Second)
	f := Finding{Fine, "SHUTDOWN_TIMEOUT", fmt.Sprintf("%s; a reply of %d tokens (MAX_OUTPUT_TOKENS) takes up to %s at %d tokens a second",
		c.ShutdownTimeout, c.MaxOutputTokens, longest, slowTokens)}
	if longest > c.ShutdownTimeout {
		f.Verdict = Warning
		f.Note += ": a process that stops cuts such replies off. Raise SHUTDOWN_TIMEOUT, and the supervisor's grace (stop_grace_period, TimeoutStopSec) to some more, or lower MAX_OUTPUT_TOKENS"
	}
	return f
}

// transit lists what would travel readably over networks of others.
func (c Config) transit() []Finding {
	var list []Finding
	warn := func(setting, note string) { list = append(list, Finding{Unsafe, setting, note}) }
	if u, err := url.Parse(c.RedisURL); err == nil && u.Scheme == "redis" && u.Hostname() != "" && !private(u.Hostname()) {
		warn("REDIS_URL", "goes to a public address without TLS: begin it with rediss:")
	}
	if u, err := url.Parse(c.DatabaseURL); err == nil && !c.sqlite() && u.Query().Get("sslmode") == "disable" && !private(u.Hostname()) {
		warn("DATABASE_URL", "goes to a public address without TLS: set sslmode=verify-full (POSTGRES_SSLMODE)")
	}
	if u, err := url.Parse(c.PublicURL); err == nil && u.Scheme == "http" && !private(u.Hostname()) {
		warn("PUBLIC_URL", "people's tokens and chats would travel in plain http: put TLS before the server and begin it with https://")
	}
	return list
}

// keys lists which providers have one.
func (c Config) keys() []Finding {
	var list []Finding
	for _, vendor := range []struct{ name, setting string }{{"openai", "OPENAI_API_KEY"}, {"google", "GEMINI_API_KEY"}} {
		if !c.configured(vendor.name) {
			list = append(list, Finding{Missing, vendor.setting, "the catalogue shows this provider's models as not configured: set it to offer them"})
		}
	}
	for _, p := range c.Providers {
		f := Finding{Fine, p.keySetting, p.Key.String()}
		if !p.Key.IsSet() {
			f.Verdict, f.Note = Missing, "fine where "+p.urlSetting+" asks for no key"
		}
		list = append(list, f)
	}
	return list
}

// absences lists what is missing because it was not set.
func (c Config) absences() []Finding {
	if len(c.AdminEmails) > 0 {
		return []Finding{{Fine, "ADMIN_EMAILS", fmt.Sprintf("%d operators", len(c.AdminEmails))}}
	}
	return []Finding{{Missing, "ADMIN_EMAILS", "nobody is an operator, and there are no pages for them: set their addresses"}}
}
