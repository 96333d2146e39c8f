// Package blob keeps the bytes of files: results of jobs, and what people upload.
//
// Objects are private. People reach them by signed URLs, which a bucket mints without asking the
// store; rows keep keys, never URLs.
package blob

import (
	"context"
	"errors"
	"io"
	"iter"
	"net/http"
	"time"
)

// Errors that a caller can tell apart. Everything else is either an *errs.Error with the code
// UNAVAILABLE (see Unavailable), the caller's own context ending, or a fault of the program.
var (
	// ErrNotExist says that nothing is stored under the key.
	ErrNotExist = errors.New("blob: no such object")
	// ErrSize says that a body was shorter or longer than its stated size. Nothing was stored.
	ErrSize = errors.New("blob: the body is not of the stated size")
	// ErrRange says that a range is empty or starts behind the end of its object.
	ErrRange = errors.New("blob: no such range")
)

// Bucket is the port. Adapters: fileblob (a folder of this machine) and s3blob (MinIO and other
// S3 stores); both pass blobtest. All methods are safe for concurrent use.
//
// Keys are as ValidKey has them; a method refuses any other, and finds nothing under it. No key
// may be the folder of another: of "a" and "a/b" a store keeps one at most.
//
// A store that is out of reach, full or failing gives UNAVAILABLE, retryable, and so does
// one that takes a request and then makes no progress for the adapter's idle timeout. Its message
// tells people what happened, without addresses, paths or keys. Nothing is tried twice.
//
// When ctx ends, a method or a reader it returned ends soon, with an error that is ctx.Err().
type Bucket interface {
	// Put stores what body holds, in place of an older object of that key. It is whole or not
	// there: whatever cuts it short (a body that fails or is not of the stated size, ctx, a crash
	// here or in the store) leaves an older object as it was. After UNAVAILABLE the new object
	// may be there, as the answer alone can be lost; putting it again is safe.
	// body is read in pieces, from one goroutine at a time, and never after Put has returned: a
	// Read that blocks holds Put up.
	Put(ctx context.Context, key string, body io.Reader, opt PutOptions) error

	// Open reads an object. A reader that ends with io.EOF has given all of it; one that is cut
	// off ends with UNAVAILABLE. ctx bounds the reading as well: once it has ended no Read gives a
	// byte, not even one that has arrived. The caller closes the reader.
	Open(ctx context.Context, key string) (io.ReadCloser, Object, error)

	// OpenRange reads length bytes from offset on, or fewer where the object ends before; a
	// length of -1 reads to the end. An offset that is not inside the object, or another length
	// below 1, is ErrRange.
	OpenRange(ctx context.Context, key string, offset, length int64) (io.ReadCloser, error)

	// Stat tells what is stored under key.
	Stat(ctx context.Context, key string) (Object, error)

	// Delete removes an object. What is not there is deleted already: nil.
	Delete(ctx context.Context, key string) error

	// List yields the objects whose keys start with prefix, in the order of the keys' bytes,
	// without their ContentType. prefix is a key or the beginning of one, "" for all. Objects that
	// come or go meanwhile may be left out. An error is the last thing yielded.
	List(ctx context.Context, prefix string) iter.Seq2[Object, error]

	// SignGet returns a URL that reads key with a plain GET, ranges included, until it expires.
	// The answer carries the Content-Disposition and the type that opt asks for, and nosniff. A URL that
	// was changed in any part, or that has expired, gets 403 (where it does not even look signed,
	// the store may say 400). The object need not exist yet: then GET gives 404.
	SignGet(ctx context.Context, key string, opt GetOptions) (string, error)

	// SignPut returns a request that stores a new object under key. The store itself refuses
	// another method, key, type or size with 403 (400 or 411 where a signed header is not there
	// at all), and a key that holds an object with 412: what was checked after an upload cannot
	// be replaced through the same request.
	SignPut(ctx context.Context, key string, opt UploadOptions) (SignedRequest, error)

	// Ping reports whether the bucket is there and answers.
	Ping(ctx context.Context) error

	// Close frees what the bucket holds. No method may be called after it.
	Close() error
}

// Object is what a store tells about an object.
type Object struct {
	Key string
	// Size is in bytes.
	Size int64
	// ContentType is what Put or the upload stated.
	ContentType string
	// ModTime is when the object was stored, by the store's clock, to the second or finer.
	ModTime time.Time
}

// PutOptions describe a body.
type PutOptions struct {
	// ContentType is the media type, at most MaxTypeBytes long.
	ContentType string
	// Size is the exact length of the body in bytes.
	Size int64
}

// GetOptions shape the answer to a signed GET.
type GetOptions struct {
	// Expires is how long the URL is valid: whole seconds, 1 second to MaxExpires.
	Expires time.Duration
	// Filename is proposed to whoever saves the file; characters that have no place in a file
	// name are replaced. Empty proposes none.
	Filename string
	// ContentType takes the place of the object's own; empty keeps it.
	ContentType string
	// Inline lets a browser show the file; by default it saves it.
	Inline bool
}

// UploadOptions bind a signed PUT.
type UploadOptions struct {
	// ContentType is the media type the upload must state.
	ContentType string
	// Size is the exact length of the upload in bytes, at least 1.
	Size int64
	// Expires is how long the request is valid: whole seconds, 1 second to MaxExpires. An
	// upload that starts in time may end later.
	Expires time.Duration
}

// SignedRequest is a request that a client outside sends as it is. Its body has exactly the size that
// was signed, with a Content-Length, as browsers and HTTP libraries send it by themselves.
type SignedRequest struct {
	Method string
	URL    string
	// Header must be sent unchanged.
	Header    http.Header
	ExpiresAt time.Time
}
