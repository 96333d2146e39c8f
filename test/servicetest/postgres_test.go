package servicetest

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	_ "github.com/lib/pq" // The driver of the URLs.
)

func TestPostgresGivesEachTestAnEmptyDatabase(t *testing.T) {
	t.Parallel()
	first, second := open(t, Postgres(t)), open(t, Postgres(t))
	exec(t, first, "CREATE TABLE notes (body text)")
	if n := count(t, second, "FROM pg_tables WHERE schemaname = 'public'"); n != 0 {
		t.Errorf("the second database has %d tables, want none", n)
	}
}

func TestPostgresDropsTheDatabaseAfterTheTest(t *testing.T) {
	t.Parallel()
	var name string
	t.Run("user", func(t *testing.T) {
		db := open(t, Postgres(t))
		if err := db.QueryRow("SELECT current_database()").Scan(&name); err != nil {
			t.Fatal(err)
		}
	})
	admin := open(t, sharedPostgres.url(t))
	if n := count(t, admin, "FROM pg_database WHERE datname = $1", name); n != 0 {
		t.Errorf("%s is still there", name)
	}
}

func TestPostgresKnowsLettersOfEveryScript(t *testing.T) {
	t.Parallel()
	var lower string
	db := open(t, Postgres(t))
	if err := db.QueryRow("SELECT lower('ÄÉЖ') || substring('한국어' FROM 2 FOR 1)").Scan(&lower); err != nil {
		t.Fatal(err)
	}
	if lower != "äéж국" {
		t.Errorf("got %q", lower)
	}
}

func TestPostgresTemplateMigratesOnce(t *testing.T) {
	t.Parallel()
	var migrated atomic.Int32
	migrate := func(url string) error {
		migrated.Add(1)
		return migrateNotes(url)
	}
	name := databaseName(t.Name()) // The server may know the name from an earlier run.
	var copies sync.WaitGroup
	for range 8 {
		copies.Go(func() {
			db := open(t, PostgresTemplate(t, name, migrate))
			exec(t, db, "INSERT INTO notes VALUES ('mine')")
			if n := count(t, db, "FROM notes"); n != 2 {
				t.Errorf("a copy has %d notes, want the template's and its own", n)
			}
		})
	}
	copies.Wait()
	if n := migrated.Load(); n != 1 {
		t.Errorf("migrated %d times, want once", n)
	}
}

func TestTemplateIsMadeAgainAfterAFailure(t *testing.T) {
	t.Parallel()
	admin, name := sharedPostgres.url(t), databaseName(t.Name())
	broken := errors.New("broken")
	if _, err := ensureTemplate(admin, name, func(string) error { return broken }); !errors.Is(err, broken) {
		t.Fatalf("got %v, want the migration's own error", err)
	}
	db := open(t, PostgresTemplate(t, name, migrateNotes))
	if n := count(t, db, "FROM notes"); n != 1 {
		t.Errorf("the copy has %d notes, want 1", n)
	}
}

func TestDatabaseNameFitsPostgres(t *testing.T) {
	t.Parallel()
	name := databaseName("TestStore/한국어/" + strings.Repeat("long", 30))
	if len(name) > 63 || !strings.HasPrefix(name, "weav_teststore_") {
		t.Errorf("got %q (%d bytes)", name, len(name))
	}
}

func migrateNotes(url string) error {
	db, err := sql.Open("postgres", url)
	if err != nil {
		return err
	}
	_, err = db.Exec("CREATE TABLE notes (body text); INSERT INTO notes VALUES ('from the template')")
	return errors.Join(err, db.Close())
}

func open(t *testing.T, url string) *sql.DB {
	t.Helper()
	db, err := sql.Open("postgres", url)
	if err != nil {
		t.Error(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func exec(t *testing.T, db *sql.DB, statement string) {
	t.Helper()
	if _, err := db.Exec(statement); err != nil {
		t.Error(err)
	}
}

func count(t *testing.T, db *sql.DB, from string, args ...any) int {
	t.Helper()
	n := -1
	if err := db.QueryRow(fmt.Sprintf("SELECT count(*) %s", from), args...).Scan(&n); err != nil {
		t.Error(err)
	}
	return n
}
