package servicetest

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

// TestMain looks for leaks while the shared server still runs: a server costs its tests no
// goroutine. Packages that do not look for leaks have the shorter Main.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		Close()
		os.Exit(code)
	}))
}
