package app

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/store/storetest"
	"github.com/weav-ai/weav/test/servicetest"
)

func TestMain(m *testing.M) { servicetest.Main(m) }

// listed is an adapter that has a list of models, or fails.
type listed struct {
	vendor

	models int
	err    error
}

func (l listed) ListModels(ctx context.Context) ([]ai.ListedModel, error) {
	if _, bounded := ctx.Deadline(); !bounded {
		return nil, errors.New("nobody waits for ever")
	}
	return make([]ai.ListedModel, l.models), l.err
}

// went is a checklist by item; of an item with two lines it has the last.
func went(t *testing.T, vars map[string]string, vendors map[string]listed) map[string]Finding {
	t.Helper()
	if vars["DATA_DIR"] == "" {
		vars["DATA_DIR"] = t.TempDir()
	}
	dial := func(_ context.Context, p Provider) (vendor, error) { return vendors[p.Name], nil }
	byItem := map[string]Finding{}
	for _, f := range checklist(t.Context(), func(name string) string { return vars[name] }, Part{Serves: true, Works: true}, dial) {
		for name, value := range vars {
			if strings.Contains(value, "hidden") && strings.Contains(f.Note, "hidden") {
				t.Errorf("%s is shown: %+v", name, f)
			}
		}
		byItem[f.Item] = f
	}
	return byItem
}

func want(t *testing.T, f Finding, verdict Verdict, note string) {
	t.Helper()
	if f.Verdict != verdict || !strings.Contains(f.Note, note) || f.Blocks() != (verdict == Unsafe || verdict == Unreachable) {
		t.Errorf("got %+v, want %s with %q", f, verdict, note)
	}
}

func TestChecklistOfTheEmbeddedMode(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	list := went(t, map[string]string{"DATA_DIR": dir}, nil)
	for item, f := range list {
		if f.Blocks() || f.Note == "" {
			t.Errorf("%s: %+v", item, f)
		}
	}
	want(t, list["OPENAI_API_KEY"], Missing, "set it")
	want(t, list["GEMINI_API_KEY"], Missing, "set it")
	want(t, list["database"], Fine, "first start")
	want(t, list["storage"], Fine, "first start")
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("asking left %v behind, %v", left, err)
	}
}

func TestChecklistOfASQLiteThatIsThere(t *testing.T) {
	t.Parallel()
	list := went(t, map[string]string{"DATABASE_URL": storetest.URL(t, store.SQLite)}, nil)
	want(t, list["database"], Fine, "up to date")
	list = went(t, map[string]string{"DATABASE_URL": storetest.EmptyURL(t, store.SQLite)}, nil)
	want(t, list["database"], Fine, "first start")
}

func TestChecklistOfKeys(t *testing.T) {
	t.Parallel()
	vars := map[string]string{
		"OPENAI_API_KEY": "sk-hidden", "GEMINI_API_KEY": "g-hidden", "PROVIDERS": "local,poor,slow,mute,down",
		"PROVIDER_LOCAL_BASE_URL": "http://127.0.0.1:1", "PROVIDER_POOR_API_KEY": "hidden", "PROVIDER_SLOW_API_KEY": "hidden",
		"PROVIDER_MUTE_API_KEY": "hidden", "PROVIDER_DOWN_API_KEY": "hidden",
	}
	list := went(t, vars, map[string]listed{
		"openai": {models: 42}, "local": {models: 1},
		"google": {err: &ai.Error{Kind: ai.Auth, Cause: errors.New("the key g-hidden")}},
		"poor":   {err: &ai.Error{Kind: ai.QuotaExhausted}},
		"slow":   {err: &ai.Error{Kind: ai.Timeout}},
		"mute":   {err: &ai.Error{Kind: ai.Unsupported}},
		"down":   {err: errors.New("dial with hidden")},
	})
	want(t, list["OPENAI_API_KEY"], Fine, "present")
	want(t, list["PROVIDER_LOCAL_API_KEY"], Missing, "PROVIDER_LOCAL_BASE_URL")
	want(t, list["provider openai"], Fine, "42 models")
	want(t, list["provider local"], Fine, "1 models")
	want(t, list["provider google"], Unreachable, "check GEMINI_API_KEY")
	want(t, list["provider poor"], Unreachable, "no credit")
	want(t, list["provider slow"], Unreachable, "within 5s")
	want(t, list["provider mute"], Fine, "no list")
	want(t, list["provider down"], Unreachable, "fails (upstream)")
}

