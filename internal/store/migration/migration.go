// Package migration compares a database with the ent schema and writes the difference as the next migration.
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

// ErrNone means that the database matches the schema.
var ErrNone = errors.New("migration: the database matches the schema")

// byHand are prefixes of columns and indexes that ent does not know, because handwritten migrations created
// them on its tables. Whole tables created that way are not compared: only ent's tables are.
var byHand = []string{"message_search"}

// Next returns the migration that brings a database of the named dialect to the ent schema, in goose's
// format, or [ErrNone]. The database must have all earlier migrations; it is not changed.
func Next(ctx context.Context, name string, db *sql.DB) ([]byte, error) {
	return next(ctx, name, db, func(atlasschema.Change) {})
}

// next calls observe with each change that the migration makes.
func next(ctx context.Context, name string, db *sql.DB, observe func(atlasschema.Change)) ([]byte, error) {
	// The library writes a checksum file beside its output and refuses folders with a wrong
	// checksum. goose does not use it, and it would refuse handwritten migrations.
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

// tables guards ent's description of the schema, because a comparison writes into it.
var tables sync.Mutex

// diff writes the difference as a migration into scratch. It inspects the database without applying anything.
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
		schema.WithDiffHook(filterChanges(ctx, name, db, observe)),
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

// filterChanges removes from a comparison what is no difference: the removal of handwritten columns and
// indexes, and conditions that Postgres spells in its own way.
func filterChanges(ctx context.Context, name string, db *sql.DB, observe func(atlasschema.Change)) schema.DiffHook {
	return func(differ schema.Differ) schema.Differ {
		return schema.DiffFunc(func(current, desired *atlasschema.Schema) ([]atlasschema.Change, error) {
			changes, err := differ.Diff(current, desired)
			if err != nil {
				return nil, err
			}
			var left []atlasschema.Change
			for _, change := range changes {
				isReal, err := differs(ctx, name, db, change)
				if err != nil {
					return nil, err
				}
				if isReal {
					observe(change)
					left = append(left, change)
				}
			}
			return left, nil
		})
	}
}

// differs reduces a change of a table to its real differences; it reports whether any is left.
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

// removesByHand reports whether a change would remove a handwritten column or index.
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
