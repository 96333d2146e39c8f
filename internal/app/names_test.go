package app

import (
	"strings"
	"testing"
)

// loaded reads settings as a process would, with the names of all of them.
func loaded(vars map[string]string) (Config, error) {
	environ := make([]string, 0, len(vars))
	for name, value := range vars {
		environ = append(environ, name+"="+value)
	}
	return Load(func(name string) string { return vars[name] }, Names(environ)...)
}

// wantSaid holds an error to one sentence that holds words; empty words are for no error.
func wantSaid(t *testing.T, err error, words string) {
	t.Helper()
	switch {
	case words == "" && err != nil:
		t.Errorf("refused: %v", err)
	case words != "" && (err == nil || !strings.Contains(err.Error(), words) || strings.Contains(err.Error(), "\n")):
		t.Errorf("got %v, want one sentence with %q", err, words)
	}
}

// TestNamesThatBeginLikeSettings are settings, others' own, or refused.
func TestNamesThatBeginLikeSettings(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"RATE_OPERATION_PER_MINUTE":         "did you mean RATE_OPERATIONS_PER_MINUTE?",
		"RATE_LOGINS":                       "RATE_LOGINS is no setting of WEAV",
		"WEAV_DATABASE_URL":                 "WEAV_DATABASE_URL is no setting",
		"POSTGRES_HOSTNAME":                 "POSTGRES_HOSTNAME is no setting",
		"POSTGRES_PASSWD":                   "did you mean POSTGRES_PASSWORD?",
		"PORTONE_SECRET":                    "PORTONE_SECRET is no setting",
		"PORTONE_API_SECERT":                "did you mean PORTONE_API_SECRET?",
		"SANDBOX_SPEED":                     "SANDBOX_SPEED is no setting",
		"JOB_RETENTIONS":                    "did you mean JOB_RETENTION?",
		"QUOTA_TIMEZONE":                    "did you mean QUOTA_TIME_ZONE?",
		"S3_BUCKET":                         "S3_BUCKET is no setting",
		"PROVIDER_GROQ_API_KEY":             "add it there",
		"JWT_SECRETS":                       "did you mean JWT_SECRET?",
		"OPENAI_APIKEY":                     "did you mean OPENAI_API_KEY?",
		"TRUSTED_PROXY":                     "", // Three letters off: another program's.
		"TRUSTED_PROXIE":                    "did you mean TRUSTED_PROXIES?",
		"DATABSE_URL":                       "did you mean DATABASE_URL?",
		"FRONTEND_URI":                      "did you mean FRONTEND_URL?",
		"WEAV_TEST_POSTGRES_URL":            "",
		"WEAV_PORT":                         "",
		"WEAV_VERSION":                      "",
		"WEAV_WORKERS":                      "",
		"WEAV_SERVICE_HOST":                 "",
		"POSTGRES_INITDB_ARGS":              "",
		"POSTGRES_HOST_AUTH_METHOD":         "",
		"POSTGRES_SERVICE_PORT_HTTP":        "",
		"POSTGRES_PORT_5432_TCP_ADDR":       "",
		"PGPASSWORD":                        "",
		"PGHOST":                            "",
		"JOB_NAME":                          "",
		"JOB_URL":                           "",
		"OPENAI_ORG_ID":                     "",
		"OPENAI_API_KEY_2":                  "",
		"AWS_PROFILE":                       "",
		"AWS_ACCESS_KEY":                    "",
		"GOOGLE_APPLICATION_CREDENTIALS":    "",
		"FIREBASE_CONFIG":                   "",
		"REDIS_HOST":                        "",
		"NODE_IP":                           "",
		"NODE_ENV":                          "",
		"LOG_DIR":                           "",
		"PATH":                              "",
		"HOSTNAME":                          "",
		"JWT_SECRET_FILE_":                  "",
		"RATE_SIGN_INS_PER_HOUR":            "must be a whole number", // A setting: its value is looked at.
		"FIREBASE_SERVICE_ACCOUNT_KEY_PATH": "does not sign in with Firebase",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := loaded(map[string]string{name: "x"})
			wantSaid(t, err, want)
			_, err = loaded(map[string]string{name: ""})
			wantSaid(t, err, "") // Set to nothing is not set.
		})
	}
	if _, err := Load(func(string) string { return "" }, "POSTGRES_PORT"); err != nil {
		t.Error(err)
	}
}

