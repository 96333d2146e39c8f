package job

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/weav-ai/weav/ent"
	entartifact "github.com/weav-ai/weav/ent/artifact"
	entjob "github.com/weav-ai/weav/ent/job"
	"github.com/weav-ai/weav/ent/jobstep"
	"github.com/weav-ai/weav/ent/predicate"
	"github.com/weav-ai/weav/internal/feed"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/run"
	"github.com/weav-ai/weav/internal/store"
)

// purgeBatch is the most jobs one transaction removes.
const purgeBatch = 100

// ended matches jobs that have ended.
func ended() predicate.Job {
	return entjob.StatusIn(entjob.StatusCompleted, entjob.StatusFailed, entjob.StatusCancelled)
}

// dropResults removes text and files of jobs that store none, once they had their time.
func (s *Service) dropResults(ctx context.Context, now time.Time) error {
	rows, err := s.store.Client().Job.Query().
		Where(entjob.ExpiresAtLTE(now), entjob.IsResultGone(false)).Limit(run.Batch).All(ctx)
	if err != nil {
		return wrap("drop results", err)
	}
	var failed []error
	for _, j := range rows {
		err := s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
			n, err := tx.Client().Job.Update().Where(entjob.ID(j.ID), entjob.IsResultGone(false)).
				SetIsResultGone(true).SetText("").SetUpdatedAt(store.Now()).Save(ctx)
			if err != nil || n == 0 {
				return wrap("drop results", err)
			}
			recordSaved(tx, j)
			return s.removeArtifacts(ctx, tx, j.ID)
		})
		failed = append(failed, err)
	}
	return errors.Join(failed...)
}

func (s *Service) removeArtifacts(ctx context.Context, tx *store.Tx, jobs ...oid.Job) error {
	rows, err := tx.Client().Artifact.Query().Where(entartifact.JobIDIn(jobs...)).All(ctx)
	if err != nil {
		return wrap("remove artifacts", err)
	}
	return s.files.RemoveArtifacts(ctx, tx, rows)
}

// Purge removes jobs that ended longer ago than they are kept, with their files. What a chat, a
// favourite or a share link still shows is kept. It answers how many went.
func (s *Service) Purge(ctx context.Context, now time.Time) (int, error) {
	total := 0
	old := []predicate.Job{ended(), entjob.ChatIDIsNil(), entjob.EndedAtLT(now.Add(-s.cfg.Retention))}
	for behind := old; ; {
		var seen []*ent.Job
		err := s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
			seen, err = tx.Client().Job.Query().Where(behind...).Order(entjob.ByID()).Limit(purgeBatch).All(ctx)
			if err != nil || len(seen) == 0 {
				return err
			}
			n, err := s.remove(ctx, tx, seen)
			total += n
			return err
		})
		if err != nil {
			return total, wrap("purge", err)
		}
		if len(seen) < purgeBatch {
			return total, nil
		}
		behind = append(slices.Clone(old), entjob.IDGT(seen[len(seen)-1].ID)) // What is still shown stays, so go on behind it.
	}
}

// remove removes ended jobs but those of which something is still shown.
func (s *Service) remove(ctx context.Context, tx *store.Tx, rows []*ent.Job) (int, error) {
	all := make([]oid.Job, len(rows))
	for i, j := range rows {
		all[i] = j.ID
	}
	shown, err := s.files.Shown(ctx, tx, all)
	if err != nil {
		return 0, err
	}
	var gone []oid.Job
	for _, j := range rows {
		if !shown[j.ID] {
			gone = append(gone, j.ID)
			feed.Record(tx, j.UserID, feed.JobDeleted, feed.Facts{Job: j.ID})
		}
	}
	if len(gone) == 0 {
		return 0, nil
	}
	if err := s.removeArtifacts(ctx, tx, gone...); err != nil {
		return 0, err
	}
	if _, err := tx.Client().JobStep.Delete().Where(jobstep.JobIDIn(gone...)).Exec(ctx); err != nil {
		return 0, wrap("remove", err)
	}
	n, err := tx.Client().Job.Delete().Where(entjob.IDIn(gone...)).Exec(ctx)
	return n, wrap("remove", err)
}

// ForgetChats is called in the transaction that removes chats for good. The jobs made in them go with
// them, but those of which a favourite or a share link still shows something, and unfinished ones: they belong
// to no chat from then on.
func (s *Service) ForgetChats(ctx context.Context, tx *store.Tx, chats []oid.Chat) error {
	rows, err := tx.Client().Job.Query().Where(entjob.ChatIDIn(chats...)).Order(entjob.ByID()).All(ctx)
	if err != nil || len(rows) == 0 {
		return wrap("forget chats", err)
	}
	err = tx.Client().Job.Update().Where(entjob.ChatIDIn(chats...)).ClearChatID().ClearMessageID().Exec(ctx)
	if err != nil {
		return wrap("forget chats", err)
	}
	err = tx.Client().Artifact.Update().Where(entartifact.ChatIDIn(chats...)).ClearChatID().Exec(ctx)
	if err != nil {
		return wrap("forget chats", err)
	}
	var over []*ent.Job
	for _, j := range rows {
		if !unfinished(j.Status) {
			over = append(over, j)
		}
	}
	_, err = s.remove(ctx, tx, over)
	return err
}
