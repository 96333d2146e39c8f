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

// shippedName is what messages call the file that ships.
const shippedName = "models.yaml"

// maxModels is how many models a catalogue may have: all of them are one answer.
const maxModels = 200

// maxFile is the greatest size of a catalogue's file, in bytes.
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
	if err := c.take(name, data); err != nil {
		return nil, err
	}
	return c, nil
}

// take makes a file the catalogue. One with faults changes nothing.
func (c *Catalog) take(name string, data []byte) error {
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

// unreadable stands for the digest of a file that cannot be read.
const unreadable = "unreadable"

// Reload reads the settings' file again and tells whether it had changed. One with faults is an error that names all of
// them, and one that is not there is an error too; the catalogue stays as it was. Each is told of once.
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
		err = c.take(c.settings.File, data)
	}
	c.digest.Store(&digest)
	return err == nil, err
}

func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("catalog: %w", err)
	}
	defer func() { _ = f.Close() }() // It was only read.
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("catalog: %w", err)
	case len(data) > maxFile:
		return nil, fmt.Errorf("catalog: %s is larger than %d bytes", path, maxFile)
	}
	return data, nil
}

func digestOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
