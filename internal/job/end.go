package job

import (
	"cmp"
	"context"

	"github.com/weav-ai/weav/ent"
	entjob "github.com/weav-ai/weav/ent/job"
	"github.com/weav-ai/weav/ent/jobstep"
	"github.com/weav-ai/weav/ent/message"
	"github.com/weav-ai/weav/ent/predicate"
	entusage "github.com/weav-ai/weav/ent/usage"
	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/feed"
	"github.com/weav-ai/weav/internal/file"
	"github.com/weav-ai/weav/internal/run"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/usage"
)

// ending is how a job ends. end writes it once: status, artifacts, usage, the chat's message and
// the events in one transaction.
type ending struct {
	status  entjob.Status
	text    string
	revised string
	finish  ai.Finish
	model   string // the model that answered; empty when none did
	failure FailureCode
	made    []file.NewArtifact
	usage   ai.Usage
	request *ai.TextRequest // of a text, for an estimate where the provider reported no usage
	spent   *usage.Tokens   // of a text that was cancelled: it is charged
	images  int64
	videoMs int64
	hook    txHook          // what a composer or a cancel writes with the end; may be nil
	lost    bool            // nothing is left at the provider that a retry could go on from
	guard   []predicate.Job // what must hold besides the run
}

// end ends a job for its run, or from outside. It returns run.ErrLost when the job is not the run's any more. Locks are
// taken in the house's order: user, chat, job.
func (s *Service) end(ctx context.Context, j *ent.Job, e ending) error {
	now := store.Now()
	err := s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.LockUser(ctx, j.UserID); err != nil {
			return err
		}
		// The job's message is written below, and a reply's end locks the chat before its message.
		if err := s.chats.HoldChat(ctx, tx, j.ChatID); err != nil {
			return err
		}
		tokens := e.tokens()
		if err := run.Written(s.ended(tx, j, e, tokens).SetEndedAt(now).SetUpdatedAt(now).Save(ctx)); err != nil {
			return wrap("end", err)
		}
		return s.settle(ctx, tx, j, e, tokens)
	})
	if err == nil {
		s.meter.JobEnded(string(j.Kind), string(e.status), now.Sub(j.CreatedAt))
	}
	return err
}

// ended is the update that ends a job.
func (s *Service) ended(tx *store.Tx, j *ent.Job, e ending, tokens *usage.Tokens) *ent.JobUpdate {
	u := tx.Client().Job.Update().Where(holder(j)).Where(e.guard...).
		SetStatus(e.status).SetIsWaiting(false).ClearLeaseUntilMs().SetIsParked(false).SetPhase("").
		SetText(e.text).SetRevisedPrompt(e.revised)
	if j.ProviderRef != nil { // An order that was placed and not saved yet: a retry goes on from it, or it is cancelled there.
		u.SetProviderRef(*j.ProviderRef)
	}
	if e.status == entjob.StatusCompleted {
		u.SetProgress(1)
	}
	if !j.StoreResult && (e.status == entjob.StatusCompleted || e.text != "") {
		u.SetExpiresAt(store.Now().Add(s.life(j.Kind)))
	}
	if !e.isKept(j) { // Nothing is left at the provider for a retry.
		u.ClearKeptUntil()
	}
	if e.finish != "" {
		u.SetFinishReason(run.FinishReason[entjob.FinishReason](e.finish))
	}
	if e.model != "" {
		u.SetAnsweredBy(e.model)
	}
	if e.failure != "" {
		u.SetFailureCode(string(e.failure))
	}
	if tokens != nil {
		u.SetInputTokens(tokens.Input).SetOutputTokens(tokens.Output).SetCachedInputTokens(tokens.Cached).
			SetImages(tokens.Images).SetVideoMs(tokens.VideoMs).SetUsageSource(entjob.UsageSource(tokens.Source))
	}
	return u
}

// holder matches a job that is unfinished and still the run's that was read with it, also while it waits.
func holder(j *ent.Job) predicate.Job {
	return entjob.And(entjob.ID(j.ID), entjob.RunID(j.RunID),
		entjob.StatusIn(entjob.StatusInQueue, entjob.StatusInProgress))
}

