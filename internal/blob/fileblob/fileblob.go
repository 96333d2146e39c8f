// Package fileblob is a bucket in a folder of this machine, for the embedded mode and for tests.
//
// An object is one file under objects/, at its key, with a trailer that contains its content type. It is
// written under partial/, synced and renamed. So a crash leaves either the whole object or a part that Open
// removes later. Several processes may use one folder.
//
// Signed URLs lead to Handler, which the server mounts at the path of Options.BaseURL.
package fileblob

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/weav-ai/weav/internal/blob"
)

const (
	objectsDir = "objects"
	partialDir = "partial"
	// minSecretBytes is the output length of HMAC-SHA256; a shorter secret would weaken it.
	minSecretBytes = 32
	// defaultIdle is how long a download may make no progress.
	defaultIdle = 30 * time.Second
	// defaultPause is how long an upload may send nothing.
	defaultPause = 10 * time.Second
)

// Options configure the folder and the signatures.
type Options struct {
	// Root is the folder; Open creates it.
	Root string
	// Secret signs URLs: 32 random bytes or more. A changed secret invalidates all signed URLs.
	Secret []byte
	// BaseURL is the public address of Handler, such as http://127.0.0.1:8080/blobs.
	BaseURL string
	// Origins are the web origins (https://app.example.com) whose pages may use signed URLs; "*" means all.
	// Pages of BaseURL's own origin always may.
	Origins []string
	// IdleTimeout ends a transfer that makes no progress; default 30 s.
	IdleTimeout time.Duration
	// UploadTimeout is the same for uploads, which hold a file open; default 10 s, or IdleTimeout when that
	// is less.
	UploadTimeout time.Duration
	// Now is the clock of signatures; default time.Now.
	Now func() time.Time
}

// Bucket is the bucket.
type Bucket struct {
	root    *os.Root
	base    *url.URL
	secret  []byte
	origins []string
	idle    time.Duration // of downloads
	pause   time.Duration // of uploads
	now     func() time.Time
	// create opens the file of a part; tests replace it by a full disk.
	create func(name string) (partFile, error)
}

var _ blob.Bucket = (*Bucket)(nil)

// Open opens the bucket and removes unfinished objects of crashed processes.
func Open(o Options) (*Bucket, error) {
	if len(o.Secret) < minSecretBytes {
		return nil, fmt.Errorf("fileblob: the secret is shorter than %d bytes", minSecretBytes)
	}
	base, err := parseBase(o.BaseURL)
	if err != nil {
		return nil, err
	}
	root, err := openRoot(o.Root)
	if err != nil {
		return nil, err
	}
	b := &Bucket{root: root, base: base, secret: o.Secret, origins: o.Origins, idle: o.IdleTimeout, now: o.Now}
	if b.idle == 0 {
		b.idle = defaultIdle
	}
	if b.pause = o.UploadTimeout; b.pause == 0 {
		b.pause = min(b.idle, defaultPause)
	}
	if b.now == nil {
		b.now = time.Now
	}
	b.create = b.createPart
	if err := b.sweepParts(); err != nil {
		return nil, errors.Join(err, root.Close())
	}
	return b, nil
}

// parseBase checks the base URL: signatures cover the path, so it must not have a query.
func parseBase(raw string) (*url.URL, error) {
	base, err := url.Parse(strings.TrimSuffix(raw, "/"))
	if err != nil || base.Scheme != "http" && base.Scheme != "https" || base.Host == "" || base.RawQuery != "" {
		return nil, errors.New("fileblob: the base URL must be like https://weav.example.com/blobs")
	}
	return base, nil
}

// openRoot creates the folders and opens their root. os.Root prevents that a symbolic link leads outside of
// it.
func openRoot(dir string) (*os.Root, error) {
	for _, name := range []string{objectsDir, partialDir} {
		if err := os.MkdirAll(dir+"/"+name, 0o700); err != nil {
			return nil, fmt.Errorf("fileblob: make the folder: %w", err)
		}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("fileblob: open the folder: %w", err)
	}
	return root, nil
}

// Ping implements blob.Bucket: it writes and removes an empty file, since a full or read-only disk can be
// opened.
func (b *Bucket) Ping(ctx context.Context) error {
	if err := blob.Ended(ctx, "ping"); err != nil {
		return err
	}
	name := newPart()
	f, err := b.create(name)
	if err != nil {
		return failure("ping", err)
	}
	if err := errors.Join(f.Close(), b.root.Remove(name)); err != nil {
		return failure("ping", err)
	}
	return nil
}

// Close implements blob.Bucket.
func (b *Bucket) Close() error { return b.root.Close() }

// Handler serves signed URLs. It needs no other protection: the signature is the authorization.
func (b *Bucket) Handler() http.Handler { return http.HandlerFunc(b.serve) }
