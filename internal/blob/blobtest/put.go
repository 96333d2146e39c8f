package blobtest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"

	"github.com/weav-ai/weav/internal/blob"
)

// putAndRead includes an object without content, which some stores treat specially.
func putAndRead(t *testing.T, bucket blob.Bucket) {
	for name, size := range map[string]int{"empty": 0, "one": 1, "page": 4096, "big": 1<<20 + 7} {
		content := Content(size, 1)
		Put(t, bucket, "u/1/"+name+".png", content)
		Holds(t, bucket, "u/1/"+name+".png", content)
		object, err := bucket.Stat(t.Context(), "u/1/"+name+".png")
		if err != nil {
			t.Fatal(err)
		}
		if object.Key != "u/1/"+name+".png" || object.Size != int64(size) || object.ContentType != "image/png" {
			t.Errorf("stat reports %+v", object)
		}
		if age := time.Since(object.ModTime); age < -time.Minute || age > time.Minute || object.ModTime.Location() != time.UTC {
			t.Errorf("stored at %v", object.ModTime)
		}
	}
}

// putReplaces replaces an object that is open for reading; its type is replaced with it.
func putReplaces(t *testing.T, bucket blob.Bucket) {
	Put(t, bucket, "a", Content(5000, 1))
	r, _, err := bucket.Open(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	second := Content(100, 2)
	opt := blob.PutOptions{ContentType: `text/plain; charset=utf-8`, Size: int64(len(second))}
	if err := bucket.Put(t.Context(), "a", bytes.NewReader(second), opt); err != nil {
		t.Fatal(err)
	}
	Holds(t, bucket, "a", second)
	object, err := bucket.Stat(t.Context(), "a")
	if err != nil || object.ContentType != opt.ContentType || object.Size != opt.Size {
		t.Errorf("stat reports %+v (%v)", object, err)
	}
}

// unfitBodies puts bodies whose length is not the announced one, or that fail. No object may result, not even a
// part of one, and an existing object stays as it was.
func unfitBodies(t *testing.T, bucket blob.Bucket) {
	broken := errors.New("the source broke")
	content := Content(300_000, 1)
	cases := []struct {
		name string
		body io.Reader
		size int64
		want error
	}{
		{"too-short", bytes.NewReader(content), 300_001, blob.ErrSize},
		{"too-long", bytes.NewReader(content), 299_999, blob.ErrSize},
		{"too-long-by-little-steps", iotest.OneByteReader(bytes.NewReader(content[:100])), 99, blob.ErrSize},
		{"much-too-long", bytes.NewReader(content), 1, blob.ErrSize},
		{"empty", strings.NewReader(""), 1, blob.ErrSize},
		{"not-empty", strings.NewReader("x"), 0, blob.ErrSize},
		{"broken", io.MultiReader(bytes.NewReader(content[:200_000]), iotest.ErrReader(broken)), 300_000, broken},
		{"broken-at-the-end", io.MultiReader(bytes.NewReader(content), iotest.ErrReader(broken)), 300_000, broken},
	}
	Put(t, bucket, "older/too-long", content)
	for _, c := range cases {
		opt := blob.PutOptions{ContentType: "image/png", Size: c.size}
		if err := bucket.Put(t.Context(), "new/"+c.name, c.body, opt); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		}
		Lacks(t, bucket, "new/"+c.name)
	}
	err := bucket.Put(t.Context(), "older/too-long", bytes.NewReader(content[1:]), blob.PutOptions{ContentType: "image/png", Size: 10})
	if !errors.Is(err, blob.ErrSize) {
		t.Errorf("got %v, want ErrSize", err)
	}
	Holds(t, bucket, "older/too-long", content)
}

// cancelledPut cancels in the middle of the body, over a new key and an existing one.
func cancelledPut(t *testing.T, bucket blob.Bucket) {
	content := Content(1<<20, 1)
	Put(t, bucket, "older", content)
	for _, key := range []string{"new", "older"} {
		ctx, cancel := context.WithCancel(t.Context())
		body := io.MultiReader(bytes.NewReader(content[:1<<19]), during(cancel), bytes.NewReader(content[1<<19:]))
		err := bucket.Put(ctx, key, body, blob.PutOptions{ContentType: "image/png", Size: 1 << 20})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: got %v, want context.Canceled", key, err)
		}
	}
	Lacks(t, bucket, "new")
	Holds(t, bucket, "older", content)
}

