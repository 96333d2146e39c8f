package blobtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"
	"time"

	"github.com/weav-ai/weav/internal/blob"
)

// missing reads keys without an object, among them a prefix of one and a key below one, which are a folder and a
// file on disk.
func missing(t *testing.T, bucket blob.Bucket) {
	Put(t, bucket, "folder/object", []byte("x"))
	for _, key := range []string{"a", "a/b/c", "folder", "folder/object/below"} {
		_, _, openErr := bucket.Open(t.Context(), key)
		_, rangeErr := bucket.OpenRange(t.Context(), key, 0, 1)
		_, statErr := bucket.Stat(t.Context(), key)
		for method, err := range map[string]error{"open": openErr, "range": rangeErr, "stat": statErr} {
			if !errors.Is(err, blob.ErrNotExist) {
				t.Errorf("%s %s: %v, want ErrNotExist", method, key, err)
			}
		}
	}
}

// deleting deletes what is not there as well: a sweep that was interrupted repeats its deletes.
func deleting(t *testing.T, bucket blob.Bucket) {
	for _, key := range []string{"a/b/1", "a/b/2"} {
		Put(t, bucket, key, []byte("x"))
	}
	for _, key := range []string{"a/b/1", "a/b/1", "a/b", "a", "never/there"} {
		if err := bucket.Delete(t.Context(), key); err != nil {
			t.Errorf("delete %s: %v", key, err)
		}
	}
	Lacks(t, bucket, "a/b/1")
	Holds(t, bucket, "a/b/2", []byte("x"))
	if err := bucket.Delete(t.Context(), "a/b/2"); err != nil {
		t.Error(err)
	}
	Put(t, bucket, "a/b/1", []byte("again"))
	Holds(t, bucket, "a/b/1", []byte("again"))
}

// ranges includes lengths beyond the end, as the Range header allows, and offsets there, which it does not.
func ranges(t *testing.T, bucket blob.Bucket) {
	const size = 100_000
	content := Content(size, 1)
	Put(t, bucket, "a", content)
	Put(t, bucket, "empty", nil)
	cases := []struct {
		key            string
		offset, length int64
		want           []byte
		err            error
	}{
		{"a", 0, 1, content[:1], nil},
		{"a", 0, -1, content, nil},
		{"a", 10, 20, content[10:30], nil},
		{"a", size - 1, -1, content[size-1:], nil},
		{"a", size - 5, 100, content[size-5:], nil},
		{"a", 7, 1<<63 - 1, content[7:], nil},
		{"a", size, -1, nil, blob.ErrRange},
		{"a", size, 1, nil, blob.ErrRange},
		{"a", size + 10, 1, nil, blob.ErrRange},
		{"a", 0, 0, nil, blob.ErrRange},
		{"a", -1, 1, nil, blob.ErrRange},
		{"a", 0, -2, nil, blob.ErrRange},
		{"empty", 0, -1, nil, blob.ErrRange},
		{"empty", 0, 1, nil, blob.ErrRange},
	}
	for _, c := range cases {
		r, err := bucket.OpenRange(t.Context(), c.key, c.offset, c.length)
		if !errors.Is(err, c.err) {
			t.Errorf("%s from %d, %d bytes: got %v, want %v", c.key, c.offset, c.length, err, c.err)
		}
		if err != nil {
			continue
		}
		got, err := io.ReadAll(r)
		if err != nil || !bytes.Equal(got, c.want) {
			t.Errorf("%s from %d, %d bytes: got %d bytes (%v), want %d", c.key, c.offset, c.length, len(got), err, len(c.want))
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
}

// cancelledRead reads objects of two sizes: the rest of the small one has arrived when the context ends, the
// rest of the large one has not.
func cancelledRead(t *testing.T, bucket blob.Bucket) {
	for _, size := range []int{2000, 8 << 20} {
		Put(t, bucket, "a", Content(size, 1))
		cancelOneRead(t, bucket)
	}
}

func cancelOneRead(t *testing.T, bucket blob.Bucket) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r, _, err := bucket.Open(ctx, "a")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := io.ReadFull(r, make([]byte, 1000)); err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := io.Copy(io.Discard, r); !errors.Is(err, context.Canceled) {
		t.Errorf("reading ends with %v, want context.Canceled", err)
	}
	if _, _, err := bucket.Open(ctx, "a"); !errors.Is(err, context.Canceled) {
		t.Errorf("open: %v, want context.Canceled", err)
	}
	for _, err := range bucket.List(ctx, "") {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("list: %v, want context.Canceled", err)
		}
	}
	if err := bucket.Delete(ctx, "a"); !errors.Is(err, context.Canceled) {
		t.Errorf("delete: %v, want context.Canceled", err)
	}
}

