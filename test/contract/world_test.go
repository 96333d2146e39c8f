package contract

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/internal/app"
	"github.com/weav-ai/weav/internal/app/apptest"
	"github.com/weav-ai/weav/internal/client"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/store/storetest"
	"github.com/weav-ai/weav/test/servicetest"
)

// secret signs the tokens of servers on Postgres.
const secret = "a secret of the contract tests, long enough"

// world is a running server and its rows.
type world struct {
	app  *app.App
	url  string
	rows *ent.Client
	// logged is what the server logs, from debug on.
	logged *logBuffer
}

// embedded starts a server on SQLite with an in-process bus, with settings besides those of a test; under the race
// detector, which makes that driver 10 to 60 times slower, on Postgres and Redis.
func embedded(t *testing.T, settings ...map[string]string) *world {
	if servicetest.Race {
		return external(t, settings...)
	}
	return start(t, app.Part{Serves: true, Works: true}, merged(settings))
}

// external starts a server on Postgres and Redis.
func external(t *testing.T, settings ...map[string]string) *world {
	return start(t, app.Part{Serves: true, Works: true}, merged(append(settings, services(t))))
}

func merged(all []map[string]string) map[string]string {
	out := map[string]string{}
	for _, one := range all {
		maps.Copy(out, one)
	}
	return out
}

func services(t *testing.T) map[string]string {
	return map[string]string{
		"DATABASE_URL": storetest.URL(t, store.Postgres), "REDIS_URL": servicetest.Redis(t), "JWT_SECRET": secret,
		"BLOB_URL": "file:" + t.TempDir(),
	}
}

// onBoth runs a test on both kinds of parts.
func onBoth(t *testing.T, run func(t *testing.T, w *world), settings ...map[string]string) {
	t.Run("embedded", func(t *testing.T) {
		t.Parallel()
		if servicetest.Race {
			t.Skip("SQLite is too slow under the race detector")
		}
		run(t, embedded(t, settings...))
	})
	t.Run("postgres and redis", func(t *testing.T) {
		t.Parallel()
		run(t, external(t, settings...))
	})
}

func start(t *testing.T, part app.Part, settings map[string]string) *world {
	t.Helper()
	base := map[string]string{"DATA_DIR": t.TempDir(), "LISTEN_ADDR": "127.0.0.1:0", "SANDBOX_PACE": "0", "SHUTDOWN_TIMEOUT": "10s"}
	maps.Copy(base, apptest.WideRates())
	cfg, err := app.Load(func(name string) string {
		if v, ok := settings[name]; ok {
			return v
		}
		return base[name]
	})
	must(t, err)
	listener, cfg, err := app.Listen(t.Context(), cfg, part)
	must(t, err)
	secrets := apptest.Secrets(settings)
	log, logged := quietLog(t, secrets)
	a, err := app.Open(t.Context(), cfg, part, log)
	must(t, err)
	run(t, a, listener)
	rows, err := store.Open(t.Context(), cfg.DatabaseURL)
	must(t, err)
	t.Cleanup(func() { must(t, rows.Close()) })
	w := &world{app: a, url: "http://" + listener.Addr().String() + "/graphql", rows: rows.Client(), logged: logged}
	t.Cleanup(func() { w.keepsSecrets(t, rows, secrets) })
	return w
}

// quietLog keeps what is logged, and looks for secrets in it at the end of the test.
func quietLog(t *testing.T, secrets map[string]string) (*slog.Logger, *logBuffer) {
	logged := new(logBuffer)
	t.Cleanup(func() {
		for _, leak := range apptest.Leaks(logged.String(), secrets) {
			t.Errorf("the log tells %s", leak)
		}
	})
	return slog.New(slog.NewTextHandler(logged, &slog.HandlerOptions{Level: slog.LevelDebug})), logged
}

// logBuffer is a log that is read when all is over.
type logBuffer struct {
	mu  sync.Mutex
	all bytes.Buffer
}

// Write implements io.Writer.
func (b *logBuffer) Write(line []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.all.Write(line)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.all.String()
}

// keepsSecrets looks for secrets in the metrics and in all tables: whatever a test did, none is there.
func (w *world) keepsSecrets(t *testing.T, st *store.Store, secrets map[string]string) {
	places := map[string]string{"the database": storetest.Dump(t, st), "the metrics": w.metrics(t)}
	for where, text := range places {
		for _, leak := range apptest.Leaks(text, secrets) {
			t.Errorf("%s: there is %s", where, leak)
		}
	}
}

func (w *world) metrics(t *testing.T) string {
	req, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), http.MethodGet, strings.TrimSuffix(w.url, "/graphql")+"/metrics", http.NoBody)
	must(t, err)
	res, err := http.DefaultClient.Do(req)
	must(t, err)
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	must(t, err)
	return string(body)
}

// run serves until the test ends.
func run(t *testing.T, a *app.App, listener net.Listener) {
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx, listener) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("the server ended: %v", err)
		}
		if err := a.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
}

// signedOut is a client that is not signed in.
func (w *world) signedOut() *person { return &person{Client: client.Client{URL: w.url}} }

// person signs in as name.
func (w *world) person(t *testing.T, name string) *person {
	t.Helper()
	p := w.signedOut()
	tokens, err := p.SignIn(t.Context(), address(name))
	must(t, err)
	p.refresh = tokens.RefreshToken
	return p
}

// address is the e-mail address of a person.
func address(name string) string {
	return strings.ToLower(strings.ReplaceAll(name, " ", "-")) + "@example.com"
}

// counts are the rows of each table that people write.
func (w *world) counts(t *testing.T) map[string]int {
	t.Helper()
	out := map[string]int{}
	for table, count := range map[string]func(context.Context) (int, error){
		"users": w.rows.User.Query().Count, "sessions": w.rows.Session.Query().Count,
		"folders": w.rows.Folder.Query().Count, "chats": w.rows.Chat.Query().Count,
		"messages": w.rows.Message.Query().Count, "prompts": w.rows.Prompt.Query().Count,
		"keys": w.rows.IdempotencyKey.Query().Count, "events": w.rows.FeedEvent.Query().Count,
		"jobs": w.rows.Job.Query().Count, "artifacts": w.rows.Artifact.Query().Count, "files": w.rows.File.Query().Count,
		"objects": w.rows.Object.Query().Count, "share_links": w.rows.ShareLink.Query().Count,
		"attachments": w.rows.Attachment.Query().Count, "plans": w.rows.Plan.Query().Count, "plan_steps": w.rows.PlanStep.Query().Count,
		"payments": w.rows.Payment.Query().Count, "api_keys": w.rows.APIKey.Query().Count, "ledger_entries": w.rows.LedgerEntry.Query().Count,
		"provider_keys": w.rows.ProviderKey.Query().Count, "audit_entries": w.rows.AuditEntry.Query().Count,
	} {
		n, err := count(t.Context())
		must(t, err)
		out[table] = n
	}
	return out
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
