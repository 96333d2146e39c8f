package app_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/weav-ai/weav/internal/app"
)

func TestSecretIsNeverShown(t *testing.T) {
	t.Parallel()
	const text = "sk-never-shown"
	secret := app.NewSecret(text)
	type inside struct{ hidden app.Secret }
	var log bytes.Buffer
	for _, h := range []slog.Handler{slog.NewTextHandler(&log, nil), slog.NewJSONHandler(&log, nil)} {
		slog.New(h).Info("settings", "key", secret, "in", inside{secret}, "provider", app.Provider{Name: "p", Key: secret})
	}
	encoded, err := json.Marshal(map[string]any{"key": secret, "provider": app.Provider{Key: secret}})
	if err != nil {
		t.Fatal(err)
	}
	shown := log.String() + string(encoded)
	for _, verb := range []string{"%s", "%v", "%+v", "%#v", "%q", "%x"} {
		shown += fmt.Sprintf(verb+verb+verb, secret, inside{secret}, &app.Config{Providers: []app.Provider{{Key: secret}}})
	}
	if strings.Contains(shown, text) || strings.Contains(shown, fmt.Sprintf("%x", text)) {
		t.Errorf("the secret is in %s", shown)
	}
	if secret.Reveal() != text || !secret.IsSet() || app.NewSecret("").IsSet() || app.NewSecret("").Reveal() != "" {
		t.Error("the secret is not what it was made of")
	}
}
