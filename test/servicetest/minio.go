package servicetest

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/weav-ai/weav/test/servicetest/localserver"
)

// MinIOURLEnv names the setting that holds the URL of a MinIO to share, with the account that may
// do everything: http://user:password@host:port.
const MinIOURLEnv = "WEAV_TEST_MINIO_URL"

// bucketTimeout bounds making and removing a bucket on a busy machine.
const bucketTimeout = time.Minute

var sharedMinIO = &shared{env: MinIOURLEnv, start: localserver.MinIO}

// MinIOBucket is a bucket of a MinIO, and the account that may do everything with it.
type MinIOBucket struct {
	// Endpoint is the server's URL, without the account.
	Endpoint             string
	Bucket               string
	AccessKey, SecretKey string
}

// MinIO returns a new, empty bucket of a shared server, removed at the end of the test.
func MinIO(tb testing.TB) MinIOBucket {
	tb.Helper()
	bucket := NewBucket(tb, sharedMinIO.url(tb))
	tb.Cleanup(func() {
		bucket.administer(tb, "remove", func(ctx context.Context, c *minio.Client) error {
			return c.RemoveBucketWithOptions(ctx, bucket.Bucket, minio.RemoveBucketOptions{ForceDelete: true})
		})
	})
	return bucket
}

// MinIOServer starts a MinIO that only this test uses, in some 0.3 s; its buckets come from
// NewBucket. What it has acknowledged survives Kill.
func MinIOServer(tb testing.TB) *Server {
	tb.Helper()
	return private(tb, localserver.MinIO)
}

// NewBucket makes a bucket on the server that serverURL, with its account, names.
func NewBucket(tb testing.TB, serverURL string) MinIOBucket {
	tb.Helper()
	u, err := url.Parse(serverURL)
	if err != nil || u.User == nil {
		tb.Fatal("the URL of MinIO must be like http://user:password@host:port")
	}
	password, _ := u.User.Password()
	bucket := MinIOBucket{
		Endpoint:  u.Scheme + "://" + u.Host,
		Bucket:    strings.ReplaceAll(databaseName(tb.Name()), "_", "-"),
		AccessKey: u.User.Username(),
		SecretKey: password,
	}
	bucket.administer(tb, "make", func(ctx context.Context, c *minio.Client) error {
		return c.MakeBucket(ctx, bucket.Bucket, minio.MakeBucketOptions{})
	})
	return bucket
}

// administer runs do with a client that keeps no connection, and fails the test when it fails.
func (b MinIOBucket) administer(tb testing.TB, step string, do func(context.Context, *minio.Client) error) {
	tb.Helper()
	client, err := minio.New(strings.TrimPrefix(b.Endpoint, "http://"), &minio.Options{
		Creds:     credentials.NewStaticV4(b.AccessKey, b.SecretKey, ""),
		Region:    "us-east-1",
		Transport: &http.Transport{DisableKeepAlives: true},
	})
	if err != nil {
		tb.Fatalf("a client of MinIO: %v", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), bucketTimeout)
	defer cancel()
	if err := do(ctx, client); err != nil {
		tb.Fatalf("%s a bucket: %v", step, err)
	}
}
