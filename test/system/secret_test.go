package systemtest

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	_ "github.com/lib/pq" // the dump reads Postgres by itself

	"github.com/weav-ai/weav/internal/client"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/store/storetest"
)

// mark is in every secret of the test, so that each is found wherever it turns up.
const mark = "MARKED-SECRET-OF-THE-TEST"

// TestMarkedSecretsAreNowhere gives the binary marked secrets wherever one can be put, walks its paths, good and bad, and then
// looks for the mark in all that it said: logs, answers, metrics, pages, and every column of its database.
func TestMarkedSecretsAreNowhere(t *testing.T) {
	t.Parallel()
	heard := &recorder{next: http.DefaultTransport}
	c := clusterOn(t, storetest.URL(t, store.Postgres), 1, 1, func(settings map[string]string) {
		for name, value := range markedSettings(t) {
			settings[name] = value
		}
	})
	p := c.newPerson(t)
	for _, one := range p.clients {
		one.HTTP = &http.Client{Transport: heard}
	}
	walk(t, p)
	for _, path := range []string{"/metrics", "/healthz", "/readyz", "/api/v1/health/", "/", "/graphql?query=%7Bviewer%7Bid%7D%7D", "/nowhere"} {
		heard.read(t, strings.TrimSuffix(c.urls[0], "/graphql")+path)
	}
	issued := issue(t, c.urls[0])
	for where, text := range map[string]string{
		"the answers": heard.text(), "the server's log": c.servers[0].output(), "the worker's log": c.workers[0].output(), "the database": dump(t, c.settings["DATABASE_URL"]),
	} {
		if len(text) < 100 {
			t.Errorf("%s: %d bytes, which shows nothing", where, len(text))
		}
		if i := strings.Index(text, mark); i >= 0 {
			t.Errorf("a secret is in %s: …%s…", where, text[max(0, i-120):min(len(text), i+60)])
		}
		for what, secret := range issued {
			if strings.Contains(text, secret) {
				t.Errorf("%s is in %s", what, where)
			}
		}
	}
}

// issue has the server make secrets of its own: those of a session and of an API key. Only their first answer may hold them.
func issue(t *testing.T, url string) map[string]string {
	t.Helper()
	c := &client.Client{URL: url}
	tokens, err := c.SignIn(t.Context(), uuid.NewString()+"@example.com")
	if err != nil {
		t.Fatal(err)
	}
	var made struct{ CreateAPIKey struct{ Secret string } }
	err = c.Do(t.Context(), `mutation ($key: String!) { createAPIKey: createApiKey(input: {name: "k", scopes: [READ], idempotencyKey: $key}) { secret } }`,
		map[string]any{"key": uuid.NewString()}, &made)
	if err != nil || made.CreateAPIKey.Secret == "" {
		t.Fatalf("an API key: %v", err)
	}
	with := &client.Client{URL: url, Token: made.CreateAPIKey.Secret}
	if err := with.Do(t.Context(), `{ viewer { id } }`, nil, nil); err != nil {
		t.Fatal(err)
	}
	return map[string]string{"an access token": tokens.AccessToken, "a refresh token": tokens.RefreshToken, "an API key": made.CreateAPIKey.Secret}
}

// markedSettings are all secrets that can be set, some as files. The providers' address leads nowhere, so that their calls fail with the keys at hand.
func markedSettings(t *testing.T) map[string]string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "gemini")
	if err := os.WriteFile(file, []byte("AIza-"+mark+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return map[string]string{
		"JWT_SECRET": "jwt-" + mark + "-of-32-bytes-and-more", "LOG_LEVEL": "debug", "ADMIN_EMAILS": "operator@example.com",
		"OPENAI_API_KEY": "sk-" + mark, "OPENAI_BASE_URL": "http://127.0.0.1:9/v1",
		"GEMINI_API_KEY_FILE": file, "GOOGLE_GEMINI_BASE_URL": "http://127.0.0.1:9",
		"ENABLE_BILLING": "false",
		"PAYMENTS":       "portone:store", "PORTONE_API_SECRET": "portone-" + mark, "PORTONE_BASE_URL": "http://127.0.0.1:9",
		"PORTONE_WEBHOOK_SECRET": "whsec_" + base64.StdEncoding.EncodeToString([]byte(mark)),
	}
}

// walk does what a person does, well and badly.
func walk(t *testing.T, p *person) {
	t.Helper()
	one := p.clients[0]
	chat := p.chat()
	tab := p.follow(chat, "", 0)
	sent := p.send(chat, "[sandbox:echo] hello")
	tab.end(sent.ReplyID)
	for _, model := range []string{"gpt-6-luna", "gemini-3.8-flash"} {
		id := askOf(t, one, chat, model)
		if end := tab.end(id); end.Status == "COMPLETED" {
			t.Errorf("%s answered, and nobody is there", model)
		}
	}
	for _, query := range []string{
		`{ viewer { id email sessions { id deviceName } membership { type } } models { id provider } serverInfo { version } }`,
		`{ nothing }`, `{`, `mutation { signIn(input: {identity: {dev: {email: "x"}}}) { userErrors { message } } }`,
		`mutation { refreshSession(input: {refreshToken: "wrong"}) { userErrors { message } } }`,
	} {
		_ = one.Do(t.Context(), query, nil, nil) // Refusals are what some of them are for.
	}
	stranger := &client.Client{URL: one.URL, Token: "weav_live_wrong", HTTP: one.HTTP}
	if err := stranger.Do(t.Context(), `{ viewer { id } }`, nil, nil); err == nil {
		t.Error("a token that nobody gave is taken")
	}
}

func askOf(t *testing.T, c *client.Client, chat, model string) string {
	t.Helper()
	var out struct {
		SendMessage struct{ Reply *struct{ ID string } }
	}
	err := c.Do(t.Context(), `mutation ($input: SendMessageInput!) { sendMessage(input: $input) { reply { id } userErrors { message } } }`,
		map[string]any{"input": map[string]any{"chatId": chat, "text": "hello", "modelId": model, "idempotencyKey": uuid.NewString()}}, &out)
	if err != nil || out.SendMessage.Reply == nil {
		t.Fatalf("%s: %v", model, err)
	}
	return out.SendMessage.Reply.ID
}

// recorder keeps every answer that comes through it.
type recorder struct {
	next http.RoundTripper
	mu   sync.Mutex
	all  bytes.Buffer
}

// RoundTrip implements http.RoundTripper.
func (r *recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	res, err := r.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	res.Body = io.NopCloser(bytes.NewReader(body))
	r.mu.Lock()
	defer r.mu.Unlock()
	fmt.Fprintf(&r.all, "%s %v %s\n", req.URL, res.Header, body)
	return res, err
}

func (r *recorder) text() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.all.String()
}

func (r *recorder) read(t *testing.T, url string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	res, err := (&http.Client{Transport: r}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
}

// dump is every row of every table, as text.
func dump(t *testing.T, url string) string {
	t.Helper()
	db, err := sql.Open("postgres", url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	var out strings.Builder
	for _, table := range column(t, db, `SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = current_schema()`) {
		for _, row := range column(t, db, `SELECT t::text FROM `+table+` t`) {
			fmt.Fprintln(&out, table, row)
		}
	}
	return out.String()
}

func column(t *testing.T, db *sql.DB, query string) (values []string) {
	t.Helper()
	rows, err := db.QueryContext(context.WithoutCancel(t.Context()), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var v string
		if err := rows.Scan(&v); err != nil {
			t.Fatal(err)
		}
		values = append(values, v)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return values
}
