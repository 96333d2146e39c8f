// Package blobtest is the contract of blob.Bucket as a test suite, with helpers for the adapters' own tests.
package blobtest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/weav-ai/weav/internal/blob"
	"github.com/weav-ai/weav/internal/errs"
)

// Open returns an empty bucket whose signed URLs are reachable, closed at the end of the test.
type Open func(tb testing.TB) blob.Bucket

// Run tests the contract of blob.Bucket.
func Run(t *testing.T, open Open) {
	cases := []struct {
		name string
		test func(*testing.T, blob.Bucket)
	}{
		{"what was put is read", putAndRead},
		{"put replaces", putReplaces},
		{"an unfit body stores nothing", unfitBodies},
		{"a put whose caller leaves stores nothing", cancelledPut},
		{"the body is left alone after put", bodyIsReleased},
		{"parallel puts leave one of them whole", parallelPuts},
		{"malformed arguments are refused", malformedArguments},
		{"what is missing", missing},
		{"delete", deleting},
		{"ranges", ranges},
		{"reading ends with its context", cancelledRead},
		{"a passed deadline is UNAVAILABLE", passedDeadline},
		{"list", listing},
		{"list in the order of keys", listOrder},
		{"list stops where its reader does", listStops},
		{"list many", listMany},
		{"ping", ping},
		{"signed get", signedGet},
		{"signed get of a range", signedRange},
		{"signed get of what is missing", signedGetMissing},
		{"signed get shapes the answer", signedGetShapes},
		{"signed get, changed", signedGetChanged},
		{"signed get expires", signedGetExpires},
		{"signed put", signedPut},
		{"signed put stores once", signedPutOnce},
		{"signed put stores once, in parallel", signedPutRace},
		{"signed put, other than signed", signedPutMismatches},
		{"signed put, cut off", signedPutCut},
		{"signed put expires", signedPutExpires},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.test(t, open(t))
		})
	}
}

// Unavailable checks that err is a store failure in the form for clients: retryable, with a message that
// contains none of the private words.
func Unavailable(tb testing.TB, err error, private ...string) {
	tb.Helper()
	e, ok := errors.AsType[*errs.Error](err)
	if !ok || e.Code != errs.Unavailable || !e.Retryable {
		tb.Errorf("got %v, want UNAVAILABLE, retryable", err)
		return
	}
	for _, word := range append(private, "/", ":", "127.0.0.1") {
		if strings.Contains(e.Message, word) {
			tb.Errorf("the message %q contains %q", e.Message, word)
		}
	}
}

// Content returns n pseudorandom bytes, so that an exchanged part is noticed.
func Content(n int, seed byte) []byte {
	b := make([]byte, n)
	x := uint32(seed)*2654435761 + 1
	for i := range b {
		x = x*1664525 + 1013904223
		b[i] = byte(x >> 24)
	}
	return b
}

// Put stores content or fails the test.
func Put(tb testing.TB, bucket blob.Bucket, key string, content []byte) {
	tb.Helper()
	opt := blob.PutOptions{ContentType: "image/png", Size: int64(len(content))}
	if err := bucket.Put(tb.Context(), key, bytes.NewReader(content), opt); err != nil {
		tb.Errorf("put %s: %v", key, err)
	}
}

// Holds fails the test unless key holds exactly content.
func Holds(tb testing.TB, bucket blob.Bucket, key string, content []byte) {
	tb.Helper()
	got, err := readAll(tb.Context(), bucket, key)
	if err != nil {
		tb.Errorf("read %s: %v", key, err)
	} else if !bytes.Equal(got, content) {
		tb.Errorf("%s holds %d bytes that are not the %d expected", key, len(got), len(content))
	}
}

// Lacks fails the test if there is an object, for reading or in the list.
func Lacks(tb testing.TB, bucket blob.Bucket, key string) {
	tb.Helper()
	if _, err := bucket.Stat(tb.Context(), key); !errors.Is(err, blob.ErrNotExist) {
		tb.Errorf("stat %s: %v, want ErrNotExist", key, err)
	}
	for object, err := range bucket.List(tb.Context(), key) {
		tb.Errorf("listed %q (%v), want nothing", object.Key, err)
	}
}

func readAll(ctx context.Context, bucket blob.Bucket, key string) ([]byte, error) {
	r, _, err := bucket.Open(ctx, key)
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(r)
	return b, errors.Join(err, r.Close())
}
