//go:build !race

package servicetest

// Race reports whether the race detector is on. Suites on SQLite reduce themselves under
// it: the pure Go driver runs 10 to 60 times slower there.
const Race = false
