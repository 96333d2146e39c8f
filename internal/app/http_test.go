package app

import (
	"bytes"
	"encoding/base64"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
)

// checked reads settings and judges them, as a process of both parts does at its start.
func checked(vars map[string]string) error {
	c, err := loaded(vars)
	if err != nil {
		return err
	}
	return c.Check(Part{Serves: true, Works: true})
}

// TestSecretsThatCanBeGuessed are refused; what tools make is not.
func TestSecretsThatCanBeGuessed(t *testing.T) {
	t.Parallel()
	for secret, want := range map[string]string{
		strings.Repeat("a", 32):                                            "JWT_SECRET can be guessed",
		strings.Repeat("\x00", 32):                                         "JWT_SECRET can be guessed",
		strings.Repeat("0123", 8):                                          "JWT_SECRET can be guessed",
		strings.Repeat("Xy7_pq2!", 4):                                      "it repeats itself",
		strings.Repeat("0123456789abcdef", 4):                              "it repeats itself",
		"abcdefghijklmnopqrstuvwxyz012345":                                 "in a row",
		"zyxwvutsrqponmlkjihgfedcba543210":                                 "in a row",
		"change-me-change-it-before-the-release":                           "one of an example",
		"django-insecure-8w&7y!k2m#p0zr4t6v9xqj":                           "one of an example",
		"your-256-bit-secret-goes-in-this-place":                           "one of an example",
		"a-string-secret-at-least-256-bits-long":                           "one of an example",
		"4f1d9a7be2c83065d417f09c6ab2e8135d70c4f98a1be6237c05d9e4fb81a362": "",
		"J8m0t6pVqYy3mXcB1nG5wK9zS2dF7hL4":                                 "",
		"vO3cJ1kq0mC5m1k8sP2mUo3Yh0tq6m3mA1s9Y7n0x8U=":                     "",
		"a secret that only tests use, 32 bytes and more":                  "",
	} {
		wantSaid(t, checked(map[string]string{"JWT_SECRET": secret}), want)
	}
	wantSaid(t, checked(map[string]string{"SEALING_KEYS": "a " + base64.StdEncoding.EncodeToString(make([]byte, 32))}), "SEALING_KEYS line 1: the key is the same byte 32 times")
}

// TestHostsOfASetting: what no Host header holds is refused, the rest works.
func TestHostsOfASetting(t *testing.T) {
	t.Parallel()
	for hosts, want := range map[string]string{
		"api.example.com, .example.org,localhost,127.0.0.1,[::1],*": "", "::1": "", "web": "", "a_b.internal": "",
		"https://api.example.com": "without a scheme", "api.example.com:443": "a port", "api.example.com/x": "a path", "*.example.com": "is no host", "a b": "is no host",
	} {
		wantSaid(t, checked(map[string]string{"ALLOWED_HOSTS": hosts}), want)
	}
	local := []string{"localhost", "127.0.0.1", "::1"}
	for name, c := range map[string]struct {
		vars map[string]string
		want []string
	}{
		"on loopback":             {nil, local},
		"on loopback, with more":  {map[string]string{"ALLOWED_HOSTS": "[2001:db8::1],a.example"}, slices.Concat([]string{"2001:db8::1", "a.example"}, local)},
		"on loopback, published":  {map[string]string{"PUBLIC_URL": "https://api.example:8443/x"}, append(slices.Clone(local), "api.example")},
		"on any address":          {map[string]string{"LISTEN_ADDR": ":8080", "AUTH": "firebase:p", "PUBLIC_URL": "https://api.example"}, nil},
		"on any address, but one": {map[string]string{"LISTEN_ADDR": ":8080", "AUTH": "firebase:p", "ALLOWED_HOSTS": "a.example", "PUBLIC_URL": "https://api.example"}, []string{"a.example", "api.example"}},
	} {
		cfg, err := loaded(c.vars)
		if got := cfg.hosts(); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v, %v", name, got, c.want, err)
		}
	}
}

