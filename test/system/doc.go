// Package systemtest keeps the promises of the stream against the whole system: real processes of
// the built binary over Postgres and Redis, some of which the tests kill, freeze and restart;
// and, where the promise holds there too, the embedded mode in process.
package systemtest
