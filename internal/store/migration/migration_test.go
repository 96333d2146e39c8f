package migration_test

import (
	"database/sql"
	"errors"
	"slices"
	"strings"
	"testing"

	"entgo.io/ent/dialect"
	_ "github.com/lib/pq"  // The driver of Postgres.
	_ "modernc.org/sqlite" // The driver of SQLite.

	"github.com/weav-ai/weav/internal/store/migration"
	"github.com/weav-ai/weav/internal/store/storetest"
	"github.com/weav-ai/weav/test/servicetest"
)

func TestMain(m *testing.M) { servicetest.Main(m) }

// each runs test on a migrated database of each dialect, with raw access.
func each(t *testing.T, test func(t *testing.T, name string, db *sql.DB)) {
	t.Helper()
	for _, name := range []string{dialect.SQLite, dialect.Postgres} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			driver, source := "postgres", storetest.URL(t, name)
			if name == dialect.SQLite {
				driver, source = "sqlite", "file:"+strings.TrimPrefix(source, "sqlite:")+"?_pragma=foreign_keys(1)"
			}
			db, err := sql.Open(driver, source)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = db.Close() }) // Nothing is written any more.
			test(t, name, db)
		})
	}
}

func exec(t *testing.T, db *sql.DB, statements ...string) {
	t.Helper()
	for _, statement := range statements {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

// compared is the difference of a database, which must be the same when it is asked for twice.
func compared(t *testing.T, name string, db *sql.DB) migration.Difference {
	t.Helper()
	first, err := migration.Compare(t.Context(), name, db)
	if err != nil {
		t.Fatal(err)
	}
	again, err := migration.Compare(t.Context(), name, db)
	if err != nil || !slices.Equal(first.Statements, again.Statements) || first.Breaks != again.Breaks {
		t.Errorf("a second comparison finds %v (%v), the first found %v", again, err, first)
	}
	return first
}

// TestAMigratedDatabaseLacksNothing, whatever was made by hand for the search.
func TestAMigratedDatabaseLacksNothing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, name string, db *sql.DB) {
		exec(t, db, `ALTER TABLE messages ADD COLUMN message_search_terms text`,
			`CREATE INDEX message_search_terms_index ON messages (message_search_terms)`, `CREATE TABLE of_somebody_else (id integer)`)
		if d := compared(t, name, db); len(d.Statements) != 0 || d.Breaks {
			t.Errorf("got %+v", d)
		}
		if next, err := migration.Next(t.Context(), name, db); !errors.Is(err, migration.ErrNone) {
			t.Errorf("the next migration is %s (%v)", next, err)
		}
		if lacking, err := migration.Lacking(t.Context(), name, db); err != nil || len(lacking) != 0 {
			t.Errorf("it lacks %v (%v)", lacking, err)
		}
	})
}

// TestWhatADatabaseLacks is named, and its statements make it; only a table or a column breaks the program.
func TestWhatADatabaseLacks(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		change  []string
		lacking []string
		breaks  bool
		says    string
	}{
		"a column":                {[]string{`ALTER TABLE messages DROP COLUMN answered_by`}, []string{"column messages.answered_by"}, true, "answered_by"},
		"two indexes":             {[]string{`DROP INDEX message_chat_id_id`, `DROP INDEX payment_transaction_id`}, []string{"index message_chat_id_id", "index payment_transaction_id"}, false, "message_chat_id_id"},
		"an index of other terms": {[]string{`DROP INDEX message_user_id_status`, `CREATE INDEX message_user_id_status ON messages (user_id, status) WHERE status IN ('PENDING')`}, nil, false, "message_user_id_status"},
		"an index too many":       {[]string{`CREATE INDEX added_by_hand ON payments (days)`}, nil, false, "added_by_hand"},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			each(t, func(t *testing.T, name string, db *sql.DB) {
				exec(t, db, c.change...)
				lacking, err := migration.Lacking(t.Context(), name, db)
				slices.Sort(lacking)
				if err != nil || !slices.Equal(lacking, c.lacking) {
					t.Errorf("it lacks %v (%v), want %v", lacking, err, c.lacking)
				}
				d := compared(t, name, db)
				if d.Breaks != c.breaks || !strings.Contains(strings.Join(d.Statements, "\n"), c.says) {
					t.Errorf("got %+v, want %q", d, c.says)
				}
				exec(t, db, d.Statements...)
				if d := compared(t, name, db); len(d.Statements) != 0 {
					t.Errorf("after its statements it lacks %v", d.Statements)
				}
			})
		})
	}
}

// TestTheTriggersThatGuardTheLedgerAreKnown although the schema of ent has none of them, and refuse again after their
// statements.
func TestTheTriggersThatGuardTheLedgerAreKnown(t *testing.T) {
	t.Parallel()
	drops := map[string][]string{
		dialect.SQLite:   {`DROP TRIGGER ledger_entries_stay`, `DROP TRIGGER audit_entries_remain`},
		dialect.Postgres: {`DROP FUNCTION ledger_entries_refuse CASCADE`},
	}
	each(t, func(t *testing.T, name string, db *sql.DB) {
		exec(t, db, drops[name]...)
		lacking, err := migration.Lacking(t.Context(), name, db)
		if err != nil || len(lacking) == 0 || slices.ContainsFunc(lacking, func(s string) bool { return !strings.HasPrefix(s, "trigger ") }) {
			t.Errorf("it lacks %v (%v)", lacking, err)
		}
		d := compared(t, name, db)
		if d.Breaks || len(d.Statements) == 0 {
			t.Errorf("got %+v", d)
		}
		exec(t, db, d.Statements...)
		if d := compared(t, name, db); len(d.Statements) != 0 {
			t.Errorf("after its statements it lacks %v", d.Statements)
		}
	})
}

// TestADatabaseThatDoesNotAnswer is an error, never a database that lacks nothing.
func TestADatabaseThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, name string, db *sql.DB) {
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if d, err := migration.Compare(t.Context(), name, db); err == nil {
			t.Errorf("Compare: got %+v", d)
		}
		if lacking, err := migration.Lacking(t.Context(), name, db); err == nil {
			t.Errorf("Lacking: got %v", lacking)
		}
		if next, err := migration.Next(t.Context(), name, db); err == nil || errors.Is(err, migration.ErrNone) {
			t.Errorf("Next: got %s, %v", next, err)
		}
	})
}
