// Package erasure deletes accounts whose users requested it, once the time to undo the deletion is over.
package erasure

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/predicate"
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

// batch is the most accounts that are read at once.
const batch = 20

// begun is the date of deletion of an account whose erasure has begun. It is long ago by the clock of every
// server, so that none restores the account.
var begun = time.Unix(0, 0).UTC()

// Parts are the domains whose rows are deleted.
type Parts struct {
	Store    *store.Store
	Accounts *account.Service
	APIKeys  *apikey.Service
	Chats    *chat.Service
	Folders  *folder.Service
	Jobs     *job.Service
	Billing  *billing.Service
	Log      *slog.Logger
	// DeleteIdentity removes the user at the identity provider, by its uid, and succeeds for one that does not exist; nil where this
	// server may not.
	DeleteIdentity func(ctx context.Context, uid string) error
}

// Service deletes accounts.
type Service struct {
	Parts
}

// New returns a Service.
func New(p Parts) *Service { return &Service{Parts: p} }

// Purge deletes all accounts whose time is over, those that have waited longest first, and returns how many
// were deleted. An account that fails does not block the next ones.
//
// A process may die after each step. The next run continues, because the account's own row is deleted last.
// Any number of processes may run it concurrently.
func (s *Service) Purge(ctx context.Context, now time.Time) (int, error) {
	gone := 0
	var faults []error
	for next := []predicate.User{}; ; {
		due, err := s.Store.Client().User.Query().Where(user.DeletesAtLTE(now)).Where(next...).
			Order(user.ByDeletesAt(), user.ByID()).Limit(batch).All(ctx)
		if err != nil {
			return gone, errors.Join(append(faults, fmt.Errorf("erasure: find: %w", err))...)
		}
		for _, u := range due {
			went, err := s.erase(ctx, u.ID, now)
			if err != nil {
				faults = append(faults, fmt.Errorf("erasure: %w", err))
			}
			if went {
				gone++
			}
		}
		if len(due) < batch {
			return gone, errors.Join(faults...)
		}
		// Pages by position, not by repeating the query: accounts that fail would be read forever.
		next = []predicate.User{after(due[batch-1])}
	}
}

// after matches the accounts that follow u in the order of the list. It uses the date that was read, since
// the first step moves the account to the front.
func after(u *ent.User) predicate.User {
	return user.Or(user.DeletesAtGT(*u.DeletesAt), user.And(user.DeletesAtEQ(*u.DeletesAt), user.IDGT(u.ID)))
}

// erase deletes one account, and reports whether this call deleted it.
func (s *Service) erase(ctx context.Context, id oid.User, now time.Time) (went bool, err error) {
	for _, step := range s.steps() {
		if went, err = step(ctx, id, now); err != nil || !went {
			return false, err
		}
	}
	return went, nil
}

// ifDue takes a step if the account is due, with its row locked: a restore, and the end of a run, happen
// before the step or after it. An account that is not due, or no longer exists, is left unchanged and
// reported as such.
func (s *Service) ifDue(ctx context.Context, id oid.User, now time.Time, take func(context.Context, *store.Tx, oid.User) error) (due bool, err error) {
	err = s.Store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		err := tx.LockUser(ctx, id)
		if errs.CodeOf(err) == errs.NotFound {
			return nil
		}
		if err != nil {
			return err
		}
		due, err = tx.Client().User.Query().Where(user.ID(id), user.DeletesAtLTE(now)).Exist(ctx)
		if err != nil || !due {
			return err
		}
		return take(ctx, tx, id)
	})
	return due && err == nil, err
}
