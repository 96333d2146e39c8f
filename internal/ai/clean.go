package ai

import "strings"

// replacement stands for what a text may not hold.
const replacement = "\uFFFD"

// CleanText returns what a delta may hold of s: U+0000, which Postgres cannot store,
// and each run of bytes that is no UTF-8 become U+FFFD. An adapter that reads raw bytes joins
// code points split between reads before it calls this.
func CleanText(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, replacement), "\x00", replacement)
}
