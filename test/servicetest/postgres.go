package servicetest

import (
	"testing"

	"github.com/weav-ai/weav/test/servicetest/localserver"
)

// PostgresURLEnv names the setting that holds the URL of a server to share. Its user must be
// allowed to create databases.
const PostgresURLEnv = "WEAV_TEST_POSTGRES_URL"

var sharedPostgres = &shared{env: PostgresURLEnv, start: localserver.Postgres}

// Postgres returns the URL of a new, empty database, dropped at the end of the test.
func Postgres(tb testing.TB) string {
	tb.Helper()
	return newDatabase(tb, sharedPostgres.url(tb), "template1")
}

// PostgresTemplate returns the URL of a new database that migrate has prepared, dropped at the
// end of the test. migrate runs once per server and name, whichever process asks first; the
// databases are copies of what it made, at some 50 ms each. Whatever changes migrate's outcome must
// change name as well, since a server may outlive the code.
func PostgresTemplate(tb testing.TB, name string, migrate func(url string) error) string {
	tb.Helper()
	admin := sharedPostgres.url(tb)
	template, err := ensureTemplate(admin, name, migrate)
	if err != nil {
		tb.Fatalf("template database %s: %v", name, err)
	}
	return newDatabase(tb, admin, template)
}
