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

// parse reads the models of a file, or returns all faults, each with its line. providers are the allowed
// providers; nil for any.
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
		if whole := p.addYAMLFaults(err, data); !whole {
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

// A fault as the YAML library words it, and the Go types in it, which mean nothing to the author of a
// catalogue.
var (
	faultLine = regexp.MustCompile(`^(?:yaml: )?line (\d+): (.*)$`)
	goType    = regexp.MustCompile(` (?:in|into) (?:type )?(?:\[\]|\*)*(?:struct \{.*|[a-z]+\.\w+)$`)
)

// addYAMLFaults adds the errors of the YAML library as faults of the models on their lines. It reports
// whether the file was read to its end nevertheless.
func (p *parser) addYAMLFaults(err error, data []byte) (whole bool) {
	messages := []string{err.Error()}
	var fields *yaml.TypeError
	if whole = errors.As(err, &fields); whole {
		messages = fields.Errors
	}
	entries := entriesOf(data)
	for _, text := range messages {
		p.line, p.id = 1, ""
		if m := faultLine.FindStringSubmatch(text); m != nil {
			p.line, _ = strconv.Atoi(m[1]) // It consists of digits.
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

// entriesOf returns the places of a file's entries; none for invalid YAML.
func entriesOf(data []byte) []place {
	var document struct {
		Models []yaml.Node `yaml:"models"`
	}
	if err := yaml.Unmarshal(data, &document); err != nil {
		return nil // The strict decoder reports the fault.
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

// linesOf returns the lines of the entries that have fields, which the YAML library reads. Other entries are
// faults.
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
