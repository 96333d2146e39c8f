package s3blob

import (
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/weav-ai/weav/internal/blob"
	"github.com/weav-ai/weav/internal/blob/blobtest"
	"github.com/weav-ai/weav/test/servicetest"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		servicetest.Close()
		os.Exit(code)
	}))
}

func options(b servicetest.MinIOBucket) Options {
	return Options{Endpoint: b.Endpoint, Bucket: b.Bucket, AccessKey: b.AccessKey, SecretKey: b.SecretKey}
}

func openWith(tb testing.TB, o Options) *Bucket {
	tb.Helper()
	bucket, err := Open(o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := bucket.Close(); err != nil {
			tb.Errorf("close: %v", err)
		}
	})
	return bucket
}

func open(tb testing.TB) blob.Bucket {
	tb.Helper()
	return openWith(tb, options(servicetest.MinIO(tb)))
}

func TestBucket(t *testing.T) {
	t.Parallel()
	blobtest.Run(t, open)
}

func TestStreams(t *testing.T) { blobtest.Streams(t, open(t)) }

func BenchmarkBucket(b *testing.B) { blobtest.Bench(b, open(b)) }
