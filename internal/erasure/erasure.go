// Package erasure removes accounts whose people asked for it, when the time to change their mind is over.
package erasure

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	entchat "github.com/weav-ai/weav/ent/chat"
	entfolder "github.com/weav-ai/weav/ent/folder"
	entobject "github.com/weav-ai/weav/ent/object"
	"github.com/weav-ai/weav/ent/user"
	"github.com/weav-ai/weav/internal/account"
	"github.com/weav-ai/weav/internal/apikey"
	"github.com/weav-ai/weav/internal/billing"
	"github.com/weav-ai/weav/internal/chat"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/folder"
	"github.com/weav-ai/weav/internal/job"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
)

// batch is the most accounts of one look.
const batch = 20

// Parts are whose rows go.
type Parts struct {
	Store    *store.Store
	Accounts *account.Service
	APIKeys  *apikey.Service
	Chats    *chat.Service
	Folders  *folder.Service
	Jobs     *job.Service
	Billing  *billing.Service
	Log      *slog.Logger
}

// Service removes accounts.
type Service struct {
	Parts
}

// New returns what removes accounts.
func New(p Parts) *Service { return &Service{Parts: p} }

// Purge removes the accounts whose time is over, and tells how many. Each step may be the last one of a process: the next
// look goes on, since the account's own row goes last. Any number of processes may look at once.
func (s *Service) Purge(ctx context.Context, now time.Time) (int, error) {
	due, err := s.Store.Client().User.Query().Where(user.DeletesAtLTE(now)).Limit(batch).IDs(ctx)
	if err != nil {
		return 0, fmt.Errorf("erasure: find: %w", err)
	}
	gone := 0
	var faults []error
	for _, id := range due {
		if err := s.erase(ctx, id, now); err != nil {
			faults = append(faults, err)
			continue
		}
		gone++
	}
	return gone, errors.Join(faults...)
}

// erase removes one account. Nobody can do anything with it from the first step on.
func (s *Service) erase(ctx context.Context, id oid.User, now time.Time) error {
	if err := s.Jobs.CancelAll(ctx, id); err != nil {
		return fmt.Errorf("erasure: %w", err)
	}
	steps := []func(ctx context.Context, tx *store.Tx) error{
		func(ctx context.Context, tx *store.Tx) error {
			if _, err := s.Accounts.EndSessions(ctx, tx, id); err != nil {
				return err
			}
			return s.APIKeys.RevokeAll(ctx, tx, id)
		},
		func(ctx context.Context, tx *store.Tx) error { return dropFiles(ctx, tx, id) },
		func(ctx context.Context, tx *store.Tx) error { return dropChats(ctx, tx, id) },
	}
	for _, step := range steps {
		if err := s.Store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error { return ifDue(ctx, tx, id, now, step) }); err != nil {
			return fmt.Errorf("erasure: %w", err)
		}
	}
	if _, err := s.Chats.Purge(ctx, now); err != nil {
		return err
	}
	if _, err := s.Folders.Purge(ctx, now); err != nil {
		return err
	}
	return s.Store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		return ifDue(ctx, tx, id, now, func(ctx context.Context, tx *store.Tx) error { return s.dropRest(ctx, tx, id) })
	})
}

// ifDue takes a step while the account is to go and its row is locked: somebody who restores it, and a run that ends, come
// before or after. An account that stays, or is gone, is left alone.
func ifDue(ctx context.Context, tx *store.Tx, id oid.User, now time.Time, step func(context.Context, *store.Tx) error) error {
	if err := tx.LockUser(ctx, id); err != nil {
		if errs.CodeOf(err) == errs.NotFound {
			return nil
		}
		return err
	}
	due, err := tx.Client().User.Query().Where(user.ID(id), user.DeletesAtLTE(now)).Exist(ctx)
	if err != nil || !due {
		return err
	}
	return step(ctx, tx)
}

// dropFiles dooms every object of a person, which the sweeper then deletes from the store, and removes what pointed to them.
func dropFiles(ctx context.Context, tx *store.Tx, id oid.User) error {
	err := tx.Client().Object.Update().Where(entobject.UserID(id), entobject.StateNEQ(entobject.StateDoomed)).
		SetState(entobject.StateDoomed).SetStateAt(store.Now()).Exec(ctx)
	if err != nil {
		return err
	}
	return remove(ctx, tx, id,
		`DELETE FROM attachments WHERE file_id IN (SELECT id FROM files WHERE user_id = $1) OR artifact_id IN (SELECT id FROM artifacts WHERE user_id = $1)`,
		`DELETE FROM share_links WHERE user_id = $1`,
		`DELETE FROM artifacts WHERE user_id = $1`,
		`DELETE FROM files WHERE user_id = $1`,
	)
}

// dropChats deletes all chats and folders, as if long ago: what removes such ones for good does the rest.
func dropChats(ctx context.Context, tx *store.Tx, id oid.User) error {
	longAgo := time.Unix(0, 0).UTC()
	if err := tx.Client().Chat.Update().Where(entchat.UserID(id)).SetDeletedAt(longAgo).Exec(ctx); err != nil {
		return err
	}
	return tx.Client().Folder.Update().Where(entfolder.UserID(id)).SetDeletedAt(longAgo).Exec(ctx)
}

// dropRest removes what is left, the account last. Payments stay without their person, as the law asks; so does what the
// administration did.
func (s *Service) dropRest(ctx context.Context, tx *store.Tx, id oid.User) error {
	if err := s.Billing.Forget(ctx, tx, id); err != nil {
		return err
	}
	err := remove(ctx, tx, id,
		`DELETE FROM job_steps WHERE job_id IN (SELECT id FROM jobs WHERE user_id = $1)`,
		`DELETE FROM jobs WHERE user_id = $1`,
	)
	if err != nil {
		return err
	}
	if err := dropFiles(ctx, tx, id); err != nil { // What jobs made since the files went.
		return err
	}
	err = remove(ctx, tx, id,
		`DELETE FROM plan_steps WHERE user_id = $1`,
		`DELETE FROM plans WHERE user_id = $1`,
		`DELETE FROM prompts WHERE user_id = $1`,
		`DELETE FROM refresh_tokens WHERE session_id IN (SELECT id FROM sessions WHERE user_id = $1)`,
		`DELETE FROM sessions WHERE user_id = $1`,
		`DELETE FROM key_months WHERE api_key_id IN (SELECT id FROM api_keys WHERE user_id = $1)`,
		`DELETE FROM api_keys WHERE user_id = $1`,
		`DELETE FROM provider_keys WHERE user_id = $1`,
		`DELETE FROM usages WHERE user_id = $1`,
		`DELETE FROM ledger_entries WHERE user_id = $1`,
		`DELETE FROM quota_days WHERE user_id = $1`,
		`DELETE FROM membership_changes WHERE user_id = $1`,
		`DELETE FROM idempotency_keys WHERE user_id = $1`,
		`DELETE FROM feed_events WHERE user_id = $1`,
		`DELETE FROM feeds WHERE user_id = $1`,
		`DELETE FROM users WHERE id = $1`,
	)
	if err != nil {
		return err
	}
	tx.AfterCommit(func(ctx context.Context) { s.Log.InfoContext(ctx, "an account was removed, as its person asked") })
	return nil
}

func remove(ctx context.Context, tx *store.Tx, id oid.User, statements ...string) error {
	for _, statement := range statements {
		if _, err := tx.Client().ExecContext(ctx, statement, id); err != nil {
			return fmt.Errorf("erasure: %s: %w", statement, err)
		}
	}
	return nil
}
