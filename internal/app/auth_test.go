package app

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/weav-ai/weav/graph"
	"github.com/weav-ai/weav/internal/auth"
)

func TestWaysToSignIn(t *testing.T) {
	t.Parallel()
	account := filepath.Join(t.TempDir(), "account.json")
	if err := os.WriteFile(account, []byte(`{"type":"service_account","project_id":"of-the-file"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	firebase, dev := graph.SignInMethodFirebase, graph.SignInMethodDev
	tests := map[string]struct {
		vars    map[string]string
		project string
		methods []graph.SignInMethod
		fault   string
	}{
		"nothing set":                {nil, "", []graph.SignInMethod{dev}, ""},
		"Firebase":                   {map[string]string{"AUTH": "firebase:demo", "LISTEN_ADDR": "0.0.0.0:80"}, "demo", []graph.SignInMethod{firebase}, ""},
		"both":                       {map[string]string{"AUTH": "dev, firebase:demo"}, "demo", []graph.SignInMethod{firebase, dev}, ""},
		"the account's file":         {map[string]string{"AUTH": "firebase", "FIREBASE_SERVICE_ACCOUNT_KEY_PATH": account}, "of-the-file", []graph.SignInMethod{firebase}, ""},
		"the account as JSON":        {map[string]string{"AUTH": "firebase", "FIREBASE_SERVICE_ACCOUNT_KEY_JSON": `{"project_id":"p"}`}, "p", []graph.SignInMethod{firebase}, ""},
		"the account as a secret":    {map[string]string{"AUTH": "firebase", "FIREBASE_SERVICE_ACCOUNT_KEY_JSON_FILE": account}, "of-the-file", []graph.SignInMethod{firebase}, ""},
		"a project before a file's":  {map[string]string{"AUTH": "firebase:demo", "FIREBASE_SERVICE_ACCOUNT_KEY_PATH": account}, "demo", []graph.SignInMethod{firebase}, ""},
		"no project":                 {map[string]string{"AUTH": "firebase"}, "", nil, "needs its project"},
		"no such file":               {map[string]string{"AUTH": "firebase", "FIREBASE_SERVICE_ACCOUNT_KEY_PATH": account + "x"}, "", nil, "cannot be read"},
		"another way":                {map[string]string{"AUTH": "password"}, "", nil, "AUTH=password is not known"},
		"dev twice":                  {map[string]string{"AUTH": "dev,dev"}, "", nil, "not known"},
		"two projects":               {map[string]string{"AUTH": "firebase:a,firebase:b"}, "", nil, "not known"},
		"dev for all the world":      {map[string]string{"LISTEN_ADDR": "0.0.0.0:80"}, "", nil, "on loopback only"},
		"both for all the world":     {map[string]string{"AUTH": "firebase:demo,dev", "LISTEN_ADDR": ":80"}, "", nil, "on loopback only"},
		"the emulator":               {map[string]string{"AUTH": "firebase:demo", "FIREBASE_AUTH_EMULATOR_HOST": "127.0.0.1:9099"}, "", nil, "switches off signature checks"},
		"the emulator and nonsense":  {map[string]string{"AUTH": "x", "FIREBASE_AUTH_EMULATOR_HOST": "127.0.0.1:9099"}, "", nil, "switches off signature checks"},
		"the emulator beside dev":    {map[string]string{"AUTH": "dev,firebase:demo", "FIREBASE_AUTH_EMULATOR_HOST": "127.0.0.1:9099"}, "demo", []graph.SignInMethod{firebase, dev}, ""},
		"dev and a useless emulator": {map[string]string{"FIREBASE_AUTH_EMULATOR_HOST": "127.0.0.1:9099"}, "", []graph.SignInMethod{dev}, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := Load(func(name string) string { return tt.vars[name] })
			if err == nil {
				err = c.checkAuth(Part{Serves: true, Works: true})
			}
			if tt.fault != "" {
				if err == nil || !strings.Contains(err.Error(), tt.fault) || strings.Contains(err.Error(), "\n") {
					t.Fatalf("got %v, want one sentence with %q", err, tt.fault)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if w, err := c.ways(); err != nil || w.project != tt.project {
				t.Errorf("ways = %+v, %v, want project %q", w, err, tt.project)
			}
			if got := c.signInMethods(); !slices.Equal(got, tt.methods) {
				t.Errorf("methods = %v, want %v", got, tt.methods)
			}
		})
	}
}

// TestOnlyAWholeServiceAccountActs: some deployments give a file with the project's name alone, which is no fault.
func TestOnlyAWholeServiceAccountActs(t *testing.T) {
	t.Parallel()
	whole := `{"type":"service_account","project_id":"p","client_email":"weav@p.iam.gserviceaccount.com","private_key":"x"}`
	for name, c := range map[string]struct {
		auth, account string
		acts          bool
	}{
		"whole":             {"firebase", whole, true},
		"beside a project":  {"firebase:demo", whole, true},
		"beside dev":        {"dev, firebase:demo", whole, true},
		"a name alone":      {"firebase", `{"type":"service_account","project_id":"p"}`, false},
		"no account at all": {"firebase:demo", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg, err := loaded(map[string]string{"AUTH": c.auth, "FIREBASE_SERVICE_ACCOUNT_KEY_JSON": c.account})
			if err != nil || cfg.FirebaseAccount.IsSet() != c.acts {
				t.Errorf("acts: %t, %v, want %t", cfg.FirebaseAccount.IsSet(), err, c.acts)
			}
			a := &App{cfg: cfg}
			if err := a.openAuth(t.Context()); err != nil {
				t.Fatal(err)
			}
			if deletes := a.deleteIdentity() != nil; deletes != c.acts {
				t.Errorf("deletes users: %t, want %t", deletes, c.acts)
			}
			if err := a.closeAuth(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestASettingOfFirebaseIsExplained(t *testing.T) {
	t.Parallel()
	c := Config{Auth: "dev,firebase:demo", ListenAddr: "127.0.0.1:1"}
	if note := c.authNote(); !strings.Contains(note, "anybody signs in") || !strings.Contains(note, "project demo, by google.com, password, apple.com") {
		t.Errorf("note = %q", note)
	}
	c.FirebaseProviders = []string{"github.com"}
	if note := c.authNote(); !strings.Contains(note, "by github.com") {
		t.Errorf("note = %q", note)
	}
}

func TestOpenAuthOffersWhatIsSet(t *testing.T) {
	t.Parallel()
	for setting, want := range map[string]struct{ dev, firebase bool }{
		"dev": {true, false}, "firebase:demo": {false, true}, "dev,firebase:demo": {true, true},
	} {
		a := &App{cfg: Config{Auth: setting}, closeAuth: func() error { return nil }}
		if err := a.openAuth(t.Context()); err != nil {
			t.Fatalf("%s: %v", setting, err)
		}
		m, ok := a.verifier.(auth.Methods)
		if !ok || (m.Dev != nil) != want.dev || (m.Firebase != nil) != want.firebase {
			t.Errorf("%s opens %+v", setting, a.verifier)
		}
		if err := a.closeAuth(); err != nil {
			t.Errorf("%s: %v", setting, err)
		}
	}
}
