package erasure

import (
	"context"
	"fmt"
	"time"

	"github.com/weav-ai/weav/ent"
	entchat "github.com/weav-ai/weav/ent/chat"
	entfolder "github.com/weav-ai/weav/ent/folder"
	entobject "github.com/weav-ai/weav/ent/object"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
)

// step is one step of an erasure. It can be repeated, and reports whether the account was due.
type step func(ctx context.Context, id oid.User, now time.Time) (due bool, err error)

// steps are the steps in their order. After the first one the deletion is final and the account cannot be
// used.
func (s *Service) steps() []step {
	locked := func(take func(context.Context, *store.Tx, oid.User) error) step {
		return func(ctx context.Context, id oid.User, now time.Time) (bool, error) {
			return s.ifDue(ctx, id, now, take)
		}
	}
	return []step{
		locked(s.begin),
		s.cancelJobs,
		locked(dropFiles),
		locked(dropChats),
		s.purgeChats,
		s.dropIdentity,
		locked(s.dropRest),
	}
}

// begin makes the deletion final and ends all sessions and keys. Without them no request can add rows behind
// the following steps.
func (s *Service) begin(ctx context.Context, tx *store.Tx, id oid.User) error {
	if err := tx.Client().User.UpdateOneID(id).SetDeletesAt(begun).Exec(ctx); err != nil {
		return err
	}
	if _, err := s.Accounts.EndSessions(ctx, tx, id); err != nil {
		return err
	}
	return s.APIKeys.RevokeAll(ctx, tx, id)
}

// cancelJobs requests the end of all running jobs, if the account is beyond its first step. It runs outside a
// transaction, because a job must be cancelled in its own.
func (s *Service) cancelJobs(ctx context.Context, id oid.User, _ time.Time) (bool, error) {
	due, err := s.ifDue(ctx, id, begun, func(context.Context, *store.Tx, oid.User) error { return nil })
	if err != nil || !due {
		return false, err
	}
	return true, s.Jobs.CancelAll(ctx, id)
}

// purgeChats deletes permanently what was deleted long ago: after the step before, that includes all chats
// and folders of the account.
func (s *Service) purgeChats(ctx context.Context, _ oid.User, now time.Time) (bool, error) {
	if _, err := s.Chats.Purge(ctx, now); err != nil {
		return false, err
	}
	_, err := s.Folders.Purge(ctx, now)
	return true, err
}

// dropIdentity deletes the user at the identity provider, outside of a transaction. The row with the uid is
// deleted after it, so a provider that does not answer receives the request again in the next round.
func (s *Service) dropIdentity(ctx context.Context, id oid.User, _ time.Time) (bool, error) {
	if s.DeleteIdentity == nil {
		return true, nil
	}
	u, err := s.Store.Client().User.Get(ctx, id)
	if ent.IsNotFound(err) { // Another process was first.
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, s.DeleteIdentity(ctx, u.UID)
}

// dropFiles marks every object of a user for deletion by the sweeper, and deletes the rows that refer to
// them. Objects are deleted after the commit, since the object store has no rollback.
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

// dropChats deletes all chats and folders with a date long ago, so that the regular purge deletes them
// permanently.
func dropChats(ctx context.Context, tx *store.Tx, id oid.User) error {
	if err := tx.Client().Chat.Update().Where(entchat.UserID(id)).SetDeletedAt(begun).Exec(ctx); err != nil {
		return err
	}
	return tx.Client().Folder.Update().Where(entfolder.UserID(id)).SetDeletedAt(begun).Exec(ctx)
}

// dropRest deletes everything else, the account last. Payments remain without the user, as the law requires,
// and so does the audit log.
func (s *Service) dropRest(ctx context.Context, tx *store.Tx, id oid.User) error {
	if err := forgetCustomer(ctx, tx, id); err != nil {
		return err
	}
	if err := s.Billing.Forget(ctx, tx, id); err != nil {
		return err
	}
	// The order follows the foreign keys: rows that refer to others go first.
	err := remove(ctx, tx, id,
		`DELETE FROM job_steps WHERE job_id IN (SELECT id FROM jobs WHERE user_id = $1)`,
		`DELETE FROM jobs WHERE user_id = $1`,
	)
	if err != nil {
		return err
	}
	if err := dropFiles(ctx, tx, id); err != nil { // What jobs made since the files were deleted.
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

// forgetCustomer removes the user's id from the payments of the sandbox gateway, whose JSON contains it.
func forgetCustomer(ctx context.Context, tx *store.Tx, id oid.User) error {
	const forget = `UPDATE sandbox_payments SET state = replace(state, CAST($1 AS text), '') WHERE id IN (SELECT gateway_id FROM payments WHERE user_id = $2)`
	if _, err := tx.Client().ExecContext(ctx, forget, id.String(), id); err != nil {
		return fmt.Errorf("%s: %w", forget, err)
	}
	return nil
}

// remove runs deletions for one user; an error names its statement.
func remove(ctx context.Context, tx *store.Tx, id oid.User, statements ...string) error {
	for _, statement := range statements {
		if _, err := tx.Client().ExecContext(ctx, statement, id); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return nil
}
