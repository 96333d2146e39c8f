package blobtest

import (
	"bytes"
	"io"
	"runtime"
	"testing"

	"github.com/weav-ai/weav/internal/blob"
)

// Bench measures storing and reading 1 MiB.
func Bench(b *testing.B, bucket blob.Bucket) {
	content := Content(1<<20, 1)
	opt := blob.PutOptions{ContentType: "image/png", Size: int64(len(content))}
	b.Run("put 1 MiB", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(opt.Size)
		for b.Loop() {
			if err := bucket.Put(b.Context(), "bench/a", bytes.NewReader(content), opt); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("get 1 MiB", func(b *testing.B) {
		Put(b, bucket, "bench/a", content)
		b.ReportAllocs()
		b.SetBytes(opt.Size)
		for b.Loop() {
			r, _, err := bucket.Open(b.Context(), "bench/a")
			if err != nil {
				b.Fatal(err)
			}
			if _, err := io.Copy(io.Discard, r); err != nil {
				b.Fatal(err)
			}
			_ = r.Close()
		}
	})
}

// Streams tests that a large object is never held in memory as a whole. No other test may run at the same
// time, because it measures the allocations of the process.
func Streams(t *testing.T, bucket blob.Bucket) {
	const size = 96 << 20
	const most = size / 8
	grown := allocated(func() {
		opt := blob.PutOptions{ContentType: "video/mp4", Size: size}
		if err := bucket.Put(t.Context(), "big", io.LimitReader(zeros{}, size), opt); err != nil {
			t.Error(err)
		}
	})
	if grown > most {
		t.Errorf("put allocates %d MiB for %d MiB", grown>>20, size>>20)
	}
	grown = allocated(func() {
		r, _, err := bucket.Open(t.Context(), "big")
		if err != nil {
			t.Error(err)
			return
		}
		defer r.Close()
		if n, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, r, make([]byte, 64<<10)); err != nil || n != size {
			t.Errorf("read %d bytes (%v), want %d", n, err, size)
		}
	})
	if grown > most {
		t.Errorf("reading allocates %d MiB for %d MiB", grown>>20, size>>20)
	}
}

// allocated returns how many bytes do allocates in total, whether or not they were freed meanwhile.
func allocated(do func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}
