// Package app is the composition root: it reads the settings, checks them, and is the
// only place that picks adapters.
package app

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // Images without a time zone database know JOB_CLEANUP_TIME_ZONE too.

	"github.com/weav-ai/weav/internal/worker"
)

// minSecretBytes is the shortest secret that signs tokens: 256 bits.
const minSecretBytes = 32

// Config holds every setting. The defaults are the embedded mode: nothing to install.
type Config struct {
	// ListenAddr is where the server listens (LISTEN_ADDR, default 127.0.0.1:8080).
	ListenAddr string
	// DataDir holds the embedded database and keys (DATA_DIR, default ./data).
	DataDir string
	// DatabaseURL is sqlite:… or postgres:… (DATABASE_URL, or POSTGRES_HOST and its kin).
	DatabaseURL string
	// RedisURL is redis:…; empty keeps the bus in process (REDIS_URL).
	RedisURL string
	// Auth is the way to sign in: dev, which is allowed on loopback only, or firebase:PROJECT, or both with a comma between
	// (AUTH, default dev).
	Auth string
	// FirebaseProviders are the ways to sign in at Firebase that count (FIREBASE_SIGN_IN_PROVIDERS, comma separated, default
	// google.com, password and apple.com).
	FirebaseProviders []string
	// AccessTTL is how long an access token is good (ACCESS_TOKEN_TTL, default 15m).
	AccessTTL time.Duration
	// JWTSecret signs access tokens (JWT_SECRET, or the original's SECRET_KEY). Empty in the embedded
	// mode: one is made and kept in DataDir.
	JWTSecret []byte
	// ExportMaxGB is the largest export of an account, in GiB (EXPORT_MAX_GB, default 5). It is stored by one request, of which AWS takes no more.
	ExportMaxGB int
	// SealingKeys seal what has to be read again, such as people's own keys of providers (SEALING_KEYS): see package
	// seal. Empty in the embedded mode: one is made and kept in DataDir.
	SealingKeys Secret
	// Origins may call from a browser besides the server's own (CORS_ALLOWED_ORIGINS, comma separated).
	Origins []string
	// MaxTextChars is the longest message in code points (MAX_TEXT_CHARS, default 8000).
	MaxTextChars int
	// MaxOutputTokens caps every reply (MAX_OUTPUT_TOKENS, default 1024).
	MaxOutputTokens int
	// DefaultModel is the model of chats that name none (DEFAULT_MODEL, default the catalogue's first).
	DefaultModel string
	// Providers are the accounts at providers of models: "openai" (OPENAI_API_KEY, OPENAI_BASE_URL), "google"
	// (GEMINI_API_KEY or GOOGLE_API_KEY, GOOGLE_GEMINI_BASE_URL), and those that PROVIDERS names, each
	// NAME with PROVIDER_NAME_ADAPTER (openai or google, default openai), _BASE_URL, _API_KEY and _FORM
	// (chat or responses, default chat). Without any, there is the sandbox alone.
	Providers []Provider
	// CatalogFile is a catalogue in place of the one that ships (CATALOG_FILE).
	CatalogFile string
	// AIProviderDefault is the provider whose models come first (AI_PROVIDER_DEFAULT, default openai when it
	// is there, else google, else sandbox).
	AIProviderDefault string
	// OpenAITextModel and GeminiTextModel are the models of chats that name none, by the default provider
	// (OPENAI_TEXT_MODEL, default gpt-4o-mini; GEMINI_TEXT_MODEL, default gemini-1.5-flash).
	OpenAITextModel, GeminiTextModel string
	// Files is where files are kept.
	Files Files
	// PublicURL is where people reach the server (PUBLIC_URL, default http:// and where it listens).
	PublicURL string
	// TextWorkers, ImageWorkers and VideoWorkers are how many jobs of a kind one process works on at
	// once (TEXT_WORKERS, default 16; IMAGE_WORKERS, 8; VIDEO_WORKERS, 8).
	TextWorkers, ImageWorkers, VideoWorkers int
	// JobRetention is how long finished jobs are kept (JOB_RETENTION, default 720h).
	JobRetention time.Duration
	// JobCleanup is when old jobs are cleaned up each day (JOB_CLEANUP_AT, default 00:00, in
	// JOB_CLEANUP_TIME_ZONE, default Asia/Seoul).
	JobCleanup worker.Daily
	// Billing false opens everything to everybody, without quotas (ENABLE_BILLING, default true).
	Billing bool
	// PlansFile holds memberships in place of those that ship (PLANS_FILE).
	PlansFile string
	// Payments say who takes payments.
	Payments Payments
	// QuotaZone is where days and months of quotas begin (QUOTA_TIME_ZONE, default Asia/Seoul).
	QuotaZone *time.Location
	// Rates are how often people may do things.
	Rates Rates
	// HTTP says how requests are taken.
	HTTP HTTP
	// TrustedProxies are the networks of proxies that are believed what they say of a client's
	// address in X-Forwarded-For (TRUSTED_PROXIES, comma separated, default none).
	TrustedProxies []netip.Prefix
	// AdminEmails are the addresses of operators, in lower case (ADMIN_EMAILS, comma separated). None: there are no pages for them.
	AdminEmails []string
	// SandboxJournal is a file to which the sandbox writes each call it accepts, for tests (SANDBOX_JOURNAL).
	SandboxJournal string
	// ReplyWorkers is how many replies and titles one process writes at once (REPLY_WORKERS, default 32).
	ReplyWorkers int
	// NodeID names the process to the queue, so that a restart takes back its own work. No two living
	// processes may share it (NODE_ID, default host name and address, of a worker host name and process id).
	NodeID string
	// Lease and StopWait are those of chat.Config; zero means its defaults. No variable sets
	// them, since clients count on their lengths.
	Lease, StopWait time.Duration
	// Introspection lets everybody read the schema from the API, and has errors suggest what it has (INTROSPECTION, default true).
	Introspection bool
	// Playground serves the page for exploring the API (PLAYGROUND, default true).
	Playground bool
	// AutoMigrate brings the database up to date at start (AUTO_MIGRATE, default true for SQLite only).
	AutoMigrate bool
	// ShutdownTimeout is how long a stopping process waits for its work (SHUTDOWN_TIMEOUT, default 60s: longer than a reply
	// of MAX_OUTPUT_TOKENS takes at 20 tokens a second).
	ShutdownTimeout time.Duration
	// SandboxPace multiplies the sandbox's waits; 0 is without waits (SANDBOX_PACE, default 1).
	SandboxPace float64
	// LogLevel is debug, info, warn or error (LOG_LEVEL, default info).
	LogLevel slog.Level
	// LogFormat is text or json (LOG_FORMAT, default text when embedded, else json).
	LogFormat string
	// FirebaseEmulator says that FIREBASE_AUTH_EMULATOR_HOST is set, which switches signature checks off.
	FirebaseEmulator bool
}