// TestTheAppElsewhere may call from its pages, and the root of the server leads there.
func TestTheAppElsewhere(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		vars     map[string]string
		origins  []string
		frontend string
	}{
		"none":              {nil, nil, ""},
		"a port of its own": {map[string]string{"FRONTEND_URL": "http://localhost:3000/"}, []string{"http://localhost:3000"}, "http://localhost:3000"},
		"below a path": {
			map[string]string{"FRONTEND_URL": "https://example.com/app", "CORS_ALLOWED_ORIGINS": "https://other.example"},
			[]string{"https://other.example", "https://example.com"}, "https://example.com/app",
		},
		"the server itself": {map[string]string{"FRONTEND_URL": "https://api.example", "PUBLIC_URL": "https://api.example"}, []string{"https://api.example"}, ""},
	} {
		cfg, err := loaded(c.vars)
		if err != nil || !slices.Equal(cfg.origins(), c.origins) || cfg.frontend() != c.frontend {
			t.Errorf("%s: %v %q, %v", name, cfg.origins(), cfg.frontend(), err)
		}
	}
	for _, address := range []string{"localhost:3000", "example.com", "ftp://example.com", "https://a@example.com", "https://a.example,https://b.example?x", "/app"} {
		wantSaid(t, checked(map[string]string{"FRONTEND_URL": address}), "FRONTEND_URL must be the address")
	}
}

