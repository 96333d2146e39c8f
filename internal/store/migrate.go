package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/pressly/goose/v3"

	"github.com/weav-ai/weav/ent/migrate"
)

// Migrate brings the schema up to date: first the project's migrations, then the queue's own. Any number of
// processes may call it at once; one migrates, the others wait. It does nothing when nothing is missing.
//
// A program whose migrations differ from the released ones is refused, because it would create a schema that
// no other database has.
func (s *Store) Migrate(ctx context.Context) error {
	if err := migrate.Verify(migrate.Files, migrate.Hashes); err != nil {
		return fmt.Errorf("store: migrate: %w", err)
	}
	// The common case needs no lock.
	if s.Migrated(ctx) == nil {
		return nil
	}
	files, err := migrationFiles(s.dialect)
	if err != nil {
		return fmt.Errorf("store: migrate: %w", err)
	}
	up := s.migratePostgres
	if s.dialect == SQLite {
		up = s.migrateSQLite
	}
	if err := up(ctx, files); err != nil {
		return fmt.Errorf("store: migrate: %w", err)
	}
	return nil
}

// Migrated returns an error that names what the schema lacks, nil when it lacks nothing. A schema that is
// ahead of this program is no error: during a rollout, other processes run a newer version.
func (s *Store) Migrated(ctx context.Context) error {
	if err := migrate.Verify(migrate.Files, migrate.Hashes); err != nil {
		return fmt.Errorf("store: migrated: %w", err)
	}
	missing, err := s.missingMigrations(ctx)
	if err != nil {
		return fmt.Errorf("store: migrated: %w", err)
	}
	behind, err := s.missingRiverMigrations(ctx)
	if err != nil {
		return fmt.Errorf("store: migrated: %w", err)
	}
	if missing = append(missing, behind...); len(missing) > 0 {
		return fmt.Errorf("store: the database schema is behind; missing: %s", strings.Join(missing, ", "))
	}
	return nil
}

// migrationFiles is the folder of a dialect's migrations.
func migrationFiles(dialect string) (fs.FS, error) {
	folder := "postgres"
	if dialect == SQLite {
		folder = "sqlite"
	}
	return fs.Sub(migrate.Files, folder)
}

// goUp applies the project's migrations, each in one transaction with its entry in the version table.
func goUp(ctx context.Context, db *sql.DB, dialect string, files fs.FS) error {
	gooseDialect := goose.DialectPostgres
	if dialect == SQLite {
		gooseDialect = goose.DialectSQLite3
	}
	// Without the global registry, which the tests of several dialects would share.
	provider, err := goose.NewProvider(gooseDialect, db, files, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	_, err = provider.Up(ctx)
	return err
}

// migrationNames are the files of the project's migrations.
func (s *Store) migrationNames() ([]string, error) {
	files, err := migrationFiles(s.dialect)
	if err != nil {
		return nil, err
	}
	return fs.Glob(files, "*.sql")
}

// missingMigrations names the project's migrations that the database has not applied.
func (s *Store) missingMigrations(ctx context.Context) ([]string, error) {
	names, err := s.migrationNames()
	if err != nil {
		return nil, err
	}
	applied, err := s.versions(ctx, "goose_db_version", `SELECT version_id FROM goose_db_version WHERE is_applied`)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(names, func(name string) bool {
		version, err := goose.NumericComponent(path.Base(name))
		return err == nil && applied[version]
	}), nil
}

// versions reads a table of applied versions; none when there is no table.
func (s *Store) versions(ctx context.Context, table, query string) (map[int64]bool, error) {
	if ok, err := s.hasTable(ctx, table); err != nil || !ok {
		return nil, err
	}
	rows, err := s.db.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // The error is returned by rows.Err.
	versions := map[int64]bool{}
	for rows.Next() {
		var v int64
		if err := rows.Scan(&v); err != nil {
			return nil, err
		}
		versions[v] = true
	}
	return versions, rows.Err()
}

func (s *Store) hasTable(ctx context.Context, table string) (bool, error) {
	query := `SELECT 1 WHERE to_regclass($1) IS NOT NULL`
	if s.dialect == SQLite {
		query = `SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = $1`
	}
	var one int
	err := s.db.QueryRowContext(ctx, query, table).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// SchemaVersion names the schema that [Store.Migrate] makes: it changes with the content of the migrations.
// Tests cache prepared databases under it.
func SchemaVersion() string {
	hash := sha256.New()
	// Reading embedded files cannot fail.
	_ = fs.WalkDir(migrate.Files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(migrate.Files, name)
		fmt.Fprintf(hash, "%s %d\n%s", name, len(content), content)
		return err
	})
	fmt.Fprintf(hash, "river %d", riverLatest())
	return hex.EncodeToString(hash.Sum(nil)[:8])
}
