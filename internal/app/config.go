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
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // Images without a time zone database know JOB_CLEANUP_TIME_ZONE too.
)

// minSecretBytes is the shortest secret that signs tokens: 256 bits.
const minSecretBytes = 32

// Config holds every setting. The tags of a field are all that stands of it anywhere: see [Setting]. The defaults are the
// embedded mode, which needs nothing installed.
type Config struct {
	ListenAddr string `section:"Where it listens" env:"LISTEN_ADDR" envDefault:"127.0.0.1:8080" help:"where the server listens"`
	PublicURL  string `env:"PUBLIC_URL" default:"http:// and where it listens" help:"where people reach the server; links begin with it"`
	HTTP       HTTP
	// TrustedProxies are networks. An address stands for itself.
	TrustedProxies []netip.Prefix `env:"TRUSTED_PROXIES" help:"networks of proxies, comma separated, whose X-Forwarded-For is believed"`
	Origins        []string       `env:"CORS_ALLOWED_ORIGINS" help:"origins, comma separated, that may call from a browser besides the server's own and FRONTEND_URL's"`
	Introspection  bool           `env:"INTROSPECTION" envDefault:"true" help:"everybody can read the schema from the API, and errors suggest what it has; false refuses both"`
	Playground     bool           `env:"PLAYGROUND" envDefault:"true" help:"the page at /playground/, to which / leads; false is without"`

	// DatabaseURL is never empty: where nothing names another database it is the one in DataDir.
	DatabaseURL string `section:"Database, bus and files" env:"DATABASE_URL" secret:"true" default:"sqlite: in DATA_DIR" help:"sqlite:… or postgres://…"`
	AutoMigrate bool   `env:"AUTO_MIGRATE" default:"true on SQLite, else false" help:"bring the database up to date at start"`
	DataDir     string `env:"DATA_DIR" envDefault:"data" help:"folder of the embedded database, its signing key, and files"`
	RedisURL    string `env:"REDIS_URL" secret:"true" default:"in process" help:"redis://… or rediss://…"`
	Files       Files

	// Auth is as in AUTH, but that firebase always has its project: see [Config.ways].
	Auth              string        `section:"Sign-in and secrets" env:"AUTH" envDefault:"dev" help:"the ways to sign in: dev, which serves on loopback only, firebase:PROJECT, or both with a comma between"`
	FirebaseProviders []string      `env:"FIREBASE_SIGN_IN_PROVIDERS" default:"google.com,password,apple.com" help:"the ways to sign in at Firebase that count, comma separated"`
	AccessTTL         time.Duration `env:"ACCESS_TOKEN_TTL" envDefault:"15m" help:"how long an access token is good"`
	JWTSecret         []byte        `env:"JWT_SECRET" or:"SECRET_KEY" secret:"true" unit:"bytes, at least 32" default:"made and kept in DATA_DIR on SQLite" help:"signs access tokens; required to serve on Postgres"`
	SealingKeys       Secret        `env:"SEALING_KEYS" secret:"true" default:"made and kept in DATA_DIR on SQLite" help:"seal people's own keys of providers at rest; without them on Postgres nobody can set one"`
	// AdminEmails are compared without regard to case.
	AdminEmails []string `env:"ADMIN_EMAILS" help:"addresses that are ADMIN, comma separated: the first of the administration, who give others their roles"`
	// FirebaseAccount is the service account's key, where FIREBASE_SERVICE_ACCOUNT_KEY_PATH or _JSON hold one: it says whether a token
	// was revoked, and deletes users whose account goes.
	FirebaseAccount Secret
	// FirebaseEmulator switches the checks of signatures off.
	FirebaseEmulator bool

	// Providers are the accounts at providers of models: openai, google, and those that PROVIDERS names. Without any there is
	// the sandbox alone.
	Providers         []Provider
	AIProviderDefault string  `section:"Models" env:"AI_PROVIDER_DEFAULT" default:"openai, google or sandbox, by the keys" help:"the provider whose models come first"`
	OpenAITextModel   string  `env:"OPENAI_TEXT_MODEL" envDefault:"gpt-4o-mini" help:"the default model where openai comes first; a name that is retired stands for its successor"`
	GeminiTextModel   string  `env:"GEMINI_TEXT_MODEL" envDefault:"gemini-1.5-flash" help:"the default model where google comes first; likewise"`
	DefaultModel      string  `env:"DEFAULT_MODEL" default:"by those" help:"the model of chats that name none; one that retires means its successor"`
	CatalogFile       string  `env:"CATALOG_FILE" default:"the one built in" help:"the catalogue of models, read again when it changes"`
	MaxTextChars      int     `env:"MAX_TEXT_CHARS" envDefault:"8000" min:"1" max:"1000000" unit:"code points" help:"the longest message"`
	MaxOutputTokens   int     `env:"MAX_OUTPUT_TOKENS" envDefault:"1024" min:"1" max:"1000000" unit:"tokens" help:"the longest reply"`
	SandboxPace       float64 `env:"SANDBOX_PACE" envDefault:"1" min:"0" max:"1000" help:"multiplies the sandbox's waits; 0 is without"`
	SandboxJournal    string  `env:"SANDBOX_JOURNAL" help:"a file to which the sandbox writes each call that it accepts, for tests"`

	ReplyWorkers int           `section:"Work" env:"REPLY_WORKERS" envDefault:"32" min:"1" max:"10000" help:"replies and titles one process writes at once"`
	TextWorkers  int           `env:"TEXT_WORKERS" envDefault:"16" min:"1" max:"10000" help:"text jobs one process works on at once"`
	ImageWorkers int           `env:"IMAGE_WORKERS" envDefault:"8" min:"1" max:"10000" help:"image jobs one process works on at once"`
	VideoWorkers int           `env:"VIDEO_WORKERS" envDefault:"8" min:"1" max:"10000" help:"video jobs one process works on at once"`
	JobRetention time.Duration `env:"JOB_RETENTION" envDefault:"720h" help:"how long finished jobs and their files are kept"`
	JobCleanup   JobCleanup
	// ExportMaxGB is bounded by what a store takes in one request; AWS takes 5 GiB.
	ExportMaxGB int `env:"EXPORT_MAX_GB" envDefault:"5" min:"1" max:"5000" unit:"GiB" help:"the largest export of an account, no more than the store takes in one request (AWS: 5); as much room in the temporary folder it may take, twice"`
	// NodeID lets a process that restarts take back its own work at once.
	NodeID string `env:"NODE_ID" default:"host and address, of a worker host and process id" help:"names the process to the queue; no two living ones may share it"`
	// ShutdownTimeout is longer by default than a reply of the default MaxOutputTokens takes at 20 tokens a second.
	ShutdownTimeout time.Duration `env:"SHUTDOWN_TIMEOUT" envDefault:"60s" help:"how long a stopping process waits for its work; it has stopped 10 s later at most"`
	// Lease and StopWait are those of chat.Config; zero means its defaults. No variable sets them, since clients count on
	// their lengths.
	Lease, StopWait time.Duration

	Billing   bool   `section:"Memberships and payments" env:"ENABLE_BILLING" envDefault:"true" help:"false opens everything to everybody, without quotas"`
	PlansFile string `env:"PLANS_FILE" default:"those built in" help:"memberships in place of those that ship"`
	QuotaZone Zone   `env:"QUOTA_TIME_ZONE" envDefault:"Asia/Seoul" help:"where days and months of quotas begin"`
	Payments  Payments

	Rates Rates

	LogLevel  slog.Level `section:"Log" env:"LOG_LEVEL" envDefault:"info" help:"debug, info, warn or error"`
	LogFormat string     `env:"LOG_FORMAT" default:"text on SQLite, else json" help:"text or json"`
}

// nodeID names a process that was given no name. A server's address is its own on its host and
// stays the same over restarts; where there is none, the process id distinguishes neighbours.
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

// loopback reports whether only this machine can reach addr.
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
