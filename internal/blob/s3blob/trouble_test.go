package s3blob

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"

	"github.com/weav-ai/weav/internal/blob"
	"github.com/weav-ai/weav/internal/blob/blobtest"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/test/servicetest"
)

const (
	// shortIdle is soon over, longIdle is not even on a busy machine.
	shortIdle = 150 * time.Millisecond
	longIdle  = time.Minute
	// promptly is what a small call to a dead store may take, on a busy machine.
	promptly = 3 * time.Second
	// big is more than the connections between here and the store take in.
	big = 32 << 20
)

// at is a bucket of a store that is no MinIO.
func at(t *testing.T, endpoint string, idle time.Duration) *Bucket {
	t.Helper()
	return openWith(t, Options{
		Endpoint: endpoint, Bucket: "private-bucket", AccessKey: "private-access", SecretKey: "private-secret", IdleTimeout: idle,
	})
}

// calls are one of each kind.
func calls(ctx context.Context, b *Bucket) map[string]error {
	put := b.Put(ctx, "private-key", strings.NewReader("x"), blob.PutOptions{ContentType: "image/png", Size: 1})
	_, _, open := b.Open(ctx, "private-key")
	_, span := b.OpenRange(ctx, "private-key", 0, 1)
	_, stat := b.Stat(ctx, "private-key")
	var list error
	for _, err := range b.List(ctx, "private-key") {
		list = err
	}
	return map[string]error{
		"put": put, "open": open, "range": span, "stat": stat, "list": list,
		"delete": b.Delete(ctx, "private-key"), "ping": b.Ping(ctx),
	}
}

// troubled checks that err is this failure, without a private word, and that not even the log
// contains the secret.
func troubled(t *testing.T, name string, err error, want blob.Trouble) {
	t.Helper()
	blobtest.Unavailable(t, err, "private")
	if e, ok := errors.AsType[*errs.Error](err); ok && e.Message != string(want) {
		t.Errorf("%s: %q, want %q (%v)", name, e.Message, want, err)
	}
	if err != nil && strings.Contains(err.Error(), "private-secret") {
		t.Errorf("%s: the error holds the secret: %v", name, err)
	}
}

func TestStoreThatIsNotThere(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = listener.Close() // The address has no listener for now.
	began := time.Now()
	all := calls(t.Context(), at(t, "http://"+listener.Addr().String(), longIdle))
	for name, err := range all {
		troubled(t, name, err, blob.Unreachable)
	}
	if took := time.Since(began) / time.Duration(len(all)); took > promptly {
		t.Errorf("a call takes %v", took)
	}
}

func TestStoreThatNeverAnswers(t *testing.T) {
	t.Parallel()
	began := time.Now()
	all := calls(t.Context(), at(t, silent(t), shortIdle))
	for name, err := range all {
		troubled(t, name, err, blob.Stalled)
	}
	if took := time.Since(began) / time.Duration(len(all)); took > promptly {
		t.Errorf("a call takes %v, but may stand still for %v", took, shortIdle)
	}
}

func TestTransfersThatEndInTheMiddle(t *testing.T) {
	t.Parallel()
	content := blobtest.Content(big, 1)
	for name, c := range map[string]struct {
		cut  bool
		idle time.Duration
		want blob.Trouble
	}{
		"standing still": {false, 2 * time.Second, blob.Stalled},
		"broken":         {true, longIdle, blob.Broken},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			good := options(servicetest.MinIO(t))
			direct := openWith(t, good)
			blobtest.Put(t, direct, "older", content)
			weak := good
			weak.IdleTimeout = c.idle
			weak.Endpoint = relay{up: 1 << 20, down: unlimited, cut: c.cut}.before(t, good.Endpoint)
			for _, key := range []string{"new", "older"} {
				opt := blob.PutOptions{ContentType: "image/png", Size: big}
				err := openWith(t, weak).Put(t.Context(), key, bytes.NewReader(content), opt)
				troubled(t, "put "+key, err, c.want)
			}
			weak.Endpoint = relay{up: unlimited, down: 1 << 20, cut: c.cut}.before(t, good.Endpoint)
			r, _, err := openWith(t, weak).Open(t.Context(), "older")
			if err != nil {
				t.Fatal(err)
			}
			n, err := io.Copy(io.Discard, r)
			troubled(t, "read", err, c.want)
			if n == 0 || n > 1<<20 {
				t.Errorf("read %d bytes", n)
			}
			_ = r.Close() // It has failed.
			blobtest.Lacks(t, direct, "new")
			blobtest.Holds(t, direct, "older", content)
		})
	}
}

