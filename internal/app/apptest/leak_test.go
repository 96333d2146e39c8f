package apptest_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/weav-ai/weav/internal/app/apptest"
)

func TestLeaksAreFound(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, []byte("out of a file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	secrets := apptest.Secrets(map[string]string{
		"DATABASE_URL": "postgres://weav:a-password@127.0.0.1:1/weav", "REDIS_URL": "redis://127.0.0.1:2/0", "JWT_SECRET": "signs-tokens",
		"SEALING_KEYS": "first c2VhbHMga2V5cw==", "GEMINI_API_KEY_FILE": file, "LISTEN_ADDR": "127.0.0.1:8080", "AWS_ACCESS_KEY_ID": "an-account",
	})
	cases := map[string]struct {
		text string
		want string
	}{
		"nothing":              {"postgres://weav@127.0.0.1:1/weav listens on 127.0.0.1:8080 as an-account", ""},
		"a password":           {"dial a-password", "DATABASE_URL"},
		"a secret":             {"key=signs-tokens.", "JWT_SECRET"},
		"a key without name":   {"c2VhbHMga2V5cw==", "SEALING_KEYS"},
		"a secret of a file":   {"out of a file", "GEMINI_API_KEY"},
		"an access token":      {"Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1c2VyIn0.c2lnbmF0dXJlLWhlcmU", "a token"},
		"an API key":           {"weav_live_" + strings.Repeat("x", 51), "a token"},
		"a test's API key":     {"weav_test_" + strings.Repeat("x", 51), "a token"},
		"the form of a prefix": {"weav_live_… is how keys begin", ""},
	}
	for name, c := range cases {
		found := apptest.Leaks(c.text, secrets)
		if (len(found) > 0) != (c.want != "") || (c.want != "" && !strings.HasPrefix(found[0], c.want)) {
			t.Errorf("%s: found %q, want %q", name, found, c.want)
		}
		for _, f := range found {
			for _, secret := range secrets {
				if strings.Contains(f, secret) {
					t.Errorf("%s: the finding holds the secret itself", name)
				}
			}
		}
	}
}

func TestEverySecretHasAName(t *testing.T) {
	t.Parallel()
	names := apptest.SecretNames()
	for _, want := range []string{
		"DATABASE_URL", "REDIS_URL", "JWT_SECRET", "SEALING_KEYS", "PORTONE_API_SECRET", "PORTONE_WEBHOOK_SECRET", "OPENAI_API_KEY", "GEMINI_API_KEY",
		"AWS_SECRET_ACCESS_KEY", "FIREBASE_SERVICE_ACCOUNT_KEY_JSON",
	} {
		if !slices.Contains(names, want) {
			t.Errorf("%s is none of %v", want, names)
		}
	}
	if slices.Contains(names, "CATALOG") || slices.Contains(names, "AWS_ACCESS_KEY_ID") {
		t.Errorf("what is no secret is among %v", names)
	}
}