// settle writes what the end of a job means for everything else.
func (s *Service) settle(ctx context.Context, tx *store.Tx, j *ent.Job, e ending, tokens *usage.Tokens) error {
	for _, a := range e.made {
		if !j.StoreResult {
			until := store.Now().Add(s.life(j.Kind))
			a.ExpiresAt = &until
		}
		if _, err := s.files.Add(ctx, tx, a); err != nil {
			return err
		}
	}
	if e.hook != nil {
		if err := e.hook(ctx, tx); err != nil {
			return err
		}
	}
	if err := s.recordUsage(ctx, tx, j, e, tokens); err != nil {
		return err
	}
	if err := s.chats.EndJobTurn(ctx, tx, j, messageStatus(e), caption(e)); err != nil {
		return err
	}
	err := step(ctx, tx, j.ID, func(c *ent.JobStepCreate) {
		c.SetType(jobstep.Type(e.status))
		if e.failure != "" {
			c.SetCode(string(e.failure))
		}
		if j.Attempt > 0 {
			c.SetAttempt(j.Attempt)
		}
	})
	if err != nil {
		return err
	}
	if j.ProviderRef != nil && e.status != entjob.StatusCompleted && !e.isKept(j) {
		tx.Enqueue(abandonJob(j))
	}
	feed.Record(tx, j.UserID, feed.JobEnded, endFacts(j, e.status, e.text))
	return s.promote(ctx, tx, j.UserID) // The place that becomes free is given in the transaction that frees it.
}

// endFacts are what subscribers are sent of a job's end. Of other kinds than texts nobody follows the text.
func endFacts(j *ent.Job, status entjob.Status, text string) feed.Facts {
	facts := feed.Facts{Job: j.ID, Run: j.RunID, Status: string(status)}
	if j.Kind == entjob.KindText {
		facts.Length = run.Length(text)
	}
	return facts
}

// caption is what the chat's message says of a job that ended.
func caption(e ending) string {
	if e.text != "" {
		return e.text
	}
	return e.revised
}

// messageStatus is that of the chat's message. One whose text was shown broke off.
func messageStatus(e ending) message.Status {
	switch {
	case e.status == entjob.StatusCompleted:
		return message.StatusCompleted
	case e.status == entjob.StatusCancelled:
		return message.StatusStopped
	case !run.IsBlank(e.text):
		return message.StatusInterrupted
	default:
		return message.StatusFailed
	}
}

// tokens is what the job consumed; nil when nobody knows of anything.
func (e ending) tokens() *usage.Tokens {
	t := usage.FromProvider(e.usage)
	t.Images, t.VideoMs = e.images, e.videoMs
	switch {
	case e.spent != nil:
		return e.spent
	case e.request != nil:
		t = usage.Of(e.usage, *e.request, e.text)
	case !e.usage.Known && e.usage.Input == 0 && e.usage.Output == 0 && e.images == 0 && e.videoMs == 0:
		return nil
	case !e.usage.Known:
		t.Source = entusage.SourceEstimated
	}
	return &t
}

// isCharged says whether the job is paid for. What did not complete is not, but for a text that was cancelled while it was
// written: that costs what was produced, as a stopped reply does. Nor is a text that the model or a filter refused.
func (e ending) isCharged(kind entjob.Kind) bool {
	if kind == entjob.KindText && usage.IsRefused(e.finish) {
		return false
	}
	return e.status == entjob.StatusCompleted || e.spent != nil
}

// recordUsage settles what the job used.
func (s *Service) recordUsage(ctx context.Context, tx *store.Tx, j *ent.Job, e ending, tokens *usage.Tokens) error {
	if tokens == nil {
		return s.ledger.Release(ctx, tx, j.RunID)
	}
	row := usage.Row{
		Run: j.RunID, User: j.UserID, Chat: j.ChatID, Message: j.MessageID, Job: &j.ID, IsOwnKey: j.IsOwnKey,
		Purpose: entusage.Purpose(j.Kind), Charged: e.isCharged(j.Kind),
		Model: cmp.Or(e.model, j.Model), ModelID: j.Model, Tokens: *tokens,
	}
	if err := priced(&row, j); err != nil {
		return err
	}
	return s.ledger.Settle(ctx, tx, row)
}

// priced adds to a job's usage what the price of its kind goes by.
func priced(row *usage.Row, j *ent.Job) error {
	switch j.Kind {
	case entjob.KindImage:
		args, err := read[ImageArguments](j)
		if err != nil {
			return err
		}
		row.Size, row.Quality = args.Size, args.Quality
	case entjob.KindVideo:
		args, err := read[VideoArguments](j)
		if err != nil {
			return err
		}
		row.Resolution, row.OrderedMs = args.Resolution, int64(args.Seconds)*1000
	}
	return nil
}
