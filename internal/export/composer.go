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

// putWaits are those between attempts to store an export that is whole: it took minutes to make.
var putWaits = []time.Duration{time.Second, 4 * time.Second}

// Author makes exports.
type Author struct {
	Parts
	cfg Config
}

// NewAuthor returns the author of the jobs of exports.
func NewAuthor(p Parts, cfg Config) *Author {
	if cfg.MaxBytes == 0 {
		cfg.MaxBytes = DefaultMaxBytes
	}
	return &Author{Parts: p, cfg: cfg}
}

// Kinds are the kinds of jobs it works on.
func (a *Author) Kinds() map[entjob.Kind]job.Composer {
	return map[entjob.Kind]job.Composer{entjob.KindExport: a}
}

// Compose implements job.Composer. Nothing is left in the temporary folder, however it ends.
func (a *Author) Compose(ctx context.Context, j *ent.Job, tell job.ReportProgress) (*job.Composed, error) {
	args, err := job.ArgumentsOf(j)
	if err != nil {
		return nil, err
	}
	temp, err := os.CreateTemp(a.Files.TempDir(), "weav-export-*.zip")
	if err != nil {
		return nil, wrap("temporary file", err)
	}
	_ = os.Remove(temp.Name()) // A file without a name is gone with its process, also one that is killed. Some systems refuse: then it goes below.
	defer func() {
		_, _ = temp.Close(), os.Remove(temp.Name())
	}()
	order, _ := args.(*job.ExportArguments)
	g := &gathering{
		archive: newArchive(ctx, temp, a.cfg.MaxBytes), db: a.Store.Client(), store: a.Files, user: j.UserID, tell: tell,
		paths: map[fmt.Stringer]string{},
	}
	if err := g.all(ctx, order.IncludesFiles); err != nil {
		return nil, ended(ctx, err)
	}
	tell(nil, phaseSaving)
	kept, err := a.keep(ctx, temp, j)
	if err != nil {
		return nil, ended(ctx, err)
	}
	return &job.Composed{File: kept}, nil
}

// ended tells of a deadline or a cancel as such, whatever the step made of it that met it.
func ended(ctx context.Context, err error) error {
	if cause := ctx.Err(); cause != nil {
		return cause
	}
	return err
}

// keep puts the zip into the object store.
func (a *Author) keep(ctx context.Context, temp *os.File, j *ent.Job) (*file.Stored, error) {
	size, err := temp.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, wrap("measure", err)
	}
	for i := 0; ; i++ {
		kept, err := a.Files.StoreArchive(ctx, file.Archive{User: j.UserID, Body: io.NewSectionReader(temp, 0, size), Size: size})
		if errs.CodeOf(err) != errs.Unavailable {
			return kept, err
		}
		if i == len(putWaits) {
			return nil, job.OfStore(err)
		}
		if err := ai.Wait(ctx, putWaits[i]); err != nil {
			return nil, err
		}
	}
}

// The phases, in words for people.
const (
	phaseFiles   = "Gathering your files"
	phaseChats   = "Gathering your chats"
	phaseAccount = "Gathering your account"
	phaseSaving  = "Saving the result"
)
