// Command strictenum makes the generated readers of enums fail on a name that the enum does not have. gqlgen looks names up in a map and
// takes the zero value for one that is not in it; it has no option for that (v0.17.98).
package main

import (
	"errors"
	"fmt"
	"os"
	"regexp"
)

// lookup is how gqlgen reads an enum that is bound by enum_values.
var lookup = regexp.MustCompile(`tmp, err := scalar\.UnmarshalString\(v\)\n\tres := (\S+)\[tmp\]`)

func main() {
	if len(os.Args) != 2 {
		fail(errors.New("usage: strictenum FILE"))
	}
	fail(rewrite(os.Args[1]))
}

func rewrite(name string) error {
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	if !lookup.Match(text) {
		return fmt.Errorf("%s has no reader of an enum: gqlgen writes them in another form now", name)
	}
	text = lookup.ReplaceAll(text, []byte("res, err := scalar.UnmarshalEnum($1, v)"))
	return os.WriteFile(name, text, 0o600) // The file is there: its mode stays.
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
