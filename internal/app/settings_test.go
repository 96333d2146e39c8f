package app

import (
	"bytes"
	"flag"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/weav-ai/weav/internal/server"
)

var update = flag.Bool("update", false, "write the settings' table into docs/operations.md")

const (
	tableBegins = "<!-- settings: written by go test ./internal/app -run TestDocumentedSettings -update -->\n"
	tableEnds   = "<!-- end of settings -->\n"
)

func TestSettingsAreDescribed(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, s := range Settings() {
		if s.Help == "" || s.Section == "" {
			t.Errorf("%s has no help or no section", s.Name)
		}
		isNumber := s.typ == reflect.TypeFor[int]() || s.typ == reflect.TypeFor[float64]()
		if isNumber && s.max == 0 {
			t.Errorf("%s has no bounds", s.Name)
		}
		if faults := s.faults(s.preset); s.preset != "" && faults != nil {
			t.Errorf("the default of %s cannot be read: %v", s.Name, faults)
		}
		for _, name := range s.Names() {
			if seen[name] {
				t.Errorf("%s is the name of two settings", name)
			}
			seen[name] = true
		}
	}
}

func TestDefaultsOfSettings(t *testing.T) {
	t.Parallel()
	c, err := loaded(nil)
	if err != nil {
		t.Fatal(err)
	}
	seoul, err := time.LoadLocation("Asia/Seoul")
	if err != nil {
		t.Fatal(err)
	}
	want := Config{
		ListenAddr: "127.0.0.1:8080", DataDir: "data", DatabaseURL: "sqlite:" + filepath.Join("data", "weav.db"), Auth: "dev",
		AccessTTL: 15 * time.Minute, ExportMaxGB: 5, MaxTextChars: 8000, MaxOutputTokens: 1024, OpenAITextModel: "gpt-4o-mini",
		GeminiTextModel: "gemini-1.5-flash", AIProviderDefault: "sandbox", TextWorkers: 16, ImageWorkers: 8, VideoWorkers: 8,
		ReplyWorkers: 32, JobRetention: 30 * 24 * time.Hour, JobCleanup: JobCleanup{Zone: Zone{seoul}}, Billing: true,
		Payments: Payments{Gateways: Gateways{"sandbox"}}, QuotaZone: Zone{seoul}, Introspection: true, Playground: true,
		AutoMigrate: true, ShutdownTimeout: time.Minute, SandboxPace: 1, LogLevel: slog.LevelInfo, LogFormat: "text",
		HTTP:  HTTP{Bodies: Bodies{Idle: server.DefaultBodyIdle, Total: server.DefaultBodyTotal}, Connections: 100},
		Rates: c.Rates, // TestRatesByDefault has them.
	}
	zones := cmp.Comparer(func(a, b Zone) bool { return a.Location().String() == b.Location().String() })
	secrets := cmp.Comparer(func(a, b Secret) bool { return a.Reveal() == b.Reveal() })
	if diff := cmp.Diff(want, c, zones, secrets, cmpopts.EquateEmpty(), cmpopts.IgnoreUnexported(Provider{})); diff != "" {
		t.Errorf("defaults (-want +got):\n%s", diff)
	}
}

