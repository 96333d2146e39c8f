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

// The prefixes of keys, by which scanners for leaked secrets recognise them.
const (
	livePrefix = "weav_live_"
	testPrefix = "weav_test_"
)

const (
	// secretBytes is the entropy of a key: 256 bits cannot be guessed.
	secretBytes = 32
	// hintChars is how many of its last characters the user sees later.
	hintChars = 4
)

// IsKey reports whether a token has the form of a key, as opposed to that of a session.
func IsKey(token string) bool {
	return strings.HasPrefix(token, livePrefix) || strings.HasPrefix(token, testPrefix)
}

// newSecret makes a key: prefix, random bytes, and a checksum that detects typing errors without a query.
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

// checksum is CRC-32, as in the tokens of GitHub. It detects errors and proves nothing.
func checksum(body string) string { return fmt.Sprintf("%08x", crc32.ChecksumIEEE([]byte(body))) }

// isWhole reports whether a token has the length and checksum of a key.
func isWhole(token string) bool {
	const sumChars = 8
	length := len(livePrefix) + base64.RawURLEncoding.EncodedLen(secretBytes) + sumChars
	if len(token) != length {
		return false
	}
	body := token[:length-sumChars]
	return checksum(body) == token[length-sumChars:]
}

// hashOf is the stored form of a key. It needs no salt and no slow hash, because a key is random and long.
func hashOf(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}
