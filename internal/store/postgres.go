package store

import (
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"time"

	entsql "entgo.io/ent/dialect/sql"
	"github.com/lib/pq"

	"github.com/weav-ai/weav/ent"
)

// idleFor is how long an unused connection to Postgres stays open.
const idleFor = 5 * time.Minute

// errBadURL replaces parse errors, which contain the URL with its password.
var errBadURL = errors.New("the database URL cannot be read")

// openPostgres opens the pool. All connections stay open for a while, because opening one costs several round
// trips.
func (s *Store) openPostgres() error {
	db, err := postgresPool(s.url, map[string]string{
		"statement_timeout": milliseconds(s.opts.statementTimeout),
		// A transaction of a process that hangs must not hold its row locks for long.
		"idle_in_transaction_session_timeout": milliseconds(6 * s.opts.statementTimeout),
	})
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(s.opts.maxConns)
	db.SetMaxIdleConns(s.opts.maxConns)
	db.SetConnMaxIdleTime(idleFor)
	s.db, s.dialect = db, Postgres
	s.client = ent.NewClient(ent.Driver(unavailableDriver{entsql.OpenDB(Postgres, db)}))
	return nil
}

// postgresPool opens a lib/pq pool; parameters of the URL take precedence over settings.
func postgresPool(rawURL string, settings map[string]string) (*sql.DB, error) {
	u, err := url.Parse(rawURL)
	if err != nil {
		return nil, errBadURL
	}
	query := u.Query()
	setDefault(query, "application_name", "weav")
	setDefault(query, "connect_timeout", "5")
	query.Set("TimeZone", "UTC") // Times are returned in the session's time zone.
	for name, value := range settings {
		setDefault(query, name, value)
	}
	u.RawQuery = query.Encode()
	connector, err := pq.NewConnector(u.String())
	if err != nil {
		return nil, fmt.Errorf("postgres: %w", err)
	}
	return sql.OpenDB(connector), nil
}

func setDefault(query url.Values, name, value string) {
	if !query.Has(name) {
		query.Set(name, value)
	}
}

func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }
