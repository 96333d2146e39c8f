package job

import (
	"context"
	"time"

	"github.com/weav-ai/weav/ent"
	entartifact "github.com/weav-ai/weav/ent/artifact"
	entjob "github.com/weav-ai/weav/ent/job"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
)

const (
	// MaxKeptExports is how many exports of one person are kept at once, since each may be large.
	MaxKeptExports = 3
	// exportRetry is about how long an export takes.
	exportRetry = 30 * time.Second
)

// takeExport makes sure that the person may have another export made: one at a time, and a few that are kept. The
// person's row is locked until the transaction ends, so the counts are exact.
func (s *Service) takeExport(ctx context.Context, tx *store.Tx, user oid.User, again bool) error {
	if err := tx.LockUser(ctx, user); err != nil {
		return err
	}
	busy, err := tx.Client().Job.Query().Where(entjob.UserID(user), entjob.KindEQ(entjob.KindExport),
		entjob.StatusIn(entjob.StatusInQueue, entjob.StatusInProgress)).Exist(ctx)
	if err != nil {
		return wrap("count", err)
	}
	if busy {
		return exportLimit(again, errs.Textf("An export is being made already. Wait for it, or cancel it."))
	}
	kept, err := tx.Client().Artifact.Query().
		Where(entartifact.UserID(user), entartifact.KindEQ(entartifact.KindFile)).Count(ctx)
	if err != nil {
		return wrap("count", err)
	}
	if kept >= MaxKeptExports {
		return exportLimit(again, errs.Textf("The most exports that may be are kept already. Delete one first."))
	}
	return nil
}

// exportLimit refuses an order as a fault of its input, and a repetition, whose input names only a job, as a limit.
func exportLimit(again bool, message errs.Text) error {
	if again {
		return errs.NewText(errs.TooManyJobs, message).Retry(exportRetry).With("limit", 1)
	}
	return errs.InputErrors{errs.Fault(errs.LimitReached, []string{"input"}, message)}
}

// repeatedExport is the order of an export that ended.
func repeatedExport(old *ent.Job) placing {
	return placing{order: order{kind: old.Kind, args: old.Arguments}, internal: &InternalOrder{}, retryOf: &old.ID}
}

// timeout is how long the work on a job may take in all.
func (s *Service) timeout(kind entjob.Kind) time.Duration {
	if kind == entjob.KindExport {
		return s.cfg.ExportTimeout
	}
	return s.cfg.Timeout
}

// life is how long the result of a job that stores none is kept.
func (s *Service) life(kind entjob.Kind) time.Duration {
	if kind == entjob.KindExport {
		return s.cfg.ExportLife
	}
	return s.cfg.Unstored
}
