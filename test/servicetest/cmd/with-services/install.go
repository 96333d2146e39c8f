//go:build linux || darwin

package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"

	"github.com/weav-ai/weav/test/servicetest/localserver"
)

// need is something a full test run uses beyond Go.
type need struct {
	// packages are Debian's names of it.
	packages []string
	missing  func() bool
	// optional needs are installed where that is possible, and else left to the tests that want them.
	optional bool
}

var needs = []need{
	{packages: []string{"postgresql"}, missing: func() bool { return fails(localserver.FindPostgres) }},
	{packages: []string{"redis-server"}, missing: func() bool { return fails(localserver.FindRedis) }},
	// The race detector links with cgo.
	{packages: []string{"gcc", "libc6-dev"}, missing: notInPath("gcc")},
	// Browser tests.
	{packages: []string{"chromium"}, missing: notInPath("chromium"), optional: true},
}

func fails(find func() (string, error)) bool {
	_, err := find()
	return err != nil
}

func notInPath(program string) func() bool {
	return func() bool { return fails(func() (string, error) { return exec.LookPath(program) }) }
}

// installMissing installs with apt-get what is not there, or says how to.
func installMissing() error {
	required, optional := missingPackages()
	all := slices.Concat(required, optional)
	if len(all) == 0 {
		return nil
	}
	path, err := exec.LookPath("apt-get")
	if err == nil && os.Getuid() == 0 {
		fmt.Fprintln(os.Stderr, "with-services: installing", strings.Join(all, " "))
		return aptInstall(path, all)
	}
	if len(required) == 0 {
		return nil
	}
	return fmt.Errorf("the tests need what is not installed; as root on Debian: apt-get install %s", strings.Join(required, " "))
}

func missingPackages() (required, optional []string) {
	for _, n := range needs {
		switch {
		case !n.missing():
		case n.optional:
			optional = append(optional, n.packages...)
		default:
			required = append(required, n.packages...)
		}
	}
	return required, optional
}

// aptInstall fetches the package lists only when the first attempt fails: they may be absent or old.
func aptInstall(path string, packages []string) error {
	install := append([]string{"install", "--yes", "--no-install-recommends"}, packages...)
	if apt(path, install...) == nil {
		return nil
	}
	return errors.Join(apt(path, "update"), apt(path, install...))
}

func apt(path string, args ...string) error {
	cmd := exec.Command(path, append([]string{"--quiet=2"}, args...)...)
	cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("apt-get %s: %w", args[0], err)
	}
	return nil
}
