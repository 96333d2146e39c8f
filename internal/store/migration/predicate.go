package migration

import (
	"context"
	"database/sql"
	"fmt"

	atlas "ariga.io/atlas/sql/postgres"
	atlasschema "ariga.io/atlas/sql/schema"
	"github.com/lib/pq"
)

// samePredicate reports whether a change only affects the spelling of a partial index's condition. Postgres
// stores conditions in a form of its own, status = ANY (ARRAY[…]) for status IN (…), and only Postgres can
// produce it: so the condition is given to an index that is rolled back.
func samePredicate(ctx context.Context, db *sql.DB, table string, change atlasschema.Change) (bool, error) {
	modify, ok := change.(*atlasschema.ModifyIndex)
	if !ok || modify.Change != atlasschema.ChangeAttr {
		return false, nil
	}
	// An index with and without a condition really differ.
	was, wanted := predicate(modify.From), predicate(modify.To)
	if was == "" || wanted == "" {
		return false, nil
	}
	kept, err := keptPredicate(ctx, db, table, wanted)
	return kept == was, err
}

// predicate is the condition of a partial index; "" for none.
func predicate(index *atlasschema.Index) string {
	for _, attr := range index.Attrs {
		if p, ok := attr.(*atlas.IndexPredicate); ok {
			return p.P
		}
	}
	return ""
}

// keptPredicate is the condition as Postgres would store it. The index is created on an empty copy of the
// table, because on the table itself it would block writers.
func keptPredicate(ctx context.Context, db *sql.DB, table, condition string) (string, error) {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return "", err
	}
	defer func() { _ = tx.Rollback() }() // The index must not remain.
	for _, statement := range []string{
		"CREATE TEMPORARY TABLE weav_scratch_table (LIKE " + pq.QuoteIdentifier(table) + ")",
		"CREATE INDEX weav_scratch ON weav_scratch_table ((1)) WHERE " + condition,
	} {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return "", fmt.Errorf("migration: condition of an index of %s: %w", table, err)
		}
	}
	var kept string
	const read = "SELECT pg_get_expr(indpred, indrelid) FROM pg_index WHERE indexrelid = 'weav_scratch'::regclass"
	err = tx.QueryRowContext(ctx, read).Scan(&kept)
	return kept, err
}
