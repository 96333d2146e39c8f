// Package seal encrypts secrets that must be read again, such as users' provider keys: AES-256-GCM with a key
// from a file. A copy of the database alone reveals nothing.
//
// A ring has one or more keys. The first one seals, all of them open. A key is rotated by putting a new one
// first, sealing everything again (IsFresh), and then removing the old one.
package seal

import (
	"bufio"
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// keyBytes is the length of an AES-256 key.
const keyBytes = 32

// keyName is what a key may be called.
var keyName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,31}$`)

// ErrUnsealable means that no key of the ring sealed the value for this purpose, or that it was changed
// since.
var ErrUnsealable = errors.New("seal: it cannot be opened")

// Ring seals and opens. It is safe for concurrent use.
type Ring struct {
	first string
	keys  map[string]cipher.AEAD
}

// Parse reads a ring: on each line a name and 32 bytes in Base64, separated by blanks. Empty lines and those
// that begin with # are skipped. Errors name the line, never its content.
func Parse(text string) (*Ring, error) {
	r := &Ring{keys: map[string]cipher.AEAD{}}
	lines := bufio.NewScanner(strings.NewReader(text))
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if err := r.add(strings.Fields(line)); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	if r.first == "" {
		return nil, errors.New("there is no key: give at least one line with a name and 32 bytes in Base64")
	}
	return r, nil
}

// add adds the key of one line. A key of 32 equal bytes is refused, since it is a placeholder and not random.
func (r *Ring) add(fields []string) error {
	if len(fields) != 2 || !keyName.MatchString(fields[0]) {
		return errors.New("a line has a name (1 to 32 of a-z, 0-9 and -) and a key, parted by a blank")
	}
	raw, err := base64.StdEncoding.DecodeString(fields[1])
	if err != nil || len(raw) != keyBytes {
		return errors.New("the key must be 32 bytes in Base64 (openssl rand -base64 32)")
	}
	if bytes.Count(raw, raw[:1]) == len(raw) {
		return errors.New("the key is the same byte 32 times, which anybody guesses: make a random one (openssl rand -base64 32)")
	}
	name := fields[0]
	if _, ok := r.keys[name]; ok {
		return errors.New("there is a key of this name already")
	}
	block, err := aes.NewCipher(raw)
	if err != nil {
		return fmt.Errorf("seal: %w", err)
	}
	if r.keys[name], err = cipher.NewGCMWithRandomNonce(block); err != nil {
		return fmt.Errorf("seal: %w", err)
	}
	if r.first == "" {
		r.first = name
	}
	return nil
}

// Generate returns the text of a ring with one random key.
func Generate(name string) string {
	raw := make([]byte, keyBytes)
	_, _ = rand.Read(raw) // It never returns an error: crypto/rand ends the program instead.
	return name + " " + base64.StdEncoding.EncodeToString(raw) + "\n"
}

// Seal encrypts a secret for a purpose. The purpose is authenticated with it, so a value that is copied into
// the row of another user does not open there.
func (r *Ring) Seal(secret, purpose string) string {
	box := r.keys[r.first].Seal(nil, nil, []byte(secret), []byte(purpose))
	return r.first + ":" + base64.RawStdEncoding.EncodeToString(box)
}

// Open decrypts what was sealed for a purpose, or returns ErrUnsealable. All failures are alike, so that the
// error does not reveal which check failed.
func (r *Ring) Open(sealed, purpose string) (string, error) {
	name, text, _ := strings.Cut(sealed, ":")
	key, ok := r.keys[name]
	if !ok {
		return "", ErrUnsealable
	}
	box, err := base64.RawStdEncoding.DecodeString(text)
	if err != nil {
		return "", ErrUnsealable
	}
	secret, err := key.Open(nil, nil, box, []byte(purpose))
	if err != nil {
		return "", ErrUnsealable
	}
	return string(secret), nil
}

// IsFresh reports whether a value was sealed by the first key; all others are to be sealed again.
func (r *Ring) IsFresh(sealed string) bool { return strings.HasPrefix(sealed, r.Prefix()) }

// Prefix begins every value that the first key sealed.
func (r *Ring) Prefix() string { return r.first + ":" }