// TestTrustedProxiesOfStrangers are called unsafe, by a checklist and at the start.
func TestTrustedProxiesOfStrangers(t *testing.T) {
	t.Parallel()
	for networks, want := range map[string]string{
		"0.0.0.0/0": "0.0.0.0/0 covers", "::/0": "::/0 covers", "10.0.0.0/8,0.0.0.0/1": "0.0.0.0/1 covers", "8.0.0.0/8": "8.0.0.0/8 covers",
		"172.0.0.0/8": "172.0.0.0/8 covers", "2000::/3": "2000::/3 covers", "10.0.0.0/7": "10.0.0.0/7 covers",
		"10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,127.0.0.0/8,100.64.0.0/10,fc00::/7,::1": "", "104.16.0.0/13,2400:cb00::/32": "", "203.0.113.7": "",
	} {
		list := went(t, map[string]string{"TRUSTED_PROXIES": networks}, nil)
		verdict := Fine
		if want != "" {
			verdict = Unsafe
		}
		wantFound(t, networks, list["TRUSTED_PROXIES"], verdict, want)
	}
	var log bytes.Buffer
	cfg, err := loaded(map[string]string{"TRUSTED_PROXIES": "0.0.0.0/0", "ALLOWED_HOSTS": "*", "DATA_DIR": t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	a, err := Open(t.Context(), cfg, Part{Serves: true, Works: true}, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Error(err)
	}
	for _, words := range []string{"setting=TRUSTED_PROXIES", "setting=ALLOWED_HOSTS"} {
		if !strings.Contains(log.String(), words) {
			t.Errorf("the log lacks %s: %s", words, &log)
		}
	}
}

func wantFound(t *testing.T, name string, f Finding, verdict Verdict, note string) {
	t.Helper()
	if f.Verdict != verdict || !strings.Contains(f.Note, note) {
		t.Errorf("%s: got %+v, want %s with %q", name, f, verdict, note)
	}
}

// TestModelsThatTheCatalogueLacks are refused at the start by the name of their setting.
func TestModelsThatTheCatalogueLacks(t *testing.T) {
	t.Parallel()
	both := map[string]string{"OPENAI_API_KEY": "a", "GEMINI_API_KEY": "b"}
	for name, c := range map[string]struct {
		vars map[string]string
		want string
	}{
		"OPENAI_TEXT_MODEL":                 {map[string]string{"OPENAI_TEXT_MODEL": "no-such"}, "OPENAI_TEXT_MODEL=no-such names no text model"},
		"OPENAI_TEXT_MODEL with keys":       {map[string]string{"OPENAI_TEXT_MODEL": "no-such", "OPENAI_API_KEY": "a"}, "OPENAI_TEXT_MODEL=no-such"},
		"GEMINI_TEXT_MODEL":                 {map[string]string{"GEMINI_TEXT_MODEL": "no-such"}, "GEMINI_TEXT_MODEL=no-such"},
		"a model of the other provider":     {map[string]string{"GEMINI_TEXT_MODEL": "gpt-6-luna"}, "GEMINI_TEXT_MODEL=gpt-6-luna"},
		"DEFAULT_MODEL":                     {map[string]string{"DEFAULT_MODEL": "no-such"}, "DEFAULT_MODEL=no-such names no text model"},
		"DEFAULT_MODEL without its key":     {map[string]string{"DEFAULT_MODEL": "gpt-6-luna"}, "DEFAULT_MODEL=gpt-6-luna names a model of the provider openai, which is not set up"},
		"AI_PROVIDER_DEFAULT":               {map[string]string{"AI_PROVIDER_DEFAULT": "no-such"}, "AI_PROVIDER_DEFAULT=no-such"},
		"models that are there":             {map[string]string{"OPENAI_TEXT_MODEL": "gpt-6-luna", "GEMINI_TEXT_MODEL": "gemini-3.8-flash", "DEFAULT_MODEL": "gpt-6-luna"}, ""},
		"a model that is retired, its heir": {map[string]string{"OPENAI_TEXT_MODEL": "gpt-4o-mini", "GEMINI_TEXT_MODEL": "gemini-1.5-flash"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			vars := maps.Clone(c.vars)
			if c.want == "" {
				maps.Copy(vars, both)
			}
			wantSaid(t, checked(vars), c.want)
		})
	}
}

// TestMinIOsOwnAccount is refused in each of its forms, but for development on one machine.
func TestMinIOsOwnAccount(t *testing.T) {
	t.Parallel()
	const local, remote = "s3://b?endpoint=http://127.0.0.1:9000", "s3://b?endpoint=http://minio:9000"
	for name, c := range map[string]struct{ url, access, secret, auth, want string }{
		"in development, here":            {local, "minioadmin", "minioadmin", "dev", ""},
		"in development, elsewhere":       {remote, "minioadmin", "minioadmin", "dev", "well-known minioadmin"},
		"the access key alone, elsewhere": {remote, "minioadmin", "own", "dev", "well-known minioadmin"},
		"the secret alone, elsewhere":     {remote, "own", "minioadmin", "dev", "well-known minioadmin"},
		"in production, here":             {local, "minioadmin", "minioadmin", "firebase:p", "well-known minioadmin"},
		"the access key alone":            {local, "minioadmin", "own", "firebase:p", "well-known minioadmin"},
		"the secret alone":                {local, "own", "minioadmin", "firebase:p", "well-known minioadmin"},
		"in other letters":                {remote, "MinioAdmin", "own", "dev", "well-known minioadmin"},
		"where both sign in":              {local, "minioadmin", "own", "dev,firebase:p", "well-known minioadmin"},
		"in the bucket's address":         {"s3://minioadmin:minioadmin@b?endpoint=http://127.0.0.1:9000", "own", "own", "dev", "BLOB_URL holds an account"},
		"in the store's address":          {"s3://b?endpoint=http://minioadmin:minioadmin@127.0.0.1:9000", "own", "own", "dev", "without an account"},
		"as parameters":                   {local + "&access_key=minioadmin", "own", "own", "dev", "a parameter that is not read"},
		"another account":                 {remote, "own", "own", "firebase:p", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantSaid(t, checked(map[string]string{
				"BLOB_URL": c.url, "AWS_ACCESS_KEY_ID": c.access, "AWS_SECRET_ACCESS_KEY": c.secret, "AUTH": c.auth, "ENABLE_BILLING": "false",
			}), c.want)
		})
	}
}
