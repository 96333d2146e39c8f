package job

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	entartifact "github.com/weav-ai/weav/ent/artifact"
	entjob "github.com/weav-ai/weav/ent/job"
	"github.com/weav-ai/weav/ent/predicate"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/auth"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/file"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/run"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/usage"
)

// Composer is a domain that has work done as jobs, such as plans: jobs have the queue, the attempts, the progress
// and the end, the composer knows what to ask and what to keep.
type Composer interface {
	// Compose asks the model for a job and checks its answer. It runs again from the beginning when it fails in a
	// way that may pass, or when its process dies. It reports how far it is as it goes.
	Compose(ctx context.Context, j *ent.Job, report ReportProgress) (*Composed, error)
}

// ReportProgress shows subscribers how far a job is: a progress from 0 to 1, or nil, and a phase in words for people.
type ReportProgress func(progress *float64, phase string)

// Composed is an answer that is whole.
type Composed struct {
	// Text is kept as the job's text; nobody is shown it as such.
	Text string
	// Model is the model that answered, as the provider names it; empty for a job without a model.
	Model  string
	Finish ai.Finish
	Usage  ai.Usage
	// Request is what was asked, for an estimate where the provider reported no usage.
	Request ai.TextRequest
	// File is an archive that the job made, which becomes its artifact; nil for none.
	File *file.Stored
	// Keep writes what came of it in the transaction that completes the job; nil keeps the text alone.
	Save func(ctx context.Context, tx *store.Tx) error
}

// ErrUnusable marks an answer that is of no use: the job fails with NO_OUTPUT.
var ErrUnusable = errors.New("job: the answer is of no use")

// InternalOrder is an order of a composer.
type InternalOrder struct {
	Kind  entjob.Kind
	Model catalog.Model
	// Args are kept as JSON, as ArgumentsOf reads them.
	Args any
	// Chat and Plan are what the job is for; nil for none. No message of the chat shows it.
	Chat *oid.Chat
	Plan *oid.Plan
	// MaxCost refuses a job that may cost more; nil for no limit.
	MaxCost *usage.Money
}

// SubmitInternal orders a job of a composer. Such jobs hold none of the user's places, but at most MaxUnfinished of
// them may be unfinished.
func (s *Service) SubmitInternal(ctx context.Context, tx *store.Tx, user oid.User, c InternalOrder) (oid.Job, error) {
	args, err := json.Marshal(c.Args)
	if err != nil {
		return oid.Job{}, fmt.Errorf("job: arguments: %w", err)
	}
	return s.place(ctx, tx, user, placing{
		order:       order{kind: c.Kind, model: c.Model, args: args},
		internal:    &c,
		storeResult: c.Kind != entjob.KindExport, onLimit: Refuse, maxCost: c.MaxCost,
	})
}

// bounded are the arguments of an order with what the API key that asks may ask of models. An order of a plan that is repeated,
// by whatever key, is bounded again.
func bounded(ctx context.Context, o order) (json.RawMessage, error) {
	if o.kind != entjob.KindPlan {
		return o.args, nil
	}
	args, err := decode[PlanArguments](o.args)
	if err != nil {
		return nil, err
	}
	args.IsTest, args.Models = false, nil
	if p, ok := auth.From(ctx); ok && p.Grant != nil {
		args.IsTest, args.Models = p.Grant.IsTest, p.Grant.Models
	}
	raw, err := json.Marshal(args)
	if err != nil {
		return nil, fmt.Errorf("job: arguments: %w", err)
	}
	return raw, nil
}

// internalKinds are the kinds of composers' jobs; byModel are those of them that a model writes.
var (
	byModel       = []entjob.Kind{entjob.KindPlan, entjob.KindPrompts}
	internalKinds = append(slices.Clone(byModel), entjob.KindExport)
)

// isInternal reports whether jobs of a kind are a composer's.
func isInternal(kind entjob.Kind) bool { return slices.Contains(internalKinds, kind) }

// checkInternal makes sure that the person may have another job of a composer. The person's row is locked until the
// transaction ends, so the count is exact.
func (s *Service) checkInternal(ctx context.Context, tx *store.Tx, user oid.User) error {
	if err := tx.LockUser(ctx, user); err != nil {
		return err
	}
	n, err := tx.Client().Job.Query().Where(internalOf(user)).Count(ctx)
	if err != nil {
		return wrap("count", err)
	}
	if n < s.cfg.MaxUnfinished {
		return nil
	}
	return errs.New(errs.TooManyJobs, "%d of your plans are being made, the most there may be. Wait for one, or cancel one.", n).
		Retry(internalRetry).With("limit", s.cfg.MaxUnfinished)
}

// internalRetry is about how long a plan takes.
const internalRetry = 10 * time.Second

// internalOf matches the unfinished jobs of a person that composers have a model write.
func internalOf(user oid.User) predicate.Job {
	return entjob.And(entjob.UserID(user), entjob.KindIn(byModel...),
		entjob.StatusIn(entjob.StatusInQueue, entjob.StatusInProgress))
}

// compose has the composer of the job's kind do its work.
func (w *worker) compose(ctx context.Context) error {
	composer, ok := w.s.composers[w.job.Kind]
	if !ok {
		return w.failed(ctx, errModelGone(w.job.Provider), (*ai.Error).Repeatable)
	}
	j := w.job
	made, err := runCall(ctx, w, func(ctx context.Context, report func(run.Update)) (*Composed, error) {
		return composer.Compose(ctx, j, func(progress *float64, phase string) { report(run.Update{Progress: progress, Phase: phase}) })
	})
	if err != nil || w.IsStopped {
		err = w.failed(ctx, err, (*ai.Error).Repeatable)
	} else {
		err = w.end(ctx, w.composed(made))
	}
	if made != nil && made.File != nil {
		w.s.files.Discard(ctx, made.File) // What became an artifact is left alone.
	}
	return err
}

// composed is the end of a composer's job that is whole.
func (w *worker) composed(made *Composed) ending {
	e := ending{
		status: entjob.StatusCompleted, text: made.Text, finish: made.Finish, model: made.Model, usage: made.Usage, hook: made.Save,
	}
	if w.job.Model != "" {
		e.request = &made.Request
	}
	if made.File != nil {
		e.made = []file.NewArtifact{w.artifact(entartifact.KindFile, "", "", made.File)}
	}
	return e
}
