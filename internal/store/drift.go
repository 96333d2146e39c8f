package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/pressly/goose/v3"

	"github.com/weav-ai/weav/internal/store/migration"
)

// DriftError means that a database has all migrations and still differs from what they make: it was changed
// by hand, or applied a migration whose file was edited later.
type DriftError struct {
	// Statements bring the database to what the program expects, in order.
	Statements []string
	// Breaks means that a table or a column is missing, so that the program cannot use the database.
	Breaks bool
}

// Error lists the statements.
func (e *DriftError) Error() string {
	return "the database differs from what its migrations make. Look at these statements; they mend it:\n" + strings.Join(e.Statements, "\n")
}

// CheckDrift returns a [*DriftError] when something is missing that the program expects, in a database that
// has all its migrations. It compares names only, so it is cheap enough for every start; [Store.Compare]
// compares everything. A database that is behind or ahead is not checked, since a difference is normal there.
func (s *Store) CheckDrift(ctx context.Context) error {
	if current, err := s.isCurrent(ctx); err != nil || !current {
		return err
	}
	lacking, err := migration.Lacking(ctx, s.dialect, s.db)
	if err != nil {
		return fmt.Errorf("store: check drift: %w", err)
	}
	if len(lacking) == 0 {
		return nil
	}
	return s.Compare(ctx)
}

// Compare returns a [*DriftError] when a database that has all its migrations differs in anything from what
// they make, including an index that was added by hand.
func (s *Store) Compare(ctx context.Context) error {
	if current, err := s.isCurrent(ctx); err != nil || !current {
		return err
	}
	d, err := migration.Compare(ctx, s.dialect, s.db)
	if err != nil {
		return fmt.Errorf("store: compare: %w", err)
	}
	if len(d.Statements) == 0 {
		return nil
	}
	return &DriftError{Statements: d.Statements, Breaks: d.Breaks}
}

// isCurrent reports whether the database has exactly the migrations of this program.
func (s *Store) isCurrent(ctx context.Context) (bool, error) {
	applied, err := s.versions(ctx, "goose_db_version", `SELECT version_id FROM goose_db_version WHERE is_applied AND version_id > 0`)
	if err != nil {
		return false, fmt.Errorf("store: applied migrations: %w", err)
	}
	names, err := s.migrationNames()
	if err != nil {
		return false, fmt.Errorf("store: migrations: %w", err)
	}
	return len(applied) == len(names) && !slices.ContainsFunc(names, func(name string) bool {
		version, err := goose.NumericComponent(name)
		return err != nil || !applied[version]
	}), nil
}