// TestNamesOfServices are Kubernetes' for a service that is called as a setting begins.
func TestNamesOfServices(t *testing.T) {
	t.Parallel()
	c, err := loaded(map[string]string{"POSTGRES_PORT": "tcp://10.0.0.1:5432", "WEAV_PORT": "tcp://10.0.0.2:80", "RATE_PORT": "tcp://10.0.0.3:80"})
	if err != nil || !c.sqlite() {
		t.Errorf("%s, %v", c.DatabaseURL, err)
	}
	c, err = loaded(map[string]string{"POSTGRES_HOST": "postgres", "POSTGRES_PORT": "tcp://10.0.0.1:5432"})
	if err != nil || !strings.Contains(c.DatabaseURL, "@postgres:5432/") {
		t.Errorf("%s, %v", c.DatabaseURL, err)
	}
}

func TestAProviderOfPROVIDERSHasItsNames(t *testing.T) {
	t.Parallel()
	_, err := loaded(map[string]string{"PROVIDERS": "my-own", "PROVIDER_MY_OWN_BASE_URL": "http://127.0.0.1:1", "PROVIDER_MY_OWN_API_KEY_FILE": "names_test.go"})
	wantSaid(t, err, "")
	_, err = loaded(map[string]string{"PROVIDERS": "my-own", "PROVIDER_MY_OWN_URL": "http://127.0.0.1:1"})
	wantSaid(t, err, "PROVIDER_MY_OWN_URL")
}

// TestSettingsThatWouldCountForNothing are refused where others leave them unread.
func TestSettingsThatWouldCountForNothing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		vars map[string]string
		want string
	}{
		"a password without a host": {map[string]string{"POSTGRES_PASSWORD": "x"}, "POSTGRES_PASSWORD is set without POSTGRES_HOST"},
		"a user without a host":     {map[string]string{"POSTGRES_USER": "x", "POSTGRES_DB": "y"}, "POSTGRES_USER is set without POSTGRES_HOST"},
		"a host":                    {map[string]string{"POSTGRES_USER": "x", "POSTGRES_HOST": "y"}, ""},
		"beside a whole address":    {map[string]string{"POSTGRES_USER": "x", "DATABASE_URL": "sqlite:weav.db"}, ""},
		"a service account":         {map[string]string{"FIREBASE_SERVICE_ACCOUNT_KEY_JSON": `{"project_id":"p"}`}, "FIREBASE_SERVICE_ACCOUNT_KEY_JSON is set, but AUTH=dev"},
		"a service account that is read": {
			map[string]string{"FIREBASE_SERVICE_ACCOUNT_KEY_JSON": `{"project_id":"p"}`, "AUTH": "firebase"}, "",
		},
		"a service account beside its project": {
			map[string]string{"FIREBASE_SERVICE_ACCOUNT_KEY_JSON": `{"project_id":"p"}`, "AUTH": "dev,firebase:p"}, "",
		},
		"a bucket without a store": {map[string]string{"AWS_STORAGE_BUCKET_NAME": "files"}, "AWS_STORAGE_BUCKET_NAME is set without AWS_S3_ENDPOINT_URL"},
		"a bucket of a store":      {map[string]string{"AWS_STORAGE_BUCKET_NAME": "files", "AWS_S3_ENDPOINT_URL": "http://minio:9000"}, ""},
		"keys of a shell":          {map[string]string{"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}, ""},
		"secrets without a shop":   {map[string]string{"PORTONE_API_SECRET": "x"}, "is set without PAYMENTS"},
		"secrets without billing":  {map[string]string{"PORTONE_API_SECRET": "x", "ENABLE_BILLING": "false"}, ""},
		"secrets kept for later":   {map[string]string{"PORTONE_API_SECRET": "x", "PAYMENTS": "sandbox"}, ""},
		"secrets of a shop":        {map[string]string{"PORTONE_API_SECRET": "x", "PAYMENTS": "portone:shop"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := loaded(c.vars)
			wantSaid(t, err, c.want)
		})
	}
}
