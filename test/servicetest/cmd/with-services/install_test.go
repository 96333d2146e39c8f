//go:build linux || darwin

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Not in parallel: a child forked meanwhile would hold the fake apt-get open for writing, and
// the system refuses to run it then.
func TestAptInstall(t *testing.T) {
	const install = "--quiet=2 install --yes --no-install-recommends redis-server gcc"
	tests := map[string]struct {
		script string // What apt-get does after noting its arguments.
		calls  []string
		fails  bool
	}{
		"at once":            {"exit 0", []string{install}, false},
		"after an update":    {`case "$*" in *update) touch fresh;; esac; test -e fresh`, []string{install, "--quiet=2 update", install}, false},
		"not in any archive": {"exit 100", []string{install, "--quiet=2 update", install}, true},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			apt, calls := fakeApt(t, tc.script)
			err := aptInstall(apt, []string{"redis-server", "gcc"})
			if (err != nil) != tc.fails {
				t.Errorf("error %v, want one: %v", err, tc.fails)
			}
			if got, want := calls(), strings.Join(tc.calls, "\n"); got != want {
				t.Errorf("calls:\n%s\nwant:\n%s", got, want)
			}
		})
	}
}

func TestWhatCannotBeInstalledIsNamed(t *testing.T) {
	t.Setenv("PATH", t.TempDir()) // No apt-get here, nor what it could install.
	err := installMissing()
	if err == nil || !strings.Contains(err.Error(), "redis-server gcc") {
		t.Errorf("got %v, want the packages to install", err)
	}
	if err != nil && strings.Contains(err.Error(), "chromium") {
		t.Errorf("got %v, but a browser is optional", err)
	}
}

// fakeApt makes an apt-get in a directory of its own, and returns it with a reader of its calls.
func fakeApt(t *testing.T, script string) (path string, calls func() string) {
	t.Helper()
	dir := t.TempDir()
	path = filepath.Join(dir, "apt-get")
	text := "#!/bin/sh\ncd '" + dir + "'\necho \"$*\" >>calls\n" + script + "\n"
	if err := os.WriteFile(path, []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
	return path, func() string {
		b, err := os.ReadFile(filepath.Join(dir, "calls"))
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(string(b))
	}
}
