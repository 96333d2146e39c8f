package systemtest

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"github.com/weav-ai/weav/internal/app/apptest"
	"github.com/weav-ai/weav/internal/client"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/store/storetest"
	"github.com/weav-ai/weav/test/servicetest"
)

// mark is in every secret of the test, so that each is found wherever it turns up.
const mark = "MARKED-SECRET-OF-THE-TEST"

// TestMarkedSecretsAreNowhere gives the binary marked secrets wherever one can be put, walks its paths, good and bad, and then
// looks for the mark in all that it said: logs, answers, metrics, pages, and every column of its database.
func TestMarkedSecretsAreNowhere(t *testing.T) {
	t.Parallel()
	heard := &recorder{next: http.DefaultTransport}
	c := clusterOn(t, storetest.URL(t, store.Postgres), 1, 1, func(settings map[string]string) { markSettings(t, settings) })
	secrets := apptest.Secrets(c.settings)
	for _, name := range apptest.SecretNames() {
		if _, ok := secrets[name]; !ok && !slices.Contains(otherNames, name) {
			t.Errorf("the secret %s is not given: nobody would see it leak", name)
		}
	}
	p := c.newPerson(t)
	for _, one := range p.clients {
		one.HTTP = &http.Client{Transport: heard}
	}
	walk(t, p)
	bringProviderKey(t, p)
	for _, path := range []string{"/metrics", "/healthz", "/readyz", "/api/v1/health/", "/", "/graphql?query=%7Bviewer%7Bid%7D%7D", "/nowhere"} {
		heard.read(t, strings.TrimSuffix(c.urls[0], "/graphql")+path)
	}
	issued := issue(t, c.urls[0])
	for where, text := range map[string]string{
		"the answers": heard.text(), "the server's log": c.servers[0].output(), "the worker's log": c.workers[0].output(), "the database": storetest.Dump(t, c.store),
	} {
		if len(text) < 100 {
			t.Errorf("%s: %d bytes, which shows nothing", where, len(text))
		}
		encoded := base64.StdEncoding.EncodeToString([]byte(mark))[:24] // As some secrets are given.
		for _, sought := range []string{mark, encoded} {
			if i := strings.Index(text, sought); i >= 0 {
				t.Errorf("a secret is in %s: …%s…", where, text[max(0, i-120):min(len(text), i+60)])
			}
		}
		for what, secret := range issued {
			if strings.Contains(text, secret) {
				t.Errorf("%s is in %s", what, where)
			}
		}
		for _, leak := range apptest.Leaks(text, secrets) {
			t.Errorf("in %s is %s", where, leak)
		}
	}
}

// issue has the server make secrets of its own: those of a session and of an API key. Only their first answer may hold them.
func issue(t *testing.T, endpoint string) map[string]string {
	t.Helper()
	c := &client.Client{URL: endpoint}
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
	with := &client.Client{URL: endpoint, Token: made.CreateAPIKey.Secret}
	if err := with.Do(t.Context(), `{ viewer { id } }`, nil, nil); err != nil {
		t.Fatal(err)
	}
	return map[string]string{"an access token": tokens.AccessToken, "a refresh token": tokens.RefreshToken, "an API key": made.CreateAPIKey.Secret}
}

// bringProviderKey brings a user's own key, which the vendor takes once and then refuses, with the key in its words.
func bringProviderKey(t *testing.T, p *person) {
	t.Helper()
	one := p.clients[0]
	var set struct {
		SetProviderKey struct{ ProviderKey *struct{ Hint string } }
	}
	err := one.Do(t.Context(), `mutation ($key: String!) { setProviderKey(input: {provider: OPENAI, key: $key}) { providerKey { hint } userErrors { message } } }`,
		map[string]any{"key": "sk-own-" + mark + "-end1"}, &set)
	if err != nil || set.SetProviderKey.ProviderKey == nil || set.SetProviderKey.ProviderKey.Hint != "end1" {
		t.Fatalf("an own key: %v %+v", err, set)
	}
	chat := p.chat()
	tab := p.follow(chat, "", 0)
	if end := tab.end(askOf(t, one, chat, "gpt-6-luna")); end.Status != "FAILED" {
		t.Errorf("the reply with a refused key is %s", end.Status)
	}
	if err := one.Do(t.Context(), `{ viewer { providerKeys { hint lastError } } }`, nil, nil); err != nil {
		t.Error(err)
	}
	job, err := one.CreateJob(t.Context(), map[string]any{"work": map[string]any{"text": map[string]any{"prompt": "p", "modelId": "gpt-6-luna"}}, "idempotencyKey": uuid.NewString()})
	if err != nil {
		t.Fatal(err)
	}
	exported := struct {
		ExportAccount struct{ Job *struct{ ID string } }
	}{}
	err = one.Do(t.Context(), `mutation ($key: String!) { exportAccount(input: {idempotencyKey: $key}) { job { id } } }`, map[string]any{"key": uuid.NewString()}, &exported)
	if err != nil || exported.ExportAccount.Job == nil {
		t.Fatalf("an export of %s: %v", job.ID, err)
	}
	p.ends(t, "the export", exported.ExportAccount.Job.ID)
}

