// Package erasure removes accounts whose people asked for it, when the time to change their mind is over.
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

// begun is when an account is deleted whose erasure has begun: long ago by every server's clock, so that none restores it.
var begun = time.Unix(0, 0).UTC()

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
	// DeleteIdentity removes the user at the identity provider, by its uid, and succeeds for one that does not exist; nil where this
	// server may not.
	DeleteIdentity func(ctx context.Context, uid string) error
}

// Service removes accounts.
type Service struct {
	Parts
}

// New returns what removes accounts.
func New(p Parts) *Service { return &Service{Parts: p} }

// Purge removes all accounts whose time is over, those that wait longest first, and tells how many went. One that cannot go
// holds up none behind it. Each step may be the last one of a process: the next look goes on, since the account's own row
// goes last. Any number of processes may look at once.
func (s *Service) Purge(ctx context.Context, now time.Time) (int, error) {
	gone := 0
	var faults []error
	for behind := []predicate.User{}; ; {
		due, err := s.Store.Client().User.Query().Where(user.DeletesAtLTE(now)).Where(behind...).
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
		behind = []predicate.User{behindOf(due[batch-1])}
	}
}

// behindOf matches what comes behind u. It goes by where u stood when it was read: its first step moves it to the front.
func behindOf(u *ent.User) predicate.User {
	return user.Or(user.DeletesAtGT(*u.DeletesAt), user.And(user.DeletesAtEQ(*u.DeletesAt), user.IDGT(u.ID)))
}

// erase removes one account, and tells whether it was this call that did.
func (s *Service) erase(ctx context.Context, id oid.User, now time.Time) (went bool, err error) {
	for _, step := range s.steps() {
		if went, err = step(ctx, id, now); err != nil || !went {
			return false, err
		}
	}
	return went, nil
}

// ifDue takes a step while the account is to go and its row is locked: somebody who restores it, and a run that ends, come
// before or after. An account that stays, or is gone, is left alone; the answer tells.
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
