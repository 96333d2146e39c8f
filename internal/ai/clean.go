package ai

import "strings"

// replacement replaces what a text may not contain.
const replacement = "\uFFFD"

// CleanText returns s as a delta may contain it: U+0000, which Postgres cannot store, and each run of invalid
// UTF-8 become U+FFFD. An adapter that reads raw bytes must join code points that were split between reads
// before it calls this.
func CleanText(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, replacement), "\x00", replacement)
}
