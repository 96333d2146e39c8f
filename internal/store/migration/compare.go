package migration

import (
	"context"
	"database/sql"
	"errors"
	"regexp"
	"strings"

	atlasschema "ariga.io/atlas/sql/schema"
)

// Difference is the difference between a database and the ent schema.
type Difference struct {
	// Statements bring the database to the schema, in order. Read them before running them: one that drops
	// something drops what was added by hand.
	Statements []string
	// Breaks means that a table or a column is missing, so that the program cannot use the database.
	Breaks bool
}

// Compare returns the difference between the ent schema and a database of the named dialect. It does not
// change the database and takes no lock that a writer waits for.
func Compare(ctx context.Context, name string, db *sql.DB) (Difference, error) {
	var d Difference
	content, err := next(ctx, name, db, func(c atlasschema.Change) { d.Breaks = d.Breaks || lacks(c) })
	if err != nil && !errors.Is(err, ErrNone) {
		return Difference{}, err
	}
	has, err := inventory(ctx, name, db)
	if err != nil {
		return Difference{}, err
	}
	missing, err := guardStatements(name, has)
	if err != nil {
		return Difference{}, err
	}
	d.Statements = append(statements(string(content)), missing...)
	return d, nil
}

// lacks reports whether a change adds a table or a column, which queries name.
func lacks(change atlasschema.Change) bool {
	switch c := change.(type) {
	case *atlasschema.AddTable:
		return true
	case *atlasschema.ModifyTable:
		for _, part := range c.Changes {
			if _, ok := part.(*atlasschema.AddColumn); ok {
				return true
			}
		}
	}
	return false
}

// comment matches the lines that goose or the generator write beside the statements.
var comment = regexp.MustCompile(`(?m)^--.*\n`)

// statements are those of the upward half of a generated migration. None of them contains a semicolon before
// its last character.
func statements(content string) []string {
	up, _, _ := strings.Cut(content, "-- +goose Down")
	var list []string
	for statement := range strings.SplitSeq(comment.ReplaceAllString(up, ""), ";\n") {
		if statement = strings.TrimSpace(statement); statement != "" {
			list = append(list, statement+";")
		}
	}
	return list
}
