package systemtest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/weav-ai/weav/test/servicetest"
)

func TestMain(m *testing.M) {
	defer removeBinary()
	servicetest.Main(m)
}

// binDir holds the built binary, once a test has asked for it.
var binDir string

func removeBinary() {
	if binDir != "" {
		_ = os.RemoveAll(binDir) // The system's temporary folder.
	}
}

var built = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "weav-system-")
	if err != nil {
		return "", err
	}
	binDir = dir
	path := filepath.Join(dir, "weav")
	if out, err := exec.Command("go", "build", "-ldflags=-s -w", "-o", path, "github.com/weav-ai/weav/cmd/weav").CombinedOutput(); err != nil {
		return "", fmt.Errorf("build: %w\n%s", err, out)
	}
	return path, nil
})

// binary returns the path of the program, built once for all tests.
func binary(t *testing.T) string {
	t.Helper()
	path, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return path
}
