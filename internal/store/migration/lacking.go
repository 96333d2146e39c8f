package migration

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"entgo.io/ent/dialect"

	"github.com/weav-ai/weav/ent/migrate"
)

// guards are the triggers that handwritten migrations created. ent does not know them, so a comparison by ent
// does not include them.
var guards = map[string][]string{
	dialect.Postgres: {"audit_entries_stay", "ledger_entries_stay", "ledger_entries_remain"},
	dialect.SQLite:   {"audit_entries_stay", "audit_entries_remain", "ledger_entries_stay", "ledger_entries_remain"},
}

// inventoryQueries list what a database has, each name with its kind.
var inventoryQueries = map[string]string{
	dialect.Postgres: `SELECT 'column', table_name || '.' || column_name FROM information_schema.columns WHERE table_schema = current_schema()
		UNION ALL SELECT 'index', indexname FROM pg_indexes WHERE schemaname = current_schema()
		UNION ALL SELECT 'trigger', tgname FROM pg_trigger WHERE NOT tgisinternal`,
	dialect.SQLite: `SELECT 'column', m.name || '.' || c.name FROM sqlite_schema m JOIN pragma_table_info(m.name) c WHERE m.type = 'table'
		UNION ALL SELECT type, name FROM sqlite_schema WHERE type IN ('index', 'trigger')`,
}

// Lacking names the columns, indexes and triggers that the schema has and the database of the named dialect
// lacks. It is one query of the catalogue: cheap enough for each start of a process.
func Lacking(ctx context.Context, name string, db *sql.DB) ([]string, error) {
	has, err := inventory(ctx, name, db)
	if err != nil {
		return nil, err
	}
	var lacking []string
	for _, want := range expected(name) {
		if !has[want] {
			lacking = append(lacking, want)
		}
	}
	return lacking, nil
}

// inventory returns the names of what the database has, each with its kind before it.
func inventory(ctx context.Context, name string, db *sql.DB) (map[string]bool, error) {
	rows, err := db.QueryContext(ctx, inventoryQueries[name])
	if err != nil {
		return nil, fmt.Errorf("migration: read the catalogue: %w", err)
	}
	defer func() { _ = rows.Close() }() // Err has the reason.
	has := map[string]bool{}
	for rows.Next() {
		var kind, object string
		if err := rows.Scan(&kind, &object); err != nil {
			return nil, fmt.Errorf("migration: read the catalogue: %w", err)
		}
		has[kind+" "+object] = true
	}
	return has, rows.Err()
}

// expected names what the ent schema and the migrations create.
func expected(name string) []string {
	tables.Lock()
	defer tables.Unlock()
	var list []string
	for _, table := range migrate.Tables {
		for _, c := range table.Columns {
			list = append(list, "column "+table.Name+"."+c.Name)
		}
		for _, index := range table.Indexes {
			list = append(list, "index "+index.Name)
		}
	}
	for _, guard := range guards[name] {
		list = append(list, "trigger "+guard)
	}
	return list
}

// guardStatements create the missing triggers as the newest migration that defines them does, with the
// function that each calls.
func guardStatements(name string, has map[string]bool) ([]string, error) {
	var list []string
	for _, guard := range guards[name] {
		if has["trigger "+guard] {
			continue
		}
		statement, err := newest(name, `CREATE TRIGGER .`+guard+`.\s`)
		if err != nil {
			return nil, err
		}
		if _, function, ok := strings.Cut(statement, "EXECUTE FUNCTION "); ok {
			body, err := newest(name, `CREATE (OR REPLACE )?FUNCTION `+regexp.QuoteMeta(strings.Trim(function, "();")))
			if err != nil {
				return nil, err
			}
			list = append(list, strings.Replace(body, "CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1))
		}
		list = append(list, statement)
	}
	return slices.Compact(list), nil
}

// newest returns the statement that matches the pattern at its beginning, from the newest migration that has
// one.
func newest(name, pattern string) (string, error) {
	folder := name
	if name == dialect.SQLite {
		folder = "sqlite"
	}
	files, err := fs.Glob(migrate.Files, folder+"/*.sql")
	if err != nil {
		return "", err
	}
	begins := regexp.MustCompile(`(?m)^` + pattern)
	slices.Sort(files)
	for _, file := range slices.Backward(files) {
		content, err := fs.ReadFile(migrate.Files, file)
		if err != nil {
			return "", err
		}
		at := begins.FindIndex(content)
		if at == nil {
			continue
		}
		rest := string(content[at[0]:])
		end := len(rest)
		for _, mark := range []string{"\n--", "\nCREATE ", "\nDROP "} {
			if i := strings.Index(rest, mark); i >= 0 && i < end {
				end = i
			}
		}
		return strings.TrimSpace(rest[:end]), nil
	}
	return "", fmt.Errorf("migration: no migration has %q", pattern)
}
