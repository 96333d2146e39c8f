package catalog

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// parse reads a file's models, or tells all that is wrong with them, each with its line. providers are those that models
// may have; nil for any.
func parse(name string, data []byte, providers []string) ([]Model, error) {
	var file struct {
		// Defaults is a place for anchors.
		Defaults yaml.Node `yaml:"defaults"`
		Models   []entry   `yaml:"models"`
	}
	p := &parser{name: name, line: 1, providers: providers, seen: map[string]bool{}}
	strict := yaml.NewDecoder(bytes.NewReader(data))
	strict.KnownFields(true)
	if err := strict.Decode(&file); err != nil && !errors.Is(err, io.EOF) {
		if whole := p.misread(err, data); !whole {
			return nil, errors.Join(p.faults...)
		}
	} else if err := strict.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		p.fail("there is more than one document")
	}
	lines := p.linesOf(data)
	if len(lines) != len(file.Models) {
		p.fail("`models` must be a plain list of entries")
		return nil, errors.Join(p.faults...)
	}
	for i, e := range file.Models {
		p.line, p.id = lines[i], e.ID
		p.add(e)
	}
	p.checkLinks(lines)
	p.line, p.id = 1, ""
	switch n := len(file.Models); {
	case n == 0 && len(p.faults) == 0:
		p.fail("there are no models")
	case n > maxModels:
		p.fail("there are %d models, and may be %d", n, maxModels)
	}
	return p.models, errors.Join(p.faults...)
}

// A fault as the YAML library words it, and the Go types in it, which mean nothing to who writes a catalogue.
var (
	faultLine = regexp.MustCompile(`^(?:yaml: )?line (\d+): (.*)$`)
	goType    = regexp.MustCompile(` (?:in|into) (?:type )?(?:\[\]|\*)*(?:struct \{.*|[a-z]+\.\w+)$`)
)

// misread keeps what the YAML library says, as a fault of the model on its line. It says whether the file was read to its
// end nevertheless.
func (p *parser) misread(err error, data []byte) (whole bool) {
	told := []string{err.Error()}
	var fields *yaml.TypeError
	if whole = errors.As(err, &fields); whole {
		told = fields.Errors
	}
	entries := entriesOf(data)
	for _, text := range told {
		p.line, p.id = 1, ""
		if m := faultLine.FindStringSubmatch(text); m != nil {
			p.line, _ = strconv.Atoi(m[1]) // It is made of digits.
			text = m[2]
		}
		for _, e := range entries {
			if e.line <= p.line {
				p.id = e.id
			}
		}
		p.fail("%s", goType.ReplaceAllString(strings.TrimPrefix(text, "yaml: "), ""))
	}
	return whole
}

// place is where an entry begins.
type place struct {
	line   int
	id     string
	fields bool
}

// entriesOf are the places of a file's entries; none where it is no YAML.
func entriesOf(data []byte) []place {
	var document struct {
		Models []yaml.Node `yaml:"models"`
	}
	if err := yaml.Unmarshal(data, &document); err != nil {
		return nil // What is wrong is told by the strict reading.
	}
	places := make([]place, len(document.Models))
	for i, n := range document.Models {
		places[i].line = n.Line
		if n.Kind == yaml.AliasNode {
			n = *n.Alias
		}
		places[i].fields = n.Kind == yaml.MappingNode
		for k := 0; k+1 < len(n.Content) && places[i].fields; k += 2 {
			if n.Content[k].Value == "id" {
				places[i].id = n.Content[k+1].Value
			}
		}
	}
	return places
}

// linesOf are the lines of the entries that have fields, which are those that the YAML library reads; others are faults.
func (p *parser) linesOf(data []byte) []int {
	var lines []int
	for _, at := range entriesOf(data) {
		if at.fields {
			lines = append(lines, at.line)
			continue
		}
		p.line, p.id = at.line, ""
		p.fail("an entry has fields, such as `id`")
	}
	return lines
}
