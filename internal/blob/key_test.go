package blob

import (
	"strings"
	"testing"
)

func TestValidKey(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"a", "a/b/c", "u/019a/art_01j.png", "..a", "a..b", "-", "_", strings.Repeat("a", MaxKeyBytes)} {
		if !ValidKey(key) {
			t.Errorf("%q is refused", key)
		}
	}
	for _, key := range []string{"", "/", "/a", "a/", "a//b", ".", "..", "a/..", "./a", "a/../b", "A", "a b", "a?b", "a%", "é", "a\n", "a\x00", strings.Repeat("a", MaxKeyBytes+1)} {
		if ValidKey(key) {
			t.Errorf("%q is taken", key)
		}
	}
}

func TestCheckPrefix(t *testing.T) {
	t.Parallel()
	for prefix, fits := range map[string]bool{
		"": true, "a": true, "a/": true, "a/b": true, "/": false, "a//": false, "..": false, "a/../": false, "A": false,
	} {
		if err := CheckPrefix(prefix); (err == nil) != fits {
			t.Errorf("%q: %v", prefix, err)
		}
	}
}

func TestMalformedKeysAreNotRepeated(t *testing.T) {
	t.Parallel()
	if err := CheckKey("Secret\n"); err == nil || strings.Contains(err.Error(), "Secret") {
		t.Errorf("got %v", err)
	}
}

func TestContentTypes(t *testing.T) {
	t.Parallel()
	for value, fits := range map[string]bool{
		"image/png": true, "text/plain; charset=utf-8": true, "application/vnd.x+json": true,
		"": false, "png": false, "image/": false, "image/png;": false, "Image/PNG": false, "image/png; q=\"a\nb\"": false,
		"image/" + strings.Repeat("x", MaxTypeBytes): false,
	} {
		if err := (PutOptions{ContentType: value}).Check(); (err == nil) != fits {
			t.Errorf("%q: %v", value, err)
		}
	}
}