// TestValuesThatCannotBeRead are one sentence each, and the default stands in for them.
func TestValuesThatCannotBeRead(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ value, want string }{
		"MAX_TEXT_CHARS":              {"0", "MAX_TEXT_CHARS must be a whole number from 1 to 1000000"},
		"MAX_CONNECTIONS_PER_ADDRESS": {"1.5", "MAX_CONNECTIONS_PER_ADDRESS must be a whole number from 0 to 1000000"},
		"EXPORT_MAX_GB":               {"5001", "EXPORT_MAX_GB must be a whole number from 1 to 5000"},
		"SANDBOX_PACE":                {"-1", "SANDBOX_PACE must be a number from 0 to 1000"},
		"ACCESS_TOKEN_TTL":            {"0s", "ACCESS_TOKEN_TTL must be a duration such as 20s"},
		"REQUEST_BODY_TIMEOUT":        {"long", "REQUEST_BODY_TIMEOUT must be a duration such as 20s"},
		"JOB_CLEANUP_AT":              {"24:00", "JOB_CLEANUP_AT must be a time of the day such as 00:00"},
		"JOB_CLEANUP_TIME_ZONE":       {"Asia/Atlantis", "JOB_CLEANUP_TIME_ZONE must be a time zone such as Asia/Seoul"},
		"QUOTA_TIME_ZONE":             {"Asia/Atlantis", "QUOTA_TIME_ZONE must be a time zone such as Asia/Seoul"},
		"ENABLE_BILLING":              {"maybe", "ENABLE_BILLING must be true or false"},
		"AUTO_MIGRATE":                {"maybe", "AUTO_MIGRATE must be true or false"},
		"LOG_LEVEL":                   {"loud", "LOG_LEVEL must be debug, info, warn or error"},
		"TRUSTED_PROXIES":             {"10.0.0.1, here", `TRUSTED_PROXIES: "here" is no network; write 172.16.0.0/12, or an address`},
		"JWT_SECRET_FILE":             {"/none", "JWT_SECRET_FILE cannot be read"},
		"SECRET_KEY_FILE":             {"/none", "SECRET_KEY_FILE cannot be read"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := loaded(map[string]string{name: c.value})
			wantSaid(t, err, c.want)
		})
	}
}

// TestSecretsHaveTwoNamesAndAFileEach: NAME before NAME_FILE, and a setting's own name before the original's.
func TestSecretsHaveTwoNamesAndAFileEach(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte(" of the file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		vars map[string]string
		want string
	}{
		"the name":              {map[string]string{"JWT_SECRET": "a", "JWT_SECRET_FILE": file, "SECRET_KEY": "b"}, "a"},
		"its file":              {map[string]string{"JWT_SECRET_FILE": file, "SECRET_KEY": "b"}, "of the file"},
		"the other name":        {map[string]string{"SECRET_KEY": "b", "SECRET_KEY_FILE": file}, "b"},
		"the other name's file": {map[string]string{"SECRET_KEY_FILE": file}, "of the file"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg, err := loaded(c.vars)
			if err != nil || string(cfg.JWTSecret) != c.want {
				t.Errorf("%q, %v, want %q", cfg.JWTSecret, err, c.want)
			}
		})
	}
}

// TestDocumentedSettings holds the table of docs/operations.md to the tags. With -update it is written.
func TestDocumentedSettings(t *testing.T) {
	t.Parallel()
	const path = "../../docs/operations.md"
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begun := strings.Cut(string(raw), tableBegins)
	got, after, ended := strings.Cut(rest, tableEnds)
	if !begun || !ended {
		t.Fatal("docs/operations.md has no place for the settings")
	}
	want := SettingsTable() + "\n"
	if *update {
		if err := os.WriteFile(path, []byte(before+tableBegins+want+tableEnds+after), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("docs/operations.md is not up to date; run this test with -update (-want +got):\n%s", diff)
	}
}

// TestTheReadmeNamesSettings: each that its table has is one.
func TestTheReadmeNamesSettings(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, s := range Settings() {
		for _, name := range s.Names() {
			known[name] = true
		}
	}
	rows := regexp.MustCompile("(?m)^\\| (`[A-Z0-9_]+`[^|]*) \\|").FindAllStringSubmatch(string(raw), -1)
	if len(rows) < 10 {
		t.Errorf("the README has %d settings, want the ten that matter", len(rows))
	}
	for _, row := range rows {
		for _, name := range regexp.MustCompile("`([A-Z0-9_]+)`").FindAllStringSubmatch(row[1], -1) {
			if !known[name[1]] {
				t.Errorf("%s is no setting", name[1])
			}
		}
	}
}

func TestSettingsAreListedForATerminal(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	WriteSettings(&out)
	for _, s := range Settings() {
		if !strings.Contains(out.String(), "  "+s.Name+" ") {
			t.Errorf("%s is not listed", s.Name)
		}
	}
}
