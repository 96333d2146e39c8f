package app_test

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/weav-ai/weav/internal/app"
)

// load reads settings given as variables.
func load(t *testing.T, vars map[string]string) app.Config {
	t.Helper()
	cfg, err := app.Load(func(name string) string { return vars[name] })
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// shown is what of a provider its settings chose.
type shown struct{ Name, Adapter, Key, BaseURL, Form string }

func TestProviderSettings(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, []byte("from-a-file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	openai := shown{"openai", "openai", "k", "", "responses"}
	google := shown{"google", "google", "k", "", ""}
	cases := map[string]struct {
		vars  map[string]string
		want  []shown
		first string
	}{
		"nothing":               {nil, nil, "sandbox"},
		"a key of OpenAI's":     {map[string]string{"OPENAI_API_KEY": "k"}, []shown{openai}, "openai"},
		"a key of Google's":     {map[string]string{"GEMINI_API_KEY": "k"}, []shown{google}, "google"},
		"Google's other name":   {map[string]string{"GOOGLE_API_KEY": "k"}, []shown{google}, "google"},
		"both":                  {map[string]string{"OPENAI_API_KEY": "k", "GEMINI_API_KEY": "k"}, []shown{openai, google}, "openai"},
		"the other first":       {map[string]string{"OPENAI_API_KEY": "k", "GEMINI_API_KEY": "k", "AI_PROVIDER_DEFAULT": "google"}, []shown{openai, google}, "google"},
		"the original's word":   {map[string]string{"OPENAI_API_KEY": "k", "GEMINI_API_KEY": "k", "AI_PROVIDER_DEFAULT": "gemini"}, []shown{openai, google}, "google"},
		"the sandbox first":     {map[string]string{"OPENAI_API_KEY": "k", "AI_PROVIDER_DEFAULT": "sandbox"}, []shown{openai}, "sandbox"},
		"a file":                {map[string]string{"OPENAI_API_KEY_FILE": file}, []shown{{"openai", "openai", "from-a-file", "", "responses"}}, "openai"},
		"an address and no key": {map[string]string{"OPENAI_BASE_URL": "http://localhost:1/v1"}, []shown{{"openai", "openai", "", "http://localhost:1/v1", "responses"}}, "openai"},
		"one of the operator's": {map[string]string{"PROVIDERS": "local", "PROVIDER_LOCAL_BASE_URL": "http://ollama:11434/v1"}, []shown{{"local", "openai", "", "http://ollama:11434/v1", "chat"}}, "sandbox"},
		"several of one adapter": {
			map[string]string{
				"PROVIDERS": "team-a, two", "PROVIDER_TEAM_A_API_KEY_FILE": file, "PROVIDER_TEAM_A_FORM": "responses",
				"PROVIDER_TWO_ADAPTER": "google", "PROVIDER_TWO_API_KEY": "k", "OPENAI_API_KEY": "k", "AI_PROVIDER_DEFAULT": "two",
			},
			[]shown{openai, {"team-a", "openai", "from-a-file", "", "responses"}, {"two", "google", "k", "", ""}}, "two",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := load(t, c.vars)
			var got []shown
			for _, p := range cfg.Providers {
				got = append(got, shown{p.Name, p.Adapter, p.Key.Reveal(), p.BaseURL, p.Form})
			}
			if !reflect.DeepEqual(got, c.want) || cfg.AIProviderDefault != c.first {
				t.Errorf("got %+v, first %q; want %+v, first %q", got, cfg.AIProviderDefault, c.want, c.first)
			}
			if err := cfg.Check(app.Part{Serves: true, Works: true}); err != nil {
				t.Errorf("refused: %v", err)
			}
			if cfg.OpenAITextModel != "gpt-4o-mini" || cfg.GeminiTextModel != "gemini-1.5-flash" {
				t.Errorf("models are %q and %q", cfg.OpenAITextModel, cfg.GeminiTextModel)
			}
		})
	}
}

func TestProviderSettingsRefused(t *testing.T) {
	t.Parallel()
	const secret = "sk-in-the-wrong-place"
	local := func(more ...string) map[string]string {
		vars := map[string]string{"PROVIDERS": "local", "PROVIDER_LOCAL_BASE_URL": "http://127.0.0.1:1/v1"}
		for i := 0; i < len(more); i += 2 {
			vars[more[i]] = more[i+1]
		}
		return vars
	}
	cases := map[string]struct {
		vars map[string]string
		want string
	}{
		"sandbox":              {local("PROVIDERS", "sandbox"), "the name sandbox is taken"},
		"a name in capitals":   {local("PROVIDERS", "Local"), `"Local" in PROVIDERS`},
		"a name with a line":   {local("PROVIDERS", "a_b"), `"a_b" in PROVIDERS`},
		"a name too long":      {local("PROVIDERS", strings.Repeat("a", 33)), "in PROVIDERS"},
		"one name twice":       {local("PROVIDERS", "local,local"), `two providers named "local"`},
		"a vendor's name":      {local("PROVIDERS", "openai", "OPENAI_API_KEY", "k", "PROVIDER_OPENAI_API_KEY", "k"), `two providers named "openai"`},
		"an unknown adapter":   {local("PROVIDER_LOCAL_ADAPTER", "anthropic"), "PROVIDER_LOCAL_ADAPTER must be"},
		"an unknown form":      {local("PROVIDER_LOCAL_FORM", "completions"), "PROVIDER_LOCAL_FORM must be"},
		"a form of Google's":   {local("PROVIDER_LOCAL_ADAPTER", "google", "PROVIDER_LOCAL_FORM", "chat"), "PROVIDER_LOCAL_FORM is for"},
		"Google without a key": {map[string]string{"GOOGLE_GEMINI_BASE_URL": "http://127.0.0.1:1"}, "the setting GEMINI_API_KEY is missing"},
		"neither":              {local("PROVIDER_LOCAL_BASE_URL", ""), "neither PROVIDER_LOCAL_API_KEY nor PROVIDER_LOCAL_BASE_URL"},
		"no address":           {local("PROVIDER_LOCAL_BASE_URL", "127.0.0.1:11434"), "PROVIDER_LOCAL_BASE_URL must be an address"},
		"another scheme":       {local("PROVIDER_LOCAL_BASE_URL", "file:///etc/passwd"), "PROVIDER_LOCAL_BASE_URL must be an address"},
		"a key in the address": {local("PROVIDER_LOCAL_BASE_URL", "https://u:"+secret+"@example.com"), "PROVIDER_LOCAL_BASE_URL must be an address"},
		"a key in the query":   {local("PROVIDER_LOCAL_BASE_URL", "https://example.com/?key="+secret), "PROVIDER_LOCAL_BASE_URL must be an address"},
		"plain http, public":   {map[string]string{"OPENAI_API_KEY": secret, "OPENAI_BASE_URL": "http://api.example.com/v1"}, "OPENAI_BASE_URL is plain http"},
		"a key of two lines":   {map[string]string{"OPENAI_API_KEY": secret + "\nmore"}, "OPENAI_API_KEY holds a blank"},
		"an unknown default":   {local("AI_PROVIDER_DEFAULT", "openai"), "AI_PROVIDER_DEFAULT=openai names a provider"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := load(t, c.vars).Check(app.Part{Serves: true, Works: true})
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), secret) {
				t.Errorf("got %v, want %q in it", err, c.want)
			}
		})
	}
}

func TestPlainHTTPOnlyNearby(t *testing.T) {
	t.Parallel()
	cases := map[string]bool{
		"http://127.0.0.1:11434/v1": true, "http://[::1]:1": true, "http://localhost:1": true, "http://10.1.2.3": true,
		"http://192.168.0.9:8000": true, "http://[fd00::1]": true, "http://ollama:11434": true, "http://host.docker.internal:1": true,
		"http://box.local": true, "https://api.example.com": true,
		"http://8.8.8.8": false, "http://api.example.com": false, "http://localhost.example.com": false, "http://[2001:4860::1]": false,
		"http://172.32.0.1": false, "http://10.1.2.3.example.com": false,
	}
	for address, want := range cases {
		cfg := load(t, map[string]string{"PROVIDERS": "p", "PROVIDER_P_BASE_URL": address})
		if err := cfg.Check(app.Part{Serves: true, Works: true}); (err == nil) != want {
			t.Errorf("%s: %v", address, err)
		}
	}
}
