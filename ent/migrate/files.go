package migrate

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

// Files holds the versioned migrations, one folder per dialect: postgres and sqlite. They are
// in goose's format; new writes the next one.
//
//go:embed postgres sqlite
var Files embed.FS

// Hashes is the content of hashes.txt: a line for each migration with the SHA-256 of its file, as
// sha256sum writes it. A migration that is released never changes, since databases that have it
// never read it again. So lines are added to the file, and none is ever changed.
//
//go:embed hashes.txt
var Hashes []byte

// HashLine is the line of a migration in hashes.txt. The name is its path below this folder.
func HashLine(name string, content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:]) + "  " + name + "\n"
}

// Verify returns an error that names the migrations that differ from their line in hashes, are
// missing, or have no line.
func Verify(files fs.FS, hashes []byte) error {
	wanted := map[string]string{}
	for lines := bufio.NewScanner(bytes.NewReader(hashes)); lines.Scan(); {
		if _, name, ok := strings.Cut(lines.Text(), "  "); ok {
			wanted[name] = lines.Text() + "\n"
		}
	}
	names, err := fs.Glob(files, "*/*.sql")
	if err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	var faults []error
	for _, name := range names {
		content, err := fs.ReadFile(files, name)
		if err != nil {
			return fmt.Errorf("migrations: %w", err)
		}
		switch line, ok := wanted[name]; {
		case !ok:
			faults = append(faults, fmt.Errorf("migrations: %s has no line in hashes.txt; `go run ./ent/migrate/new -hash` adds it", name))
		case line != HashLine(name, content):
			faults = append(faults, fmt.Errorf("migrations: %s was edited after its release; undo that, and write a new migration", name))
		}
		delete(wanted, name)
	}
	for name := range wanted {
		faults = append(faults, fmt.Errorf("migrations: %s was released, and is missing", name))
	}
	return errors.Join(faults...)
}
