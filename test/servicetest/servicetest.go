// Package servicetest gives tests real services: Postgres, Redis and MinIO, started on
// free ports of 127.0.0.1 and gone with the test.
//
// Postgres and MinIO are one server each for the whole run when WEAV_TEST_POSTGRES_URL and
// WEAV_TEST_MINIO_URL name them (make test starts them), else one per test binary, ended by Main;
// each test gets a database or a bucket of its own. Redis is one server per test, since
// databases of one server hear each other's messages.
//
// Where a service's programs are not installed the test is skipped, but it
// fails when REQUIRE_SERVICES=1, as in CI. WEAV_TEST_SERVICES=off skips every test that
// wants a service, for the embedded part of a run.
package servicetest

import (
	"errors"
	"os"
	"strconv"
	"testing"

	"github.com/weav-ai/weav/test/servicetest/localserver"
)

// fewRounds is how often a fault test repeats itself unless ROUNDS says otherwise.
const fewRounds = 3

// Main runs the tests of a package that uses Postgres or MinIO, and then ends the servers they shared:
//
//	func TestMain(m *testing.M) { servicetest.Main(m) }
//
// Without it the servers end with the process all the same, but their directory stays until a later run.
func Main(m *testing.M) {
	defer Close()
	m.Run() // The testing package exits with the code that m keeps.
}

// Close ends the servers the tests of this process shared. It is for a TestMain that
// cannot call Main; no test may run after it.
func Close() {
	sharedPostgres.close()
	sharedMinIO.close()
}

// Rounds is how often a test of faults or races repeats itself: ROUNDS, few by default.
func Rounds() int {
	n, err := strconv.Atoi(os.Getenv("ROUNDS"))
	if err != nil || n < 1 {
		return fewRounds
	}
	return n
}

// wanted skips the test, or fails it where services are required, when services are switched off.
func wanted(tb testing.TB) {
	tb.Helper()
	if os.Getenv("WEAV_TEST_SERVICES") == "off" {
		lacking(tb, "services are switched off (WEAV_TEST_SERVICES=off)")
	}
}

// failed ends the test: a service that is not installed skips it, one that does not work fails it.
func failed(tb testing.TB, err error) {
	tb.Helper()
	if errors.Is(err, localserver.ErrMissing) {
		lacking(tb, err.Error()+"; make test installs what is missing, or on Debian: apt-get install postgresql redis-server")
	}
	tb.Fatalf("service: %v", err)
}

func lacking(tb testing.TB, why string) {
	tb.Helper()
	if os.Getenv("REQUIRE_SERVICES") == "1" {
		tb.Fatalf("REQUIRE_SERVICES=1, but %s", why)
	}
	tb.Skip("needs a service: " + why)
}
