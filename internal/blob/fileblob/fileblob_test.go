package fileblob

import (
	"bytes"
	"net/http/httptest"
	"testing"

	"go.uber.org/goleak"

	"github.com/weav-ai/weav/internal/blob"
	"github.com/weav-ai/weav/internal/blob/blobtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var secret = bytes.Repeat([]byte("s"), minSecretBytes)

// openAt opens a bucket in dir behind a server of its own.
func openAt(tb testing.TB, dir string, change ...func(*Options)) *Bucket {
	tb.Helper()
	server := httptest.NewUnstartedServer(nil)
	o := Options{Root: dir, Secret: secret, BaseURL: "http://" + server.Listener.Addr().String() + "/blobs"}
	for _, c := range change {
		c(&o)
	}
	bucket, err := Open(o)
	if err != nil {
		tb.Fatal(err)
	}
	server.Config.Handler = bucket.Handler()
	server.Start()
	tb.Cleanup(func() {
		server.Close()
		if err := bucket.Close(); err != nil {
			tb.Errorf("close: %v", err)
		}
	})
	return bucket
}

func open(tb testing.TB) blob.Bucket {
	tb.Helper()
	return openAt(tb, tb.TempDir())
}

func TestBucket(t *testing.T) {
	t.Parallel()
	blobtest.Run(t, open)
}

func TestStreams(t *testing.T) { blobtest.Streams(t, open(t)) }

func BenchmarkBucket(b *testing.B) { blobtest.Bench(b, open(b)) }