// echoing is a vendor that lists its models to any key, and refuses all else with the key in its words.
func echoing(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if strings.HasSuffix(r.URL.Path, "/models") {
			_, _ = io.WriteString(w, `{"object":"list","data":[],"models":[]}`)
			return
		}
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = fmt.Fprintf(w, `{"error":{"message":"Incorrect API key provided: %s%s.","type":"invalid_request_error","code":"invalid_api_key"}}`,
			r.Header.Get("Authorization"), r.Header.Get("X-Goog-Api-Key"))
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// otherNames are names that a secret of the test is given under another of, or not at all where that is given.
var otherNames = []string{"SECRET_KEY", "GOOGLE_API_KEY", "POSTGRES_PASSWORD"}

// markSettings gives all secrets that can be set, some as files, on real services. The providers refuse the keys at hand.
func markSettings(t *testing.T, settings map[string]string) {
	t.Helper()
	vendor := echoing(t)
	file := filepath.Join(t.TempDir(), "gemini")
	if err := os.WriteFile(file, []byte("AIza-"+mark+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	settings["DATABASE_URL"] = withPassword(t, settings["DATABASE_URL"], "")
	settings["REDIS_URL"] = withPassword(t, settings["REDIS_URL"], redisUser(t, settings["REDIS_URL"]))
	onMinIO(servicetest.MinIO(t))(settings)
	maps.Copy(settings, map[string]string{
		"JWT_SECRET": "jwt-" + mark + "-of-32-bytes-and-more", "LOG_LEVEL": "debug", "ADMIN_EMAILS": "operator@example.com",
		"AUTH": "dev,firebase", "FIREBASE_SERVICE_ACCOUNT_KEY_JSON": `{"project_id":"p","private_key":"` + mark + `"}`,
		"OPENAI_API_KEY": "sk-" + mark, "OPENAI_BASE_URL": vendor + "/v1",
		"GEMINI_API_KEY_FILE": file, "GOOGLE_GEMINI_BASE_URL": vendor,
		"SEALING_KEYS":   "first " + base64.StdEncoding.EncodeToString([]byte(mark + "-32 bytes")[:32]),
		"ENABLE_BILLING": "false",
		"PAYMENTS":       "portone:store", "PORTONE_API_SECRET": "portone-" + mark, "PORTONE_BASE_URL": "http://127.0.0.1:9",
		"PORTONE_WEBHOOK_SECRET": "whsec_" + base64.StdEncoding.EncodeToString([]byte(mark)),
	})
}

// withPassword is the address of a service with the mark as the password, which the tests' own Postgres does not ask for.
func withPassword(t *testing.T, address, user string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword(cmp.Or(user, u.User.Username()), mark)
	return u.String()
}

// redisUser makes an account at a Redis, whose password is the mark.
func redisUser(t *testing.T, address string) string {
	t.Helper()
	options, err := redis.ParseURL(address)
	if err != nil {
		t.Fatal(err)
	}
	c := redis.NewClient(options)
	defer func() { _ = c.Close() }()
	const name = "weav"
	if err := c.Do(t.Context(), "ACL", "SETUSER", name, "on", ">"+mark, "~*", "&*", "+@all").Err(); err != nil {
		t.Fatal(err)
	}
	return name
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

func (r *recorder) read(t *testing.T, address string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	res, err := (&http.Client{Transport: r}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
}
