package app

import (
	"bytes"
	"strings"
)

const (
	// leastDistinct is how many different bytes a random secret has at the least: 32 random hexadecimal digits have fewer
	// than 8 once in some million times.
	leastDistinct = 8
	// mostSteps is the share of equal steps between neighbours, in percent, beyond which a text is a row such as abcdef.
	mostSteps = 60
)

// placeholders are values that examples have in place of a secret.
var placeholders = []string{
	"changeme", "changethis", "replaceme", "replacethis", "yoursecret", "your256bitsecret", "secretkey", "djangoinsecure", "placeholder",
	"password", "supersecret", "astringsecretatleast",
}

// weakness says why a secret can be guessed; empty when nothing speaks for it.
func weakness(secret []byte) string {
	switch {
	case distinct(secret) < leastDistinct:
		return "it has few different characters"
	case isRepeated(secret):
		return "it repeats itself"
	case isRow(secret):
		return "its characters stand in a row"
	case isPlaceholder(secret):
		return "it is one of an example"
	}
	return ""
}

func distinct(secret []byte) int {
	seen := map[byte]bool{}
	for _, b := range secret {
		seen[b] = true
	}
	return len(seen)
}

// isRepeated says whether all of a secret is its beginning, again and again.
func isRepeated(secret []byte) bool {
	for n := 1; n <= len(secret)/2; n++ {
		if bytes.Equal(secret[n:], secret[:len(secret)-n]) {
			return true
		}
	}
	return false
}

func isRow(secret []byte) bool {
	steps := map[byte]int{}
	for i := 1; i < len(secret); i++ {
		steps[secret[i]-secret[i-1]]++
	}
	for _, n := range steps {
		if n*100 > mostSteps*(len(secret)-1) {
			return true
		}
	}
	return false
}

func isPlaceholder(secret []byte) bool {
	bare := strings.NewReplacer("-", "", "_", "", " ", "", ".", "").Replace(strings.ToLower(string(secret)))
	for _, p := range placeholders {
		if strings.Contains(bare, p) {
			return true
		}
	}
	return false
}
