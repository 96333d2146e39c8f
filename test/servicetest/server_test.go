package servicetest

import (
	"errors"
	"testing"

	"github.com/redis/go-redis/v9"
)

func TestPostgresServerKeepsCommitsOverFaults(t *testing.T) {
	t.Parallel()
	server := PostgresServer(t)
	exec(t, open(t, server.URL()), "CREATE TABLE notes (body text)")
	faults := []struct {
		name   string
		strike func()
	}{
		{"killed and restarted", server.Restart},
		{"stopped and started", func() { server.Stop(); server.Start() }},
		{"killed, then started", func() { server.Kill(); server.Start() }},
	}
	for i, fault := range faults {
		url := server.URL()
		exec(t, open(t, url), "INSERT INTO notes VALUES ('kept')")
		fault.strike()
		if n := count(t, open(t, url), "FROM notes"); n != i+1 {
			t.Errorf("%s: %d notes, want %d", fault.name, n, i+1)
		}
	}
}

func TestPostgresServerRefusesWhileDown(t *testing.T) {
	t.Parallel()
	server := PostgresServer(t)
	server.Kill()
	if err := open(t, server.URL()).Ping(); err == nil {
		t.Error("a killed server answers")
	}
	server.Start()
	if err := open(t, server.URL()).Ping(); err != nil {
		t.Error(err)
	}
}

// A session outlives its postmaster for a while when that alone is killed, and may still commit.
func TestAKilledPostgresTakesItsSessionsAlong(t *testing.T) {
	t.Parallel()
	for range Rounds() {
		server := PostgresServer(t)
		db := open(t, server.URL())
		exec(t, db, "CREATE TABLE notes (body text)")
		tx, err := db.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		server.Kill()
		if _, err := tx.ExecContext(t.Context(), "INSERT INTO notes VALUES ('lost')"); err == nil {
			t.Error("a session of the killed server still answers")
		}
		if err := tx.Commit(); err == nil {
			t.Error("a session of the killed server still commits")
		}
	}
}

func TestRedisIsPrivateToATest(t *testing.T) {
	t.Parallel()
	first, second := redisClient(t, Redis(t)), redisClient(t, Redis(t))
	if err := first.Set(t.Context(), "key", "value", 0).Err(); err != nil {
		t.Fatal(err)
	}
	if err := second.Get(t.Context(), "key").Err(); !errors.Is(err, redis.Nil) {
		t.Errorf("got %v, want no such key", err)
	}
	heard, err := second.Publish(t.Context(), "topic", "x").Result()
	if err != nil || heard != 0 {
		t.Errorf("published to %d listeners (%v), want none", heard, err)
	}
}

func TestRedisServerForgetsOverARestart(t *testing.T) {
	t.Parallel()
	server := RedisServer(t)
	if err := redisClient(t, server.URL()).Set(t.Context(), "key", "value", 0).Err(); err != nil {
		t.Fatal(err)
	}
	server.Restart()
	if err := redisClient(t, server.URL()).Get(t.Context(), "key").Err(); !errors.Is(err, redis.Nil) {
		t.Errorf("got %v, want no such key", err)
	}
}

func redisClient(t *testing.T, url string) *redis.Client {
	t.Helper()
	opts, err := redis.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	client := redis.NewClient(opts)
	t.Cleanup(func() { _ = client.Close() })
	return client
}
