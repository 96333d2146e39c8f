// Package s3blob is a bucket of an S3 store, such as MinIO.
//
// The store may be down when the bucket is opened, and again later: every call is independent. A call is made
// once. It ends when the store makes no progress for the idle timeout, however long a transfer with progress
// takes.
package s3blob

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/weav-ai/weav/internal/blob"
)

const (
	// defaultRegion is MinIO's own default; other stores ignore it or require their own.
	defaultRegion = "us-east-1"
	defaultIdle   = 15 * time.Second
	// pingTimeout bounds a Ping, which health checks wait for.
	pingTimeout = 5 * time.Second
)

// Options name the bucket and the account.
type Options struct {
	// Endpoint is the store's address for this process, such as http://minio:9000.
	Endpoint string
	// Region is part of signatures; default us-east-1, which MinIO uses too.
	Region string
	// Bucket must exist; this package does not create it.
	Bucket string
	// AccessKey and SecretKey are the account's. It must be allowed to get, put, delete and list.
	AccessKey, SecretKey string
	// PublicURL is the store's public address, such as https://files.example.com. Signed URLs start with it,
	// because the host is part of the signature. Empty is Endpoint.
	PublicURL string
	// IdleTimeout ends a call in which the store makes no progress; default 15 s.
	IdleTimeout time.Duration
}

// Bucket is the bucket.
type Bucket struct {
	name      string
	store     minio.Core
	signer    *minio.Client
	transport *http.Transport
}

var _ blob.Bucket = (*Bucket)(nil)

// Open checks the options and makes no connection: Ping does. Errors contain no key.
func Open(o Options) (*Bucket, error) {
	if o.Bucket == "" || o.AccessKey == "" || o.SecretKey == "" {
		return nil, errors.New("s3blob: bucket, access key and secret key must be set")
	}
	if o.Region == "" {
		o.Region = defaultRegion
	}
	if o.PublicURL == "" {
		o.PublicURL = o.Endpoint
	}
	if o.IdleTimeout == 0 {
		o.IdleTimeout = defaultIdle
	}
	transport := newTransport()
	store, err := newClient(o, o.Endpoint, &watch{next: transport, idle: o.IdleTimeout})
	if err != nil {
		return nil, fmt.Errorf("s3blob: endpoint: %w", err)
	}
	// The signer never connects: it has the public address, which this process may not reach.
	signer, err := newClient(o, o.PublicURL, transport)
	if err != nil {
		return nil, fmt.Errorf("s3blob: public URL: %w", err)
	}
	return &Bucket{name: o.Bucket, store: minio.Core{Client: store}, signer: signer, transport: transport}, nil
}

// newClient makes a client of the store at endpoint. The region is set, so that no call requests it from the
// store first.
func newClient(o Options, endpoint string, transport http.RoundTripper) (*minio.Client, error) {
	u, err := url.Parse(endpoint)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil ||
		u.Path != "" && u.Path != "/" || u.RawQuery != "" {
		return nil, errors.New("must be like https://files.example.com") // The cause may repeat a password.
	}
	return minio.New(u.Host, &minio.Options{
		Creds:      credentials.NewStaticV4(o.AccessKey, o.SecretKey, ""),
		Secure:     u.Scheme == "https",
		Region:     o.Region,
		Transport:  transport,
		MaxRetries: 1, // One try: the caller decides whether to repeat a call.
	})
}

// Ping implements blob.Bucket. It returns within five seconds.
func (b *Bucket) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	there, err := b.store.BucketExists(ctx, b.name)
	if err != nil {
		return failure(ctx, "ping", err)
	}
	if !there {
		return blob.Unavailable(blob.Misconfigured, errors.New("s3blob: the bucket does not exist"))
	}
	return nil
}

// Close implements blob.Bucket.
func (b *Bucket) Close() error {
	b.transport.CloseIdleConnections()
	return nil
}