// passedDeadline checks that a store that is too slow is reported like one that is down.
func passedDeadline(t *testing.T, bucket blob.Bucket) {
	ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	_, err := bucket.Stat(ctx, "private")
	Unavailable(t, err, "private")
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want context.DeadlineExceeded", err)
	}
}

func ping(t *testing.T, bucket blob.Bucket) {
	if err := bucket.Ping(t.Context()); err != nil {
		t.Error(err)
	}
	for object, err := range bucket.List(t.Context(), "") {
		t.Errorf("ping left %q (%v)", object.Key, err)
	}
}

func listing(t *testing.T, bucket blob.Bucket) {
	for i, key := range []string{"u/1/a.png", "u/1/b.png", "u/10/a.png", "u/2/x/y/z", "v"} {
		Put(t, bucket, key, Content(i, 1))
	}
	cases := map[string][]string{
		"":         {"u/1/a.png", "u/1/b.png", "u/10/a.png", "u/2/x/y/z", "v"},
		"u/1":      {"u/1/a.png", "u/1/b.png", "u/10/a.png"},
		"u/1/":     {"u/1/a.png", "u/1/b.png"},
		"u/1/b":    {"u/1/b.png"},
		"u/2/x":    {"u/2/x/y/z"},
		"v":        {"v"},
		"v/":       nil,
		"w":        nil,
		"u/1/a.pn": {"u/1/a.png"},
	}
	for prefix, want := range cases {
		if got := keys(t, bucket, prefix); !slices.Equal(got, want) {
			t.Errorf("list %q: %v, want %v", prefix, got, want)
		}
	}
	for object, err := range bucket.List(t.Context(), "u/10/a.png") {
		if err != nil || object.Size != 2 || object.ContentType != "" || time.Since(object.ModTime) > time.Minute {
			t.Errorf("listed %+v (%v)", object, err)
		}
	}
	for _, prefix := range []string{"u/\n", "/", "..", "u/../v", "u//"} {
		var failed error
		for _, err := range bucket.List(t.Context(), prefix) {
			failed = err
		}
		if failed == nil {
			t.Errorf("list takes %q, which no key starts with", prefix)
		}
	}
}

// listOrder uses keys whose folders sort differently from the keys.
func listOrder(t *testing.T, bucket blob.Bucket) {
	want := []string{"a-b", "a.b", "a/b", "a/b-1", "a/b.1/c", "a/c", "a0", "a_b", "ab"}
	for _, key := range slices.Backward(want) {
		Put(t, bucket, key, []byte("x"))
	}
	if got := keys(t, bucket, ""); !slices.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

func listStops(t *testing.T, bucket blob.Bucket) {
	for _, key := range []string{"a/1", "a/2", "b/1"} {
		Put(t, bucket, key, []byte("x"))
	}
	var got []string
	for object, err := range bucket.List(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		if got = append(got, object.Key); len(got) == 2 {
			break
		}
	}
	if !slices.Equal(got, []string{"a/1", "a/2"}) {
		t.Errorf("got %v", got)
	}
}

// listMany lists more than one page of S3.
func listMany(t *testing.T, bucket blob.Bucket) {
	const many = 1050
	var want []string
	for i := range many {
		want = append(want, fmt.Sprintf("m/%02d/%04d", i%7, i))
	}
	slices.Sort(want)
	work := make(chan string)
	done := make(chan struct{})
	const workers = 8
	for range workers {
		go func() {
			defer func() { done <- struct{}{} }()
			for key := range work {
				Put(t, bucket, key, []byte("x"))
			}
		}()
	}
	for _, key := range want {
		work <- key
	}
	close(work)
	for range workers {
		<-done
	}
	if got := keys(t, bucket, "m/"); !slices.Equal(got, want) {
		t.Errorf("listed %d keys, not the %d that are there", len(got), len(want))
	}
}

func keys(t *testing.T, bucket blob.Bucket, prefix string) []string {
	t.Helper()
	var all []string
	for object, err := range bucket.List(t.Context(), prefix) {
		if err != nil {
			t.Errorf("list %q: %v", prefix, err)
			break
		}
		all = append(all, object.Key)
	}
	return all
}
