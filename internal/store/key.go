package store

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
)

// maxKey is the longest idempotency key, in bytes.
const maxKey = 128

// validKey reports whether a key is 1 to maxKey printable ASCII characters, which every log and index can
// store.
func validKey(key string) bool {
	if key == "" || len(key) > maxKey {
		return false
	}
	for i := range len(key) {
		if key[i] < ' ' || key[i] > '~' {
			return false
		}
	}
	return true
}

// inputHash is the SHA-256 of the input's JSON with sorted names, so that it does not depend on the order of
// a struct's fields. Numbers are not decoded as float64, which would make large integers equal.
func inputHash(input any) (string, error) {
	raw, err := json.Marshal(input)
	if err != nil {
		return "", err
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return "", err
	}
	if raw, err = json.Marshal(value); err != nil {
		return "", err
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:]), nil
}