// Load reads the settings from the environment. Every secret may also come from the file that NAME_FILE names. names are all the
// variables that are set: one that begins like a setting and is none is an error. Without names nobody looks for such.
func Load(getenv func(string) string, names ...string) (Config, error) {
	e := newEnvironment(getenv)
	c := Config{
		ListenAddr:        e.text("LISTEN_ADDR", "127.0.0.1:8080"),
		DataDir:           e.text("DATA_DIR", "data"),
		DatabaseURL:       e.secret("DATABASE_URL"),
		RedisURL:          e.secret("REDIS_URL"),
		Auth:              e.signIn(),
		FirebaseProviders: e.list("FIREBASE_SIGN_IN_PROVIDERS"),
		AccessTTL:         e.duration("ACCESS_TOKEN_TTL", 15*time.Minute),
		JWTSecret:         []byte(e.secret("JWT_SECRET", "SECRET_KEY")),
		ExportMaxGB:       e.number("EXPORT_MAX_GB", 5, 5_000),
		SealingKeys:       NewSecret(e.secret("SEALING_KEYS")),
		Origins:           e.list("CORS_ALLOWED_ORIGINS"),
		MaxTextChars:      e.number("MAX_TEXT_CHARS", 8000, 1_000_000),
		MaxOutputTokens:   e.number("MAX_OUTPUT_TOKENS", 1024, 1_000_000),
		DefaultModel:      e.text("DEFAULT_MODEL", ""),
		CatalogFile:       e.text("CATALOG_FILE", ""),
		Providers:         e.providers(),
		OpenAITextModel:   e.text("OPENAI_TEXT_MODEL", defaultOpenAIModel),
		GeminiTextModel:   e.text("GEMINI_TEXT_MODEL", defaultGeminiModel),
		Files:             e.files(),
		PublicURL:         e.text("PUBLIC_URL", ""),
		TextWorkers:       e.number("TEXT_WORKERS", 16, 10_000),
		ImageWorkers:      e.number("IMAGE_WORKERS", 8, 10_000),
		VideoWorkers:      e.number("VIDEO_WORKERS", 8, 10_000),
		JobRetention:      e.duration("JOB_RETENTION", 30*24*time.Hour),
		JobCleanup:        e.daily("JOB_CLEANUP_AT", "00:00", "JOB_CLEANUP_TIME_ZONE", "Asia/Seoul"),
		Billing:           e.flag("ENABLE_BILLING", true),
		PlansFile:         e.text("PLANS_FILE", ""),
		Payments:          e.payments(),
		QuotaZone:         e.zone("QUOTA_TIME_ZONE", "Asia/Seoul"),
		Rates:             e.rates(),
		HTTP:              e.http(),
		TrustedProxies:    e.prefixes("TRUSTED_PROXIES"),
		AdminEmails:       e.list("ADMIN_EMAILS"),
		SandboxJournal:    e.text("SANDBOX_JOURNAL", ""),
		ReplyWorkers:      e.number("REPLY_WORKERS", 32, 10_000),
		NodeID:            e.text("NODE_ID", ""),
		Introspection:     e.flag("INTROSPECTION", true),
		Playground:        e.flag("PLAYGROUND", true),
		ShutdownTimeout:   e.duration("SHUTDOWN_TIMEOUT", 60*time.Second),
		SandboxPace:       e.factor("SANDBOX_PACE", 1),
		LogLevel:          e.level("LOG_LEVEL"),
		FirebaseEmulator:  e.get("FIREBASE_AUTH_EMULATOR_HOST") != "",
	}
	c.AIProviderDefault = e.defaultProvider(c.Providers)
	c.DatabaseURL = e.postgres(c.DatabaseURL)
	if c.DatabaseURL == "" {
		c.DatabaseURL = "sqlite:" + filepath.Join(c.DataDir, "weav.db")
	}
	c.AutoMigrate = e.flag("AUTO_MIGRATE", c.sqlite())
	c.LogFormat = e.text("LOG_FORMAT", map[bool]string{true: "text", false: "json"}[c.sqlite()])
	e.checkUnread(c)
	e.checkNames(names)
	return c, errors.Join(e.faults...)
}

