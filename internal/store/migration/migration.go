// Package migration compares a database with the ent schema and states what it lacks as
// the next migration.
package migration

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	atlas "ariga.io/atlas/sql/migrate"
	atlasschema "ariga.io/atlas/sql/schema"
	"ariga.io/atlas/sql/sqltool"
	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"entgo.io/ent/dialect/sql/schema"

	"github.com/weav-ai/weav/ent/migrate"
)

// ErrNone says that the database lacks nothing.
var ErrNone = errors.New("migration: the database matches the schema")

// byHand begin the names of columns and indexes that ent does not know, since migrations
// written by hand made them on its tables. Whole tables of that kind are no one's concern
// here: a comparison looks at ent's tables only.
var byHand = []string{"message_search"}

// Next returns the migration that takes a database of the named dialect to the ent schema, in goose's
// format, or [ErrNone] when there is nothing to do. The database must have all earlier
// migrations; it is left as it was.
func Next(ctx context.Context, name string, db *sql.DB) ([]byte, error) {
	return next(ctx, name, db, func(atlasschema.Change) {})
}

// next calls observe with each change that the migration makes.
func next(ctx context.Context, name string, db *sql.DB, observe func(atlasschema.Change)) ([]byte, error) {
	// The library keeps a sum file beside what it writes and refuses folders whose sum is
	// wrong. goose has no use for it, and it would be in the way of migrations written by hand.
	scratch, err := os.MkdirTemp("", "weav-migration-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(scratch) }() // The system's temporary folder.
	if err := diff(ctx, name, db, scratch, observe); err != nil {
		return nil, err
	}
	written, err := filepath.Glob(filepath.Join(scratch, "*.sql"))
	if err != nil {
		return nil, err
	}
	if len(written) != 1 {
		return nil, fmt.Errorf("migration: %d files were written, want one", len(written))
	}
	return os.ReadFile(written[0])
}

// tables guards ent's description of the schema: a comparison writes into it.
var tables sync.Mutex

func diff(ctx context.Context, name string, db *sql.DB, scratch string, observe func(atlasschema.Change)) error {
	tables.Lock()
	defer tables.Unlock()
	dir, err := sqltool.NewGooseDir(scratch)
	if err != nil {
		return err
	}
	m, err := schema.NewMigrate(entsql.OpenDB(name, db),
		schema.WithDir(dir),
		schema.WithFormatter(sqltool.GooseFormatter),
		schema.WithMigrationMode(schema.ModeInspect),
		schema.WithDialect(name),
		schema.WithDropColumn(true),
		schema.WithDropIndex(true),
		schema.WithErrNoPlan(true),
		schema.WithDiffHook(spare(ctx, name, db, observe)),
	)
	if err != nil {
		return fmt.Errorf("migration: %w", err)
	}
	err = m.NamedDiff(ctx, "next", migrate.Tables...)
	if errors.Is(err, atlas.ErrNoPlan) {
		return ErrNone
	}
	if err != nil {
		return fmt.Errorf("migration: compare: %w", err)
	}
	return nil
}

// spare takes out of a comparison what is no difference: the removal of what was made by
// hand, and conditions that Postgres spells in its own way.
func spare(ctx context.Context, name string, db *sql.DB, observe func(atlasschema.Change)) schema.DiffHook {
	return func(differ schema.Differ) schema.Differ {
		return schema.DiffFunc(func(current, desired *atlasschema.Schema) ([]atlasschema.Change, error) {
			changes, err := differ.Diff(current, desired)
			if err != nil {
				return nil, err
			}
			var left []atlasschema.Change
			for _, change := range changes {
				keep, err := differs(ctx, name, db, change)
				if err != nil {
					return nil, err
				}
				if keep {
					observe(change)
					left = append(left, change)
				}
			}
			return left, nil
		})
	}
}

// differs strips a change of a table to what is one; it reports whether anything is left.
func differs(ctx context.Context, name string, db *sql.DB, change atlasschema.Change) (bool, error) {
	table, ok := change.(*atlasschema.ModifyTable)
	if !ok {
		return true, nil
	}
	var left []atlasschema.Change
	for _, c := range table.Changes {
		if removesByHand(c) {
			continue
		}
		if name == dialect.Postgres {
			same, err := samePredicate(ctx, db, table.T.Name, c)
			if err != nil {
				return false, err
			}
			if same {
				continue
			}
		}
		left = append(left, c)
	}
	table.Changes = left
	return len(left) > 0, nil
}

func removesByHand(c atlasschema.Change) bool {
	var name string
	switch c := c.(type) {
	case *atlasschema.DropIndex:
		name = c.I.Name
	case *atlasschema.DropColumn:
		name = c.C.Name
	default:
		return false
	}
	return slices.ContainsFunc(byHand, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
}