// during is an empty reader that calls do when it is read, to force an event in the middle of a transfer.
func during(do func()) io.Reader {
	return readerFunc(func([]byte) (int, error) {
		do()
		return 0, io.EOF
	})
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// bodyIsReleased cancels the put while its body is read.
func bodyIsReleased(t *testing.T, bucket blob.Bucket) {
	ctx, cancel := context.WithCancel(t.Context())
	var returned atomic.Bool
	body := readerFunc(func(p []byte) (int, error) {
		cancel()
		if returned.Load() {
			t.Error("the body is read after put has returned")
		}
		return len(p), nil
	})
	err := bucket.Put(ctx, "a", body, blob.PutOptions{ContentType: "image/png", Size: 1 << 30})
	returned.Store(true)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}

// parallelPuts puts and reads one key from several goroutines. A reader never gets parts of two bodies.
func parallelPuts(t *testing.T, bucket blob.Bucket) {
	const writers, size = 6, 200_000
	Put(t, bucket, "a/b/c", Content(size, 0))
	var all sync.WaitGroup
	for i := range writers {
		all.Go(func() {
			Put(t, bucket, "a/b/c", Content(size, byte(i)))
			oneOf(t, bucket, "a/b/c", writers, size)
		})
	}
	all.Wait()
	oneOf(t, bucket, "a/b/c", writers, size)
}

// oneOf fails the test unless key holds one of the contents in whole.
func oneOf(t *testing.T, bucket blob.Bucket, key string, seeds, size int) {
	t.Helper()
	got, err := readAll(t.Context(), bucket, key)
	if err != nil {
		t.Error(err)
		return
	}
	for seed := range seeds {
		if bytes.Equal(got, Content(size, byte(seed))) {
			return
		}
	}
	t.Errorf("%s holds %d bytes that nobody wrote like this", key, len(got))
}

// malformedArguments uses keys that would leave the folder of the bucket or mean another key on some file system,
// and types that would add a header to the response.
func malformedArguments(t *testing.T, bucket blob.Bucket) {
	put := func(key string, opt blob.PutOptions) error {
		return bucket.Put(t.Context(), key, strings.NewReader("x"), opt)
	}
	good := blob.PutOptions{ContentType: "image/png", Size: 1}
	keys := []string{"", "/a", "a/", "a//b", "../a", "a/../b", "a/./b", "A", "a b", "a\\b", "a\x00", "ä", "a%2fb", strings.Repeat("a", 201)}
	for _, key := range keys {
		_, _, openErr := bucket.Open(t.Context(), key)
		_, rangeErr := bucket.OpenRange(t.Context(), key, 0, 1)
		_, statErr := bucket.Stat(t.Context(), key)
		_, getErr := bucket.SignGet(t.Context(), key, blob.GetOptions{Expires: time.Minute})
		_, putErr := bucket.SignPut(t.Context(), key, blob.UploadOptions{ContentType: "image/png", Size: 1, Expires: time.Minute})
		for method, err := range map[string]error{
			"put": put(key, good), "open": openErr, "range": rangeErr, "stat": statErr,
			"delete": bucket.Delete(t.Context(), key), "sign get": getErr, "sign put": putErr,
		} {
			if err == nil || errors.Is(err, blob.ErrNotExist) {
				t.Errorf("%s takes the key %q (%v)", method, key, err)
			}
		}
	}
	for name, opt := range map[string]blob.PutOptions{
		"a negative size":    {ContentType: "image/png", Size: -1},
		"no type":            {Size: 1},
		"a type with a feed": {ContentType: "image/png\r\nx: y", Size: 1},
		"a long type":        {ContentType: "image/" + strings.Repeat("x", 100), Size: 1},
	} {
		if put("a", opt) == nil {
			t.Errorf("put takes %s", name)
		}
	}
	Lacks(t, bucket, "a")
}