// nodeID names a process that was given no name. A server's address is its own on its host and
// stays the same over restarts; where there is none, the process id tells neighbours apart.
func nodeID(addr string, p Part) string {
	host, err := os.Hostname()
	if err != nil {
		host = "weav"
	}
	_, port, err := net.SplitHostPort(addr)
	if !p.Serves || err != nil || port == "0" {
		return host + "/" + strconv.Itoa(os.Getpid())
	}
	return host + "/" + addr
}

// Part is one of the two ways a server's parts may be split over processes.
type Part struct {
	// Serves is true for a process that answers requests.
	Serves bool
	// Works is true for a process that works jobs.
	Works bool
}

// Check refuses settings that are unsafe together, with a sentence that says what to do.
func (c Config) Check(p Part) error {
	for _, r := range c.rules(p) {
		if r.fault != nil {
			return r.fault
		}
	}
	return nil
}

// rule is what is wrong with a setting, alone or with others; nil when nothing is.
type rule struct {
	setting string
	fault   error
}

// rules are the settings that Check judges.
func (c Config) rules(p Part) []rule {
	return []rule{
		{"DATABASE_URL", c.checkDatabase(p)},
		{"REDIS_URL", c.checkRedis(p)},
		{"AUTH", c.checkAuth(p)},
		{"JWT_SECRET", c.checkSecret(p)},
		{"SEALING_KEYS", c.checkSealing()},
		{"CORS_ALLOWED_ORIGINS", c.checkOrigins()},
		{"FRONTEND_URL", c.checkFrontend()},
		{"ALLOWED_HOSTS", c.checkHosts()},
		{"PUBLIC_URL", c.checkPublicURL()},
		{"PROVIDERS", c.checkProviders()},
		{"CATALOG_FILE", c.checkCatalog()},
		{"BLOB_URL", c.checkFiles(p)},
		{"PAYMENTS", c.checkPayments()},
		{"INTROSPECTION", nil},
		{"PLAYGROUND", nil},
	}
}

func (c Config) checkDatabase(p Part) error {
	alone := p.Serves && p.Works
	switch {
	case c.sqlite() && !alone:
		return errors.New("the embedded SQLite is for one process only: set DATABASE_URL=postgres:… to split the server from its workers")
	case !c.sqlite() && !strings.HasPrefix(c.DatabaseURL, "postgres:") && !strings.HasPrefix(c.DatabaseURL, "postgresql:"):
		return errors.New("the setting DATABASE_URL must begin with `sqlite:` or `postgres:`")
	}
	return nil
}

func (c Config) checkRedis(p Part) error {
	alone := p.Serves && p.Works
	switch {
	case c.RedisURL == "" && !alone:
		return errors.New("the in-process bus is for one process only: set REDIS_URL=redis:… to split the server from its workers")
	case c.RedisURL != "" && !strings.HasPrefix(c.RedisURL, "redis:") && !strings.HasPrefix(c.RedisURL, "rediss:"):
		return errors.New("the setting REDIS_URL must begin with `redis:` or `rediss:`")
	}
	return nil
}

// checkSecret refuses a secret that can be guessed, and servers that would not know each other's tokens.
func (c Config) checkSecret(p Part) error {
	const advice = "give at least 32 random bytes (openssl rand -hex 32)"
	switch {
	case p.Serves && len(c.JWTSecret) == 0 && !c.sqlite():
		return errors.New("the setting JWT_SECRET is missing: servers that share a database must share it (openssl rand -hex 32)")
	case len(c.JWTSecret) == 0:
		return nil
	case len(c.JWTSecret) < minSecretBytes:
		return fmt.Errorf("JWT_SECRET has %d bytes: %s", len(c.JWTSecret), advice)
	}
	if why := weakness(c.JWTSecret); why != "" {
		return fmt.Errorf("JWT_SECRET can be guessed, since %s: %s", why, advice)
	}
	return nil
}

func (c Config) sqlite() bool { return strings.HasPrefix(c.DatabaseURL, "sqlite:") }

// loopback tells whether only this machine can reach addr.
func loopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
