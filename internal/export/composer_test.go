package export_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"os"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/weav-ai/weav/ent"
	entjob "github.com/weav-ai/weav/ent/job"
	"github.com/weav-ai/weav/internal/blob"
	"github.com/weav-ai/weav/internal/blob/fileblob"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/export"
	"github.com/weav-ai/weav/internal/file"
	"github.com/weav-ai/weav/internal/job"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/store/storetest"
	"github.com/weav-ai/weav/test/servicetest"
)

func TestMain(m *testing.M) { servicetest.Main(m) }

// fixture is a composer over a real database and a folder, with one user in it.
type fixture struct {
	t      *testing.T
	st     *store.Store
	files  *file.Service
	bucket *failingStore
	user   oid.User
	temp   string
}

type noMetrics struct{}

func (noMetrics) ObjectsRepaired(string, int) {}

// frail is a store whose next puts fail.
type failingStore struct {
	blob.Bucket
	fails atomic.Int64
}

func (f *failingStore) Put(ctx context.Context, key string, body io.Reader, opt blob.PutOptions) error {
	if f.fails.Add(-1) >= 0 {
		return errs.New(errs.Unavailable, "The file store is down.").Retry(0)
	}
	return f.Bucket.Put(ctx, key, body, opt)
}

func each(t *testing.T, test func(d *fixture)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		own, err := fileblob.Open(fileblob.Options{Root: t.TempDir(), Secret: bytes.Repeat([]byte("s"), 32), BaseURL: "http://127.0.0.1"})
		must(t, err)
		t.Cleanup(func() { _ = own.Close() }) // Nothing is written any more.
		d := &fixture{t: t, st: st, bucket: &failingStore{Bucket: own}, user: storetest.User(t, st), temp: t.TempDir()}
		d.files = file.New(st, d.bucket, slog.New(slog.DiscardHandler), noMetrics{}, file.Config{TempDir: d.temp, PublicURL: "http://127.0.0.1"})
		test(d)
		left, err := os.ReadDir(d.temp)
		must(t, err)
		if len(left) > 0 {
			t.Errorf("%d files are left in the temporary folder", len(left))
		}
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// compose makes an export.
func (d *fixture) compose(ctx context.Context, cfg export.Config, report job.ReportProgress) (*job.Composed, error) {
	d.t.Helper()
	args, err := json.Marshal(job.ExportArguments{IncludesFiles: true})
	must(d.t, err)
	composer := export.NewComposer(export.Parts{Store: d.st, Files: d.files}, cfg)
	return composer.Compose(ctx, &ent.Job{ID: oid.New[oid.Job](), UserID: d.user, Kind: entjob.KindExport, Arguments: args}, report)
}

func ignoreProgress(*float64, string) {}

// chats makes n chats.
func (d *fixture) chats(n int) {
	d.t.Helper()
	for range n {
		must(d.t, d.st.Client().Chat.Create().SetUserID(d.user).SetTitle("t").SetModel("m").Exec(d.t.Context()))
	}
}

// TestAllPagesOfChatsAreExported: there are more chats than one batch reads.
func TestAllPagesOfChatsAreExported(t *testing.T) {
	t.Parallel()
	each(t, func(d *fixture) {
		const n = 450
		d.chats(n)
		last := 0.0
		made, err := d.compose(d.t.Context(), export.Config{}, func(progress *float64, _ string) {
			if progress == nil {
				return
			}
			if *progress < last || *progress > 1 {
				d.t.Errorf("the progress is %v after %v", *progress, last)
			}
			last = *progress
		})
		must(d.t, err)
		if last != 1 {
			d.t.Errorf("the progress ends at %v", last)
		}
		z := d.open(made)
		chats := map[string]bool{}
		for _, f := range z.File {
			chats[f.Name] = true
		}
		if len(chats) != 2*n+12 {
			d.t.Errorf("%d entries, want two for each of %d chats and 12 more", len(chats), n)
		}
	})
}

// open reads the archive as it was stored.
func (d *fixture) open(made *job.Composed) *zip.Reader {
	d.t.Helper()
	rows, err := d.st.Client().Object.Query().All(d.t.Context())
	must(d.t, err)
	if len(rows) != 1 {
		d.t.Fatalf("%d objects, want the archive", len(rows))
	}
	r, _, err := d.bucket.Open(d.t.Context(), rows[0].ID)
	must(d.t, err)
	defer r.Close()
	raw, err := io.ReadAll(r)
	must(d.t, err)
	if int64(len(raw)) != made.File.Bytes {
		d.t.Errorf("%d bytes are stored, %d were told", len(raw), made.File.Bytes)
	}
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	must(d.t, err)
	return z
}

func TestAnExportThatIsTooLargeFails(t *testing.T) {
	t.Parallel()
	each(t, func(d *fixture) {
		d.chats(20)
		if _, err := d.compose(d.t.Context(), export.Config{MaxBytes: 2000}, ignoreProgress); !errors.Is(err, job.ErrTooLarge) {
			d.t.Errorf("ended with %v", err)
		}
		if n := d.st.Client().Object.Query().CountX(d.t.Context()); n != 0 {
			d.t.Errorf("%d objects", n)
		}
	})
}

// TestAKilledExportLeavesNothing: the file on the way has no name by which it could stay. Windows does not
// allow that.
func TestAKilledExportLeavesNothing(t *testing.T) {
	t.Parallel()
	each(t, func(d *fixture) {
		if runtime.GOOS == "windows" {
			d.t.Skip("an open file keeps its name there")
		}
		called := false
		_, err := d.compose(d.t.Context(), export.Config{}, func(*float64, string) {
			called = true
			if left, err := os.ReadDir(d.temp); err != nil || len(left) > 0 {
				d.t.Errorf("%v lie in the temporary folder, %v", left, err)
			}
		})
		must(d.t, err)
		if !called {
			d.t.Error("nobody looked")
		}
	})
}

func TestACancelledExportLeavesNothing(t *testing.T) {
	t.Parallel()
	each(t, func(d *fixture) {
		d.chats(20)
		ctx, cancel := context.WithCancel(d.t.Context())
		if _, err := d.compose(ctx, export.Config{}, func(*float64, string) { cancel() }); !errors.Is(err, context.Canceled) {
			d.t.Errorf("ended with %v", err)
		}
	})
}

// TestAWholeExportIsStoredAgainWhenTheStoreFails: gathering it took minutes, so a store that fails once does
// not undo that.
func TestAWholeExportIsStoredAgainWhenTheStoreFails(t *testing.T) {
	t.Parallel()
	each(t, func(d *fixture) {
		d.bucket.fails.Store(1)
		gathered := 0
		_, err := d.compose(d.t.Context(), export.Config{}, func(_ *float64, phase string) {
			if phase == "Saving the result" {
				gathered++
			}
		})
		if err != nil || gathered != 1 {
			d.t.Errorf("gathered %d times, %v", gathered, err)
		}
		must(d.t, d.files.Sweep(d.t.Context()))
	})
}
