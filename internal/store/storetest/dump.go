package storetest

import (
	"context"
	"strings"
	"testing"

	"entgo.io/ent/dialect/sql"

	"github.com/weav-ai/weav/internal/store"
)

// Dump returns every row of every table of a database as text.
func Dump(tb testing.TB, st *store.Store) string {
	tb.Helper()
	tables := `SELECT name FROM sqlite_master WHERE type = 'table'`
	if st.Dialect() == store.Postgres {
		tables = `SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = current_schema()`
	}
	var out strings.Builder
	for _, table := range rows(tb, st, tables) {
		for _, row := range rows(tb, st, `SELECT * FROM `+table) {
			out.WriteString(table + " " + row + "\n")
		}
	}
	return out.String()
}

// rows reads the rows of a query, their columns separated by blanks.
func rows(tb testing.TB, st *store.Store, query string) (out []string) {
	tb.Helper()
	fail := func(err error) {
		if err != nil {
			tb.Fatalf("dump: %v", err)
		}
	}
	found, err := st.Client().QueryContext(context.WithoutCancel(tb.Context()), query)
	fail(err)
	defer func() { _ = found.Close() }()
	columns, err := found.Columns()
	fail(err)
	for found.Next() {
		values := make([]sql.NullString, len(columns))
		into := make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		fail(found.Scan(into...))
		texts := make([]string, len(values))
		for i, v := range values {
			texts[i] = v.String
		}
		out = append(out, strings.Join(texts, " "))
	}
	fail(found.Err())
	return out
}
