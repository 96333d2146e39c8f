package catalog

import (
	"crypto/sha256"
	_ "embed" // the catalogue's data
	"encoding/hex"
	"fmt"
	"io"
	"os"
)

//go:embed models.yaml
var shipped []byte

// shippedName is the name of the shipped file in messages.
const shippedName = "models.yaml"

// maxModels is the most models of a catalogue, which is returned in one response.
const maxModels = 200

// maxFile is the largest size of a catalogue's file, in bytes.
const maxFile = 4 << 20

// Load returns the catalogue that ships with the program, or that of the settings' file.
func Load(s Settings) (*Catalog, error) {
	name, data := shippedName, shipped
	if s.File != "" {
		raw, err := readFile(s.File)
		if err != nil {
			return nil, err
		}
		name, data = s.File, raw
	}
	c := &Catalog{settings: s}
	if err := c.replace(name, data); err != nil {
		return nil, err
	}
	return c, nil
}

// replace replaces the catalogue by that of a file. A file with faults changes nothing.
func (c *Catalog) replace(name string, data []byte) error {
	source, err := parse(name, data, c.settings.Providers)
	if err != nil {
		return err
	}
	e, err := c.settings.edition(source, c.settings.now())
	if err != nil {
		return err
	}
	digest := digestOf(data)
	c.current.Store(e)
	c.digest.Store(&digest)
	return nil
}

// unreadable replaces the digest of a file that cannot be read, so that the failure is reported once.
const unreadable = "unreadable"

// Reload reads the settings' file again and reports whether it has changed. A file with faults, or a missing
// one, is an error with all faults, and the catalogue stays unchanged. Each state of the file is reported
// once.
func (c *Catalog) Reload() (changed bool, err error) {
	if c.settings.File == "" {
		return false, nil
	}
	digest := unreadable
	data, err := readFile(c.settings.File)
	if err == nil {
		digest = digestOf(data)
	}
	if digest == *c.digest.Load() {
		return false, nil
	}
	if err == nil {
		err = c.replace(c.settings.File, data)
	}
	c.digest.Store(&digest)
	return err == nil, err
}

// readFile reads a file of bounded size. The limit protects a running server from a wrong path.
func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("catalog: %w", err)
	}
	defer func() { _ = f.Close() }() // Nothing was written.
	// One byte more than the limit shows that the file is too large.
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("catalog: %w", err)
	case len(data) > maxFile:
		return nil, fmt.Errorf("catalog: %s is larger than %d bytes", path, maxFile)
	}
	return data, nil
}

// digestOf identifies the content of a file. Its time of change is not used, since mounted files have
// unreliable ones.
func digestOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
