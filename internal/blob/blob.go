// Package blob stores the bytes of files: results of jobs, and uploads.
//
// Objects are private. Clients reach them by signed URLs, which a bucket signs without a request to the
// store. Rows contain keys, never URLs.
package blob

import (
	"context"
	"errors"
	"io"
	"iter"
	"net/http"
	"time"
)

// Errors that a caller can distinguish. Any other error is an *errs.Error with the code UNAVAILABLE (see
// Unavailable), the end of the caller's context, or a fault of the program.
var (
	// ErrNotExist means that nothing is stored under the key.
	ErrNotExist = errors.New("blob: no such object")
	// ErrSize means that a body was shorter or longer than its stated size. Nothing was stored.
	ErrSize = errors.New("blob: the body is not of the stated size")
	// ErrRange means that a range is empty or starts after the end of its object.
	ErrRange = errors.New("blob: no such range")
)

// Bucket is the port. Adapters: fileblob (a folder of this machine) and s3blob (MinIO and other S3 stores);
// both pass blobtest. All methods are safe for concurrent use.
//
// Keys must satisfy ValidKey; a method refuses any other. No key may be the folder of another: of "a" and
// "a/b" a store holds one at most.
//
// A store that is unreachable, full or failing gives UNAVAILABLE, retryable, and so does one that takes a
// request and then makes no progress for the adapter's idle timeout. Its message explains the failure without
// addresses, paths or keys. No request is repeated: the caller knows whether a repetition is safe.
//
// When ctx ends, a method or a reader it returned ends soon, with an error that is ctx.Err().
type Bucket interface {
	// Put stores body as an object, in place of an older one of that key. It is atomic: whatever interrupts
	// it (a body that fails or is not of the stated size, ctx, a crash here or in the store) leaves an older
	// object unchanged. After UNAVAILABLE the new object may exist, since the answer alone can be lost;
	// putting it again is safe. body is read from one goroutine at a time, and never after Put has returned:
	// so a Read that blocks delays Put.
	Put(ctx context.Context, key string, body io.Reader, opt PutOptions) error

	// Open reads an object. A reader that ends with io.EOF has returned all of it; one that is cut off ends
	// with UNAVAILABLE. ctx bounds the reading as well: once it has ended no Read returns a byte, not even
	// one that has arrived. The caller closes the reader.
	Open(ctx context.Context, key string) (io.ReadCloser, Object, error)

	// OpenRange reads length bytes from offset, or fewer where the object ends before; a length of -1 reads
	// to the end. An offset that is not inside the object, or another length below 1, is ErrRange.
	OpenRange(ctx context.Context, key string, offset, length int64) (io.ReadCloser, error)

	// Stat returns the attributes of an object.
	Stat(ctx context.Context, key string) (Object, error)

	// Delete removes an object. A missing object is no error, so that a deletion can be repeated.
	Delete(ctx context.Context, key string) error

	// List yields the objects whose keys start with prefix, in the order of the keys' bytes, without their
	// ContentType. prefix is a key or the beginning of one, "" for all. Objects that are stored or deleted
	// meanwhile may be omitted. An error is the last thing yielded.
	List(ctx context.Context, prefix string) iter.Seq2[Object, error]

	// SignGet returns a URL that reads key with a plain GET, ranges included, until it expires. The answer
	// has the Content-Disposition and the type that opt states, and nosniff. A URL that was changed or has
	// expired gets 403 (400 where the store does not recognize it as signed). The object need not exist yet:
	// GET then gives 404.
	SignGet(ctx context.Context, key string, opt GetOptions) (string, error)

	// SignPut returns a request that stores a new object under key. The store itself refuses another method,
	// key, type or size with 403 (400 or 411 where a signed header is missing), and a key that holds an
	// object with 412. So an object that was checked after its upload cannot be replaced with the same
	// request.
	SignPut(ctx context.Context, key string, opt UploadOptions) (SignedRequest, error)

	// Ping reports whether the bucket exists and answers.
	Ping(ctx context.Context) error

	// Close releases what the bucket holds. No method may be called after it.
	Close() error
}

// Object is what a store knows about an object.
type Object struct {
	Key string
	// Size is in bytes.
	Size int64
	// ContentType is what Put or the upload stated.
	ContentType string
	// ModTime is when the object was stored, by the store's clock, in seconds or finer.
	ModTime time.Time
}

// PutOptions describe a body.
type PutOptions struct {
	// ContentType is the media type, at most MaxTypeBytes long.
	ContentType string
	// Size is the exact length of the body in bytes.
	Size int64
}

// GetOptions set the headers of the answer to a signed GET.
type GetOptions struct {
	// Expires is how long the URL is valid: whole seconds, 1 second to MaxExpires.
	Expires time.Duration
	// Filename is proposed for the saved file; characters that are not allowed in file names are replaced.
	// Empty proposes none.
	Filename string
	// ContentType replaces the object's own type; empty leaves it.
	ContentType string
	// Inline lets a browser show the file; by default it saves the file.
	Inline bool
}

// UploadOptions bind a signed PUT to a type and a size.
type UploadOptions struct {
	// ContentType is the media type the upload must state.
	ContentType string
	// Size is the exact length of the upload in bytes, at least 1.
	Size int64
	// Expires is how long the request is valid: whole seconds, 1 second to MaxExpires. An
	// upload that starts in time may end later.
	Expires time.Duration
}

// SignedRequest is a request that a client sends unchanged. Its body has exactly the signed size, with a
// Content-Length, as browsers and HTTP libraries send it by themselves.
type SignedRequest struct {
	Method string
	URL    string
	// Header must be sent unchanged.
	Header    http.Header
	ExpiresAt time.Time
}
