// Package seal keeps secrets that have to be read again, such as people's own keys of providers: AES-256-GCM with a key
// from a file, so that a copy of the database alone tells nothing.
//
// A ring has one or more keys. The first seals, all open: a key is rotated by putting a new one first, having everything
// sealed anew (IsFresh), and then taking the old one away.
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

// keyBytes is the length of a key: AES-256.
const keyBytes = 32

// keyName is what a key may be called.
var keyName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,31}$`)

// ErrUnsealable says that something was not sealed for this by any key of the ring, or was changed since.
var ErrUnsealable = errors.New("seal: it cannot be opened")

// Ring seals and opens. It is safe for concurrent use.
type Ring struct {
	first string
	keys  map[string]cipher.AEAD
}

// Parse reads a ring: on each line a name and 32 bytes in Base64, parted by blanks. Empty lines and those that begin with
// # are skipped. Errors tell the line, never what is on it.
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

// Generate makes the text of a ring with one fresh key.
func Generate(name string) string {
	raw := make([]byte, keyBytes)
	_, _ = rand.Read(raw) // It never fails: the program would end.
	return name + " " + base64.StdEncoding.EncodeToString(raw) + "\n"
}

// Seal seals a secret for a purpose: it opens for that alone, so what is sealed for one person is of no use in the row of
// another.
func (r *Ring) Seal(secret, purpose string) string {
	box := r.keys[r.first].Seal(nil, nil, []byte(secret), []byte(purpose))
	return r.first + ":" + base64.RawStdEncoding.EncodeToString(box)
}

// Open opens what was sealed for a purpose, or answers ErrUnsealable.
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

// IsFresh says whether something was sealed by the first key; all else is to be sealed anew.
func (r *Ring) IsFresh(sealed string) bool { return strings.HasPrefix(sealed, r.Prefix()) }

// Prefix begins all that the first key sealed.
func (r *Ring) Prefix() string { return r.first + ":" }
