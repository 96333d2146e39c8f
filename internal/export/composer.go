package export

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/weav-ai/weav/ent"
	entjob "github.com/weav-ai/weav/ent/job"
	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/file"
	"github.com/weav-ai/weav/internal/job"
)

// putWaits are the delays between attempts to store a complete export, which took minutes to make.
var putWaits = []time.Duration{time.Second, 4 * time.Second}

// Composer composes exports.
type Composer struct {
	Parts
	cfg Config
}

// NewComposer returns the composer of the jobs of exports.
func NewComposer(p Parts, cfg Config) *Composer {
	if cfg.MaxBytes == 0 {
		cfg.MaxBytes = DefaultMaxBytes
	}
	return &Composer{Parts: p, cfg: cfg}
}

// Kinds are the kinds of jobs that it composes.
func (a *Composer) Kinds() map[entjob.Kind]job.Composer {
	return map[entjob.Kind]job.Composer{entjob.KindExport: a}
}

// Compose implements the composer of package job. It leaves nothing in the temporary folder, however it ends.
func (a *Composer) Compose(ctx context.Context, j *ent.Job, report job.ReportProgress) (*job.Composed, error) {
	args, err := job.ArgumentsOf(j)
	if err != nil {
		return nil, err
	}
	// A file and not memory, since an export may have gigabytes.
	temp, err := os.CreateTemp(a.Files.TempDir(), "weav-export-*.zip")
	if err != nil {
		return nil, wrap("temporary file", err)
	}
	_ = os.Remove(temp.Name()) // An unlinked file is freed when its process ends, even by a kill. Windows refuses that: there it is deleted below.
	defer func() {
		_, _ = temp.Close(), os.Remove(temp.Name())
	}()
	order, _ := args.(*job.ExportArguments)
	g := &gatherer{
		archive: newArchive(ctx, temp, a.cfg.MaxBytes), db: a.Store.Client(), store: a.Files, user: j.UserID, onProgress: report,
		paths: map[fmt.Stringer]string{},
	}
	if err := g.all(ctx, order.IncludesFiles); err != nil {
		return nil, contextError(ctx, err)
	}
	report(nil, phaseSaving)
	stored, err := a.storeArchive(ctx, temp, j)
	if err != nil {
		return nil, contextError(ctx, err)
	}
	return &job.Composed{File: stored}, nil
}

// contextError returns the end of the context, whatever error the interrupted step made of it, so that a
// cancel is not reported as a failure.
func contextError(ctx context.Context, err error) error {
	if cause := ctx.Err(); cause != nil {
		return cause
	}
	return err
}

// storeArchive uploads the zip to the object store.
func (a *Composer) storeArchive(ctx context.Context, temp *os.File, j *ent.Job) (*file.Stored, error) {
	size, err := temp.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, wrap("measure", err)
	}
	for i := 0; ; i++ {
		stored, err := a.Files.StoreArchive(ctx, file.Archive{User: j.UserID, Body: io.NewSectionReader(temp, 0, size), Size: size})
		// Only an unavailable store is worth another attempt.
		if errs.CodeOf(err) != errs.Unavailable {
			return stored, err
		}
		if i == len(putWaits) {
			return nil, job.OfStore(err)
		}
		if err := ai.Wait(ctx, putWaits[i]); err != nil {
			return nil, err
		}
	}
}

// The phases, as users see them.
const (
	phaseFiles   = "Gathering your files"
	phaseChats   = "Gathering your chats"
	phaseAccount = "Gathering your account"
	phaseSaving  = "Saving the result"
)
