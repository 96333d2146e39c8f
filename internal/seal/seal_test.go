package seal_test

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"github.com/weav-ai/weav/internal/seal"
)

const secret, purpose = "sk-the-secret", "user_1/openai"

func ring(t *testing.T, text string) *seal.Ring {
	t.Helper()
	r, err := seal.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestASecretOpensForItsPurposeAlone(t *testing.T) {
	t.Parallel()
	r := ring(t, seal.Generate("one"))
	sealed := r.Seal(secret, purpose)
	if strings.Contains(sealed, "secret") || sealed == r.Seal(secret, purpose) {
		t.Errorf("sealed as %q, twice alike", sealed)
	}
	if got, err := r.Open(sealed, purpose); got != secret || err != nil {
		t.Errorf("opened %q, %v", got, err)
	}
	if got, err := r.Open(sealed, "user_2/openai"); got != "" || !errors.Is(err, seal.ErrUnsealable) {
		t.Errorf("opened for another: %q, %v", got, err)
	}
}

func TestWhatWasChangedDoesNotOpen(t *testing.T) {
	t.Parallel()
	r := ring(t, seal.Generate("one"))
	sealed := r.Seal(secret, purpose)
	name, text, _ := strings.Cut(sealed, ":")
	box, err := base64.RawStdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	for i := range box {
		box[i] ^= 1
		if got, err := r.Open(name+":"+base64.RawStdEncoding.EncodeToString(box), purpose); err == nil {
			t.Fatalf("byte %d changed, and it opens as %q", i, got)
		}
		box[i] ^= 1
	}
	for _, bad := range []string{"", "one", "one:", ":" + text, "two:" + text, "one:%%%", sealed[:len(sealed)-4]} {
		if got, err := r.Open(bad, purpose); !errors.Is(err, seal.ErrUnsealable) {
			t.Errorf("%q opens as %q, %v", bad, got, err)
		}
	}
}

// TestKeysAreRotated: a new key is put first, values of the old one open and are recognized, and the old one may be removed
// once nothing is left of it.
func TestKeysAreRotated(t *testing.T) {
	t.Parallel()
	before, after := seal.Generate("a"), seal.Generate("b")
	old := ring(t, before).Seal(secret, purpose)
	both := ring(t, "# the new one\n"+after+"\n"+before)
	if got, err := both.Open(old, purpose); got != secret || err != nil {
		t.Fatalf("opened %q, %v", got, err)
	}
	resealed := both.Seal(secret, purpose)
	if both.IsFresh(old) || !both.IsFresh(resealed) {
		t.Errorf("old is fresh: %t, new: %t", both.IsFresh(old), both.IsFresh(resealed))
	}
	alone := ring(t, after)
	if got, err := alone.Open(resealed, purpose); got != secret || err != nil {
		t.Errorf("opened %q, %v", got, err)
	}
	if _, err := alone.Open(old, purpose); !errors.Is(err, seal.ErrUnsealable) {
		t.Errorf("opened without its key: %v", err)
	}
}

func TestMalformedRingsAreRefused(t *testing.T) {
	t.Parallel()
	good := strings.TrimSpace(seal.Generate("one"))
	short := base64.StdEncoding.EncodeToString(make([]byte, 16))
	for name, text := range map[string]string{
		"empty": "", "a comment": "# " + good, "no name": strings.Fields(good)[1], "a name alone": "one",
		"a strange name": "One " + strings.Fields(good)[1], "too short": "one " + short, "no Base64": "one hidden!", "twice": good + "\n" + good,
		"three fields": good + " more",
	} {
		r, err := seal.Parse(text)
		if err == nil {
			t.Errorf("%s is a ring: %v", name, r)
			continue
		}
		if strings.Contains(err.Error(), "hidden") || strings.Contains(err.Error(), strings.Fields(good)[1]) {
			t.Errorf("%s: the error contains the key: %v", name, err)
		}
	}
}