// TestStandstillsOfOthers are slower than the store may be: a source, and a reader.
func TestStandstillsOfOthers(t *testing.T) {
	t.Parallel()
	const idle = 2 * time.Second // The store itself must keep it, on a busy machine.
	o := options(servicetest.MinIO(t))
	o.IdleTimeout = idle
	bucket := openWith(t, o)
	const size = 2 << 20
	content := blobtest.Content(size, 1)
	body := io.MultiReader(bytes.NewReader(content[:size/2]), pause{2 * idle}, bytes.NewReader(content[size/2:]))
	if err := bucket.Put(t.Context(), "a", body, blob.PutOptions{ContentType: "image/png", Size: size}); err != nil {
		t.Fatalf("a slow source: %v", err)
	}
	r, _, err := bucket.Open(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	got, err := io.ReadAll(io.MultiReader(io.LimitReader(r, size/2), pause{2 * idle}, r))
	if err != nil || !bytes.Equal(got, content) {
		t.Errorf("a slow reader: %d bytes (%v)", len(got), err)
	}
}

// pause is an empty reader that takes its time.
type pause struct{ d time.Duration }

func (p pause) Read([]byte) (int, error) {
	<-time.After(p.d)
	return 0, io.EOF
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	cases := []struct {
		status int
		code   string
		want   blob.Trouble
	}{
		{http.StatusInsufficientStorage, "XMinioStorageFull", blob.Full},
		{http.StatusInsufficientStorage, "", blob.Full},
		{http.StatusConflict, "XMinioAdminBucketQuotaExceeded", blob.Full},
		{http.StatusForbidden, "AccessDenied", blob.Misconfigured},
		{http.StatusForbidden, "SignatureDoesNotMatch", blob.Misconfigured},
		{http.StatusForbidden, "", blob.Misconfigured},
		{http.StatusServiceUnavailable, "SlowDown", blob.Failing},
		{http.StatusInternalServerError, "InternalError", blob.Failing},
		{http.StatusBadGateway, "", blob.Failing},
		{http.StatusMovedPermanently, "", blob.Failing},
	}
	for _, c := range cases {
		t.Run(fmt.Sprintf("%d %s", c.status, c.code), func(t *testing.T) {
			t.Parallel()
			var asked atomic.Int32
			store := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				asked.Add(1)
				w.WriteHeader(c.status)
				if c.code != "" {
					fmt.Fprintf(w, "<Error><Code>%s</Code><Message>private</Message><Resource>/private</Resource></Error>", c.code)
				}
			}))
			t.Cleanup(store.Close)
			put := at(t, store.URL, longIdle).Put(t.Context(), "a", strings.NewReader("x"), blob.PutOptions{ContentType: "image/png", Size: 1})
			troubled(t, "put", put, c.want)
			_, _, open := at(t, store.URL, longIdle).Open(t.Context(), "a")
			troubled(t, "open", open, c.want)
			if n := asked.Load(); n != 2 {
				t.Errorf("two calls asked the store %d times", n)
			}
		})
	}
}

// TestStoresThatAreNone answer in ways that S3 does not have.
func TestStoresThatAreNone(t *testing.T) {
	t.Parallel()
	for name, handler := range map[string]http.HandlerFunc{
		"a web page":      func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>private</html>") },
		"a broken answer": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := httptest.NewServer(handler)
			t.Cleanup(store.Close)
			_, _, err := at(t, store.URL, longIdle).Open(t.Context(), "a")
			blobtest.Unavailable(t, err, "private")
			if strings.Contains(err.Error(), "private-secret") {
				t.Errorf("the error holds the secret: %v", err)
			}
		})
	}
}

// hasty is a transport that has its answer before it has read the body, and reads on.
type hasty struct {
	returned <-chan struct{}
	read     chan<- int
}

func (h hasty) RoundTrip(req *http.Request) (*http.Response, error) {
	go func() {
		<-h.returned
		n, _ := io.Copy(io.Discard, req.Body) // How it ends is the body's affair.
		h.read <- int(n)
	}()
	return &http.Response{StatusCode: http.StatusForbidden, Body: http.NoBody, Header: http.Header{}}, nil
}

func TestRefusedBodyIsReleased(t *testing.T) {
	t.Parallel()
	returned, read := make(chan struct{}), make(chan int)
	o := Options{Bucket: "weav", AccessKey: "access", SecretKey: "secret", Region: defaultRegion}
	store, err := newClient(o, "https://minio.example.com", hasty{returned, read})
	if err != nil {
		t.Fatal(err)
	}
	bucket := &Bucket{name: o.Bucket, store: minio.Core{Client: store}}
	source := bytes.NewReader(make([]byte, 1000))
	err = bucket.Put(t.Context(), "a", source, blob.PutOptions{ContentType: "image/png", Size: 1000})
	close(returned)
	blobtest.Unavailable(t, err)
	if n := <-read; n > 0 || source.Len() != 1000 {
		t.Errorf("%d bytes were read after put had returned", n)
	}
}