func TestChecklistOfUnsafeSettings(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		vars map[string]string
		item string
		note string
	}{
		"open to anybody":      {map[string]string{"LISTEN_ADDR": "0.0.0.0:8080"}, "AUTH", "AUTH=dev lets anybody"},
		"a short secret":       {map[string]string{"JWT_SECRET": "hidden"}, "JWT_SECRET", "6 bytes"},
		"no sealing key":       {map[string]string{"SEALING_KEYS": "hidden"}, "SEALING_KEYS", "line 1"},
		"unreadable":           {map[string]string{"SHUTDOWN_TIMEOUT": "soon"}, "SHUTDOWN_TIMEOUT", "must be a duration"},
		"a lost file":          {map[string]string{"OPENAI_API_KEY_FILE": filepath.Join(t.TempDir(), "none")}, "OPENAI_API_KEY_FILE", "cannot be read"},
		"no default":           {map[string]string{"AI_PROVIDER_DEFAULT": "openai"}, "PROVIDERS", "not set up"},
		"readable to others":   {map[string]string{"OPENAI_API_KEY": "k", "OPENAI_BASE_URL": "http://api.example.com"}, "PROVIDERS", "plain http"},
		"a public address":     {map[string]string{"PUBLIC_URL": "http://api.example.com"}, "PUBLIC_URL", "https://"},
		"Redis over the world": {map[string]string{"REDIS_URL": "redis://:hidden@192.0.2.1:1"}, "REDIS_URL", "rediss:"},
		"MinIO's own account":  {map[string]string{"BLOB_URL": "s3://b?endpoint=http://127.0.0.1:1"}, "BLOB_URL", "AWS_ACCESS_KEY_ID"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want(t, went(t, c.vars, nil)[c.item], Unsafe, c.note)
		})
	}
}

// TestChecklistOfTheGrace: a reply that may take longer than a stopping process waits is named, and blocks nothing.
func TestChecklistOfTheGrace(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		tokens, timeout string
		verdict         Verdict
		note            string
	}{
		"the defaults":           {"", "", Fine, "1m0s; a reply of 1024 tokens (MAX_OUTPUT_TOKENS) takes up to 51s"},
		"long replies":           {"8192", "", Warning, "up to 6m50s at 20 tokens a second: a process that stops cuts such replies off"},
		"long replies, and time": {"8192", "7m", Fine, "7m0s"},
		"just enough":            {"1200", "60s", Fine, "up to 1m0s"},
		"just too little":        {"1220", "60s", Warning, "Raise SHUTDOWN_TIMEOUT"},
		"hardly any":             {"", "1s", Warning, "lower MAX_OUTPUT_TOKENS"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want(t, went(t, map[string]string{"MAX_OUTPUT_TOKENS": c.tokens, "SHUTDOWN_TIMEOUT": c.timeout}, nil)["SHUTDOWN_TIMEOUT"], c.verdict, c.note)
		})
	}
	for _, f := range Checklist(t.Context(), func(string) string { return "" }, Part{Serves: true}) {
		if f.Item == "SHUTDOWN_TIMEOUT" {
			t.Errorf("a process that writes no replies has the line %+v", f)
		}
	}
}

func TestChecklistOfPartsThatAreDown(t *testing.T) {
	t.Parallel()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	list := went(t, map[string]string{
		"DATABASE_URL": "postgres://weav:hidden%21@" + closed + "/weav?sslmode=disable", "REDIS_URL": "redis://:hidden@" + closed,
		"BLOB_URL": "s3://weav?endpoint=http://" + closed, "AWS_ACCESS_KEY_ID": "hidden-a", "AWS_SECRET_ACCESS_KEY": "hidden-b",
		"JWT_SECRET": strings.Repeat("hidden", 10),
	}, nil)
	want(t, list["database"], Unreachable, "DATABASE_URL")
	want(t, list["redis"], Unreachable, "REDIS_URL")
	want(t, list["storage"], Unreachable, "bucket")
}

func TestChecklistOfPartsThatAnswer(t *testing.T) {
	t.Parallel()
	bucket := servicetest.MinIO(t)
	list := went(t, map[string]string{
		"DATABASE_URL": storetest.URL(t, store.Postgres), "REDIS_URL": servicetest.RedisServer(t).URL(),
		"BLOB_URL": "s3://" + bucket.Bucket + "?endpoint=" + bucket.Endpoint, "AWS_ACCESS_KEY_ID": bucket.AccessKey, "AWS_SECRET_ACCESS_KEY": bucket.SecretKey,
	}, nil)
	want(t, list["database"], Fine, "up to date")
	want(t, list["redis"], Fine, "answers")
	want(t, list["storage"], Fine, "answers")
	list = went(t, map[string]string{"DATABASE_URL": storetest.EmptyURL(t, store.Postgres)}, nil)
	want(t, list["database"], Unreachable, "weav migrate")
}

// TestChecklistNamesWhatIsPublic: introspection and the playground are on unless they are switched off, and it says which.
func TestChecklistNamesWhatIsPublic(t *testing.T) {
	t.Parallel()
	for value, says := range map[string]string{"": "on", "true": "on", "false": "off"} {
		items := went(t, map[string]string{"INTROSPECTION": value, "PLAYGROUND": value}, nil)
		want(t, items["INTROSPECTION"], Fine, says+":")
		want(t, items["PLAYGROUND"], Fine, says)
	}
	if f := went(t, map[string]string{"INTROSPECTION": "maybe"}, nil)["INTROSPECTION"]; f.Verdict == "" {
		t.Errorf("got %+v", f)
	}
}
