package app

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/caarlos0/env/v11"
)

// environment reads settings and gathers what is wrong with them.
type environment struct {
	get func(string) string
	// known are the names of settings.
	known  map[string]bool
	faults []error
}

func newEnvironment(getenv func(string) string) *environment {
	return &environment{get: getenv, known: map[string]bool{}}
}

func (e *environment) fault(format string, args ...any) {
	e.faults = append(e.faults, fmt.Errorf(format, args...))
}

// read fills a struct by the tags of its fields: see [Setting]. A value that cannot be read is a fault, and the default stands
// in for it. prefix begins the names.
func (e *environment) read(into any, prefix string) {
	values := map[string]string{}
	for _, s := range settingsOf(reflect.TypeOf(into).Elem(), prefix) {
		value := e.value(s)
		if value == "" {
			continue
		}
		if faults := s.faults(value); faults != nil {
			e.faults = append(e.faults, faults...)
			continue
		}
		values[s.Name] = value
	}
	// Each value was judged before, so what is left is a field whose type nothing parses.
	if err := env.ParseWithOptions(into, env.Options{Environment: values, Prefix: prefix, FuncMap: parsers}); err != nil {
		e.fault("settings: %w", err)
	}
}

// parsers read the types that are neither basic nor read themselves.
var parsers = map[reflect.Type]env.ParserFunc{
	reflect.TypeFor[[]byte]():   func(v string) (any, error) { return []byte(v), nil },
	reflect.TypeFor[[]string](): func(v string) (any, error) { return list(v), nil },
	reflect.TypeFor[[]netip.Prefix](): func(v string) (any, error) {
		all, faults := prefixes("", v)
		return all, errors.Join(faults...)
	},
}

// value is the text of a setting: the first of its names that is set, each as NAME or from the file that NAME_FILE names. Empty
// for one that is not set.
func (e *environment) value(s Setting) string {
	for _, name := range s.Names() {
		e.known[name] = true
	}
	value := ""
	for _, name := range []string{s.Name, s.Or} {
		if v := e.content(name, s.IsSecret); value == "" {
			value = v
		}
	}
	return value
}

// content is that of one variable, or of its file.
func (e *environment) content(name string, isSecret bool) string {
	if name == "" {
		return ""
	}
	v := e.get(name)
	if !isSecret {
		return v
	}
	path := e.get(name + "_FILE")
	if v != "" || path == "" {
		return v
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		e.fault("%s_FILE cannot be read: %w", name, err)
		return ""
	}
	return strings.TrimSpace(string(raw))
}

// list are the parts of a text with commas between, without empty ones.
func list(text string) []string {
	return slices.DeleteFunc(fields(text), func(part string) bool { return part == "" })
}
