package servicetest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/lib/pq"
)

// adminTimeout bounds one statement on the server's own database, also behind a long queue of others.
const adminTimeout = 2 * time.Minute

// newDatabase copies template for the test and returns the copy's URL.
func newDatabase(tb testing.TB, admin, template string) string {
	tb.Helper()
	name := databaseName(tb.Name())
	err := execute(admin, "CREATE DATABASE "+pq.QuoteIdentifier(name)+" TEMPLATE "+pq.QuoteIdentifier(template))
	if err != nil {
		tb.Fatalf("create database: %v", err)
	}
	tb.Cleanup(func() {
		if err := dropDatabase(admin, name); err != nil {
			tb.Errorf("drop database: %v", err)
		}
	})
	return withDatabase(admin, name)
}

// databaseName is unique, names its owner, and fits the 63 bytes Postgres keeps of a name.
func databaseName(test string) string {
	const readable = 40
	name := strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' || '0' <= r && r <= '9' {
			return r
		}
		return '_'
	}, strings.ToLower(test))
	return "weav_" + name[:min(len(name), readable)] + "_" + strings.ToLower(rand.Text()[:10])
}

// ensureTemplate returns the name of a database that migrate has prepared and nobody can
// connect to. An advisory lock lets one process prepare it while the others wait.
func ensureTemplate(admin, name string, migrate func(url string) error) (string, error) {
	sum := sha256.Sum256([]byte(name))
	template := "weav_template_" + hex.EncodeToString(sum[:8])
	return template, withAdmin(admin, func(ctx context.Context, conn *sql.Conn) error {
		if ready, err := templateReady(ctx, conn, template); ready || err != nil {
			return err
		}
		if _, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock(hashtext($1))", template); err != nil {
			return fmt.Errorf("lock: %w", err)
		}
		// The lock goes with the connection.
		if ready, err := templateReady(ctx, conn, template); ready || err != nil {
			return err
		}
		return makeTemplate(ctx, conn, admin, template, migrate)
	})
}

// templateReady relies on the mark that makeTemplate sets last: a database without it is the rest
// of an attempt that failed.
func templateReady(ctx context.Context, conn *sql.Conn, template string) (bool, error) {
	var ready bool
	const query = "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1 AND datistemplate)"
	if err := conn.QueryRowContext(ctx, query, template).Scan(&ready); err != nil {
		return false, fmt.Errorf("look for the template: %w", err)
	}
	return ready, nil
}

func makeTemplate(ctx context.Context, conn *sql.Conn, admin, template string, migrate func(string) error) error {
	quoted := pq.QuoteIdentifier(template)
	for _, statement := range []string{
		"DROP DATABASE IF EXISTS " + quoted + " WITH (FORCE)",
		"CREATE DATABASE " + quoted,
	} {
		if _, err := conn.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("create the template: %w", err)
		}
	}
	if err := migrate(withDatabase(admin, template)); err != nil {
		return err // What it left has no mark, so the next one drops it.
	}
	_, err := conn.ExecContext(ctx, "ALTER DATABASE "+quoted+" WITH IS_TEMPLATE true ALLOW_CONNECTIONS false")
	if err != nil {
		return fmt.Errorf("mark the template: %w", err)
	}
	return nil
}

func dropDatabase(admin, name string) error {
	return execute(admin, "DROP DATABASE IF EXISTS "+pq.QuoteIdentifier(name)+" WITH (FORCE)")
}

func execute(admin, statement string) error {
	return withAdmin(admin, func(ctx context.Context, conn *sql.Conn) error {
		_, err := conn.ExecContext(ctx, statement)
		return err
	})
}

// withAdmin runs do on a connection of its own to the server's own database.
func withAdmin(admin string, do func(ctx context.Context, conn *sql.Conn) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), adminTimeout)
	defer cancel()
	db, err := sql.Open("postgres", admin)
	if err != nil {
		return fmt.Errorf("open Postgres: %w", err)
	}
	defer func() { _ = db.Close() }() // Nothing is pending on it.
	conn, err := db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("connect to Postgres: %w", err)
	}
	defer func() { _ = conn.Close() }() // Closing db ends it.
	return do(ctx, conn)
}

// withDatabase is the URL of another database of the same server.
func withDatabase(admin, name string) string {
	u, err := url.Parse(admin)
	if err != nil {
		return admin // It was connected to with this URL before.
	}
	u.Path = "/" + name
	query := u.Query()
	query.Set("connect_timeout", "60") // A machine under load takes more than the 5 s of the program's default.
	u.RawQuery = query.Encode()
	return u.String()
}
