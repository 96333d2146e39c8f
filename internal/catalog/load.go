package catalog

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // the catalogue's data
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"

	"go.yaml.in/yaml/v3"
)

//go:embed models.yaml
var shipped []byte

// shippedName is what messages call the file that ships.
const shippedName = "models.yaml"

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
	return c, c.take(name, data)
}

// take makes a file the catalogue. One with faults changes nothing.
func (c *Catalog) take(name string, data []byte) error {
	source, err := parse(name, data)
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

// Reload reads the settings' file again and tells whether it had changed. One with faults is an error that names all of
// them, and the catalogue stays as it was; it is told of once.
func (c *Catalog) Reload() (changed bool, err error) {
	if c.settings.File == "" {
		return false, nil
	}
	data, err := readFile(c.settings.File)
	if err != nil {
		return false, err
	}
	digest := digestOf(data)
	if digest == *c.digest.Load() {
		return false, nil
	}
	if err := c.take(c.settings.File, data); err != nil {
		c.digest.Store(&digest) // It is read again when it changes again.
		return false, err
	}
	return true, nil
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

// parse reads a file's models, or tells all that is wrong with them, each with its line.
func parse(name string, data []byte) ([]Model, error) {
	var file struct {
		Models []entry `yaml:"models"`
	}
	strict := yaml.NewDecoder(bytes.NewReader(data))
	strict.KnownFields(true)
	if err := strict.Decode(&file); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	lines := linesOf(data)
	p := &parser{name: name, seen: map[string]bool{}}
	for i, e := range file.Models {
		p.line, p.id = lines[i], e.ID
		p.add(e)
	}
	p.line, p.id = 1, ""
	if len(p.models) == 0 && len(p.faults) == 0 {
		p.fail("there are no models")
	}
	p.checkLinks(lines)
	return p.models, errors.Join(p.faults...)
}

// linesOf are the lines on which the models of a file begin.
func linesOf(data []byte) []int {
	var document struct {
		Models []yaml.Node `yaml:"models"`
	}
	if err := yaml.Unmarshal(data, &document); err != nil {
		return nil // It was read before.
	}
	lines := make([]int, len(document.Models))
	for i, n := range document.Models {
		lines[i] = n.Line
	}
	return lines
}
