package servicetest

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

func TestMinIOGivesEachTestAnEmptyBucket(t *testing.T) {
	t.Parallel()
	first, second := MinIO(t), MinIO(t)
	put(t, first, "note")
	if _, err := read(t, second, "note"); minio.ToErrorResponse(err).Code != minio.NoSuchKey {
		t.Errorf("got %v, want no such key", err)
	}
}

func TestMinIORemovesTheBucketAfterTheTest(t *testing.T) {
	t.Parallel()
	var bucket MinIOBucket
	t.Run("user", func(t *testing.T) {
		bucket = MinIO(t)
		put(t, bucket, "folder/note")
	})
	there, err := client(t, bucket).BucketExists(t.Context(), bucket.Bucket)
	if there || err != nil {
		t.Errorf("%s is still there (%v)", bucket.Bucket, err)
	}
}

func TestMinIOServerKeepsObjectsOverFaults(t *testing.T) {
	t.Parallel()
	server := MinIOServer(t)
	bucket := NewBucket(t, server.URL())
	faults := []struct {
		name   string
		strike func()
	}{
		{"killed and restarted", server.Restart},
		{"stopped and started", func() { server.Stop(); server.Start() }},
		{"killed, then started", func() { server.Kill(); server.Start() }},
	}
	for _, fault := range faults {
		put(t, bucket, "note")
		fault.strike()
		if got, err := read(t, bucket, "note"); got != "kept" {
			t.Errorf("%s: read %q (%v)", fault.name, got, err)
		}
		// Started means that it serves writers at once.
		NewBucket(t, server.URL())
	}
}

func TestMinIOServerRefusesStrangers(t *testing.T) {
	t.Parallel()
	stranger := MinIO(t)
	stranger.SecretKey = strings.Repeat("x", len(stranger.SecretKey))
	if _, err := client(t, stranger).ListBuckets(t.Context()); err == nil {
		t.Error("any password will do")
	}
}

func put(t *testing.T, b MinIOBucket, key string) {
	t.Helper()
	_, err := client(t, b).PutObject(t.Context(), b.Bucket, key, strings.NewReader("kept"), 4, minio.PutObjectOptions{})
	if err != nil {
		t.Error(err)
	}
}

func read(t *testing.T, b MinIOBucket, key string) (string, error) {
	t.Helper()
	object, _, _, err := minio.Core{Client: client(t, b)}.GetObject(t.Context(), b.Bucket, key, minio.GetObjectOptions{})
	if err != nil {
		return "", err
	}
	defer object.Close()
	var got bytes.Buffer
	_, err = io.Copy(&got, object)
	return got.String(), err
}

func client(t *testing.T, b MinIOBucket) *minio.Client {
	t.Helper()
	u, err := url.Parse(b.Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	c, err := minio.New(u.Host, &minio.Options{
		Creds:     credentials.NewStaticV4(b.AccessKey, b.SecretKey, ""),
		Transport: &http.Transport{DisableKeepAlives: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}
