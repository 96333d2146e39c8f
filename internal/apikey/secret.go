package apikey

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"strings"
)

// The beginnings of keys, by which scanners of leaked secrets know them.
const (
	livePrefix = "weav_live_"
	testPrefix = "weav_test_"
)

const (
	// secretBytes is the randomness of a key: nobody guesses 256 bits.
	secretBytes = 32
	// hintChars is how much of a key its person is shown later.
	hintChars = 4
)

// IsKey says whether a token has the form of a key, and not of a session's.
func IsKey(token string) bool {
	return strings.HasPrefix(token, livePrefix) || strings.HasPrefix(token, testPrefix)
}

// newSecret makes a key: its beginning, its randomness, and a checksum, so that a typing error is told apart offline.
func newSecret(isTest bool) string {
	raw := make([]byte, secretBytes)
	rand.Read(raw)
	prefix := livePrefix
	if isTest {
		prefix = testPrefix
	}
	body := prefix + base64.RawURLEncoding.EncodeToString(raw)
	return body + checksum(body)
}

func checksum(body string) string { return fmt.Sprintf("%08x", crc32.ChecksumIEEE([]byte(body))) }

// isWhole says whether a token has a key's length and checksum.
func isWhole(token string) bool {
	const sumChars = 8
	length := len(livePrefix) + base64.RawURLEncoding.EncodedLen(secretBytes) + sumChars
	if len(token) != length {
		return false
	}
	body := token[:length-sumChars]
	return checksum(body) == token[length-sumChars:]
}

// hashOf is what is kept of a key. A hash without salt will do: what it hides is random and long.
func hashOf(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}
