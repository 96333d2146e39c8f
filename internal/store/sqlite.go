package store

import (
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	entsql "entgo.io/ent/dialect/sql"
	_ "modernc.org/sqlite" // The driver "sqlite".

	"github.com/weav-ai/weav/ent"
)

// openSQLite opens the file, whose writes go through the gate.
func (s *Store) openSQLite() error {
	path, err := sqlitePath(s.url)
	if err != nil {
		return err
	}
	if err := makePrivate(path); err != nil {
		return err
	}
	db, err := sqlitePool(path, s.opts.lockWait, "foreign_keys(1)")
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(s.opts.maxConns)
	db.SetMaxIdleConns(s.opts.maxConns)
	s.db, s.dialect, s.gate = db, SQLite, newGate()
	s.client = ent.NewClient(ent.Driver(&gatedDriver{Driver: entsql.OpenDB(SQLite, db), db: db, gate: s.gate}))
	return nil
}

// makePrivate creates the file and its folder if necessary, readable by their owner only. SQLite gives its
// other files the same rights.
func makePrivate(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	return file.Close()
}

// sqlitePath reads sqlite:path; sqlite:///path is accepted for an absolute path.
func sqlitePath(rawURL string) (string, error) {
	path := strings.TrimPrefix(rawURL, "sqlite:")
	if rest, ok := strings.CutPrefix(path, "///"); ok {
		path = "/" + rest
	}
	switch {
	case path == "" || strings.HasPrefix(path, "//"):
		return "", errors.New("want sqlite:path/to/file.db")
	case strings.HasPrefix(path, ":memory:"):
		return "", errors.New("sqlite::memory: is not offered: every connection would have a database of its own")
	case strings.ContainsRune(path, '?'):
		return "", errors.New("a sqlite: URL takes no parameters")
	}
	return path, nil
}

// sqlitePool opens a pool on a file. Transactions take the write lock when they begin: one that takes it
// later fails at once if another one wrote meanwhile. Times are written in UTC in one format, so that they
// compare as text.
func sqlitePool(path string, lockWait time.Duration, pragmas ...string) (*sql.DB, error) {
	return sqliteFile(path, url.Values{
		"_txlock":      {"immediate"},
		"_time_format": {"sqlite"},
		"_timezone":    {"UTC"},
		"_pragma": append([]string{
			fmt.Sprintf("busy_timeout(%d)", lockWait.Milliseconds()),
			// WAL lets readers work beside a writer; with it, NORMAL survives a crash of the process, and a
			// power failure costs at most the last commits.
			"journal_mode(WAL)",
			"synchronous(NORMAL)",
		}, pragmas...),
	})
}

func sqliteFile(path string, query url.Values) (*sql.DB, error) {
	return sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?"+query.Encode())
}

// SQLite is the embedded database, for what works on the queue beside the store; nil on Postgres.
func (s *Store) SQLite() *sql.DB {
	if s.dialect != SQLite {
		return nil
	}
	return s.db
}
