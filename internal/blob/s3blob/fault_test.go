package s3blob

import (
	"bytes"
	"io"
	"testing"

	"github.com/weav-ai/weav/internal/blob"
	"github.com/weav-ai/weav/internal/blob/blobtest"
	"github.com/weav-ai/weav/test/servicetest"
)

// strike does something when its turn to be read comes.
type strike func()

func (s strike) Read([]byte) (int, error) {
	s()
	return 0, io.EOF
}

func TestStoreKilledInTheMiddleOfAPut(t *testing.T) {
	t.Parallel()
	server := servicetest.MinIOServer(t)
	bucket := openWith(t, options(servicetest.NewBucket(t, server.URL())))
	older, newer := blobtest.Content(big, 1), blobtest.Content(big, 2)
	blobtest.Put(t, bucket, "older", older)
	for i := range servicetest.Rounds() {
		at := (i + 1) * big / (servicetest.Rounds() + 1)
		key := []string{"new", "older"}[i%2]
		body := io.MultiReader(bytes.NewReader(newer[:at]), strike(server.Kill), bytes.NewReader(newer[at:]))
		err := bucket.Put(t.Context(), key, body, blob.PutOptions{ContentType: "image/png", Size: big})
		blobtest.Unavailable(t, err)
		server.Start()
		blobtest.Lacks(t, bucket, "new")
		blobtest.Holds(t, bucket, "older", older)
	}
}

func TestStoreKilledInTheMiddleOfARead(t *testing.T) {
	t.Parallel()
	server := servicetest.MinIOServer(t)
	bucket := openWith(t, options(servicetest.NewBucket(t, server.URL())))
	content := blobtest.Content(big, 1)
	blobtest.Put(t, bucket, "a", content)
	r, _, err := bucket.Open(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	n, err := io.Copy(io.Discard, io.MultiReader(io.LimitReader(r, 1<<20), strike(server.Kill), r))
	blobtest.Unavailable(t, err)
	if n >= big {
		t.Error("all was read from a store that is dead")
	}
	_ = r.Close() // It has failed.
	server.Start()
	blobtest.Holds(t, bucket, "a", content)
}

// TestStoreThatComesLater opens, and signs, while the store is down, and works once it is up.
func TestStoreThatComesLater(t *testing.T) {
	t.Parallel()
	server := servicetest.MinIOServer(t)
	minio := servicetest.NewBucket(t, server.URL())
	server.Kill()
	bucket := openWith(t, options(minio))
	if _, err := bucket.SignGet(t.Context(), "a", blob.GetOptions{Expires: blob.MaxExpires}); err != nil {
		t.Errorf("signing asks the store: %v", err)
	}
	blobtest.Unavailable(t, bucket.Ping(t.Context()))
	server.Start()
	if err := bucket.Ping(t.Context()); err != nil {
		t.Error(err)
	}
	blobtest.Put(t, bucket, "a", []byte("kept"))
	server.Restart()
	blobtest.Holds(t, bucket, "a", []byte("kept"))
}
