package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"slices"
	"strings"

	"github.com/weav-ai/weav/ent/migrate"
)

const hashFile = "ent/migrate/hashes.txt"

// addHashes writes the lines of all migrations to the file at path. It refuses to change the line of a
// migration that released reports, and to drop one.
func addHashes(files fs.FS, path string, released func(name string) bool) error {
	before, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	names, err := fs.Glob(files, "*/*.sql")
	if err != nil {
		return err
	}
	slices.Sort(names)
	var after bytes.Buffer
	for _, name := range names {
		content, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		line := migrate.HashLine(name, content)
		known := bytes.Contains(before, []byte("  "+name+"\n"))
		if known && !bytes.Contains(before, []byte(line)) && released(name) {
			return fmt.Errorf("%s is released, and was edited: undo that, and write a new migration", name)
		}
		after.WriteString(line)
	}
	for line := range strings.Lines(string(before)) {
		_, name, _ := strings.Cut(strings.TrimSpace(line), "  ")
		if !slices.Contains(names, name) && released(name) {
			return fmt.Errorf("%s is released, and is missing", name)
		}
	}
	return os.WriteFile(path, after.Bytes(), 0o644)
}

// committed reports whether git knows the migration, which then counts as released.
func committed(name string) bool {
	return exec.Command("git", "cat-file", "-e", "HEAD:ent/migrate/"+name).Run() == nil
}
