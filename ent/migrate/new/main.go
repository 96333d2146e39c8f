// Command new writes the next migration of each dialect from the ent schema:
//
//	go run ./ent/migrate/new add_folder_color
//
// It runs in the module's root. It applies the migrations there are to an empty SQLite file and
// an empty Postgres, and writes what the databases then lack. Read what it wrote before you commit
// it: renamed columns, for one, look like one removed and one added. A dialect that lacks nothing
// gets no file. Postgres is one it starts for itself, or the empty database -postgres names.
//
//	go run ./ent/migrate/new -hash
//
// adds the lines of new migrations to ent/migrate/hashes.txt, as the first form does too. Use it for a
// migration that was written or completed by hand. It refuses to change the line of one that has
// been committed before: that needs a new migration.
package main

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"time"

	_ "github.com/lib/pq"
	_ "modernc.org/sqlite"

	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/store/migration"
	"github.com/weav-ai/weav/test/servicetest/localserver"
)

var nameForm = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

func main() {
	log.SetFlags(0)
	postgres := flag.String("postgres", "", "`URL` of an empty Postgres database to use instead of a new server")
	hash := flag.Bool("hash", false, "add the hashes of new migrations, and write none")
	flag.Parse()
	if *hash {
		if err := addHashes(os.DirFS("ent/migrate"), hashFile, committed); err != nil {
			log.Fatal(err)
		}
		return
	}
	if flag.NArg() != 1 || !nameForm.MatchString(flag.Arg(0)) {
		log.Fatal("usage: go run ./ent/migrate/new [-postgres URL] name_of_the_change")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	name := time.Now().UTC().Format("20060102150405") + "_" + flag.Arg(0) + ".sql"
	err := errors.Join(nextSQLite(ctx, name), nextPostgres(ctx, name, *postgres))
	stop()
	if err == nil {
		err = addHashes(os.DirFS("ent/migrate"), hashFile, committed)
	}
	if err != nil {
		log.Fatal(err)
	}
}

func nextSQLite(ctx context.Context, name string) error {
	dir, err := os.MkdirTemp("", "weav-migration-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }() // The system's temporary folder.
	path := filepath.Join(dir, "scratch.db")
	return next(ctx, target{
		folder: "ent/migrate/sqlite", dialect: store.SQLite,
		url: "sqlite:" + path, driver: "sqlite", source: "file:" + path + "?_pragma=foreign_keys(1)",
	}, name)
}

func nextPostgres(ctx context.Context, name, url string) error {
	if url == "" {
		server, err := localserver.Postgres()
		if err != nil {
			return err
		}
		defer func() { _ = server.Close() }() // It holds nothing of worth.
		url = server.URL()
	}
	return next(ctx, target{
		folder: "ent/migrate/postgres", dialect: store.Postgres,
		url: url, driver: "postgres", source: url,
	}, name)
}

// target is a database to compare, as the store and as its driver name it.
type target struct{ folder, dialect, url, driver, source string }

func next(ctx context.Context, t target, name string) error {
	st, err := store.Open(ctx, t.url)
	if err != nil {
		return err
	}
	defer func() { _ = st.Close() }() // The database is scratch.
	if err := st.Migrate(ctx); err != nil {
		return err
	}
	db, err := sql.Open(t.driver, t.source)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	content, err := migration.Next(ctx, t.dialect, db)
	if errors.Is(err, migration.ErrNone) {
		fmt.Printf("%s: nothing to do\n", t.folder)
		return nil
	}
	if err != nil {
		return err
	}
	file := filepath.Join(t.folder, name)
	fmt.Println(file)
	return os.WriteFile(file, content, 0o644)
}
