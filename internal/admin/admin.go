// Package admin is what users with a role may see and do with other accounts. It shows nothing that users
// wrote or made, and records each change in the audit log, in the transaction of the change.
package admin

import (
	"context"
	"fmt"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/user"
	"github.com/weav-ai/weav/internal/account"
	"github.com/weav-ai/weav/internal/apikey"
	"github.com/weav-ai/weav/internal/billing"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/job"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/text"
)

// MaxReason is the longest reason for an action, in code points. A reason has at least one.
const MaxReason = 500

// Parts are the domains through which the administration acts.
type Parts struct {
	Store    *store.Store
	Accounts *account.Service
	APIKeys  *apikey.Service
	Jobs     *job.Service
	Billing  *billing.Service
	// RoleOf is the effective role of an account: its own, or the one that the settings give it.
	RoleOf func(*ent.User) user.Role
}

// Service is the domain of the administration. Its callers have checked the role of the actor.
//
// All of its methods answer NOT_FOUND for unknown and malformed ids. Its actions answer an input error for a
// reason that is blank or longer than [MaxReason]. It is safe for concurrent use.
type Service struct {
	Parts
}

// New returns the domain of the administration.
func New(p Parts) *Service { return &Service{Parts: p} }

// checkReason requires a reason for an action.
func checkReason(reason string) error { return text.Check("reason", reason, 1, MaxReason) }

// lockUser returns a user by the id of the API, and locks them until the transaction ends, so that the action
// and its audit entry describe one state.
func lockUser(ctx context.Context, tx *store.Tx, id string) (*ent.User, error) {
	uid, err := oid.Parse[oid.User](id)
	if err != nil {
		return nil, errNotFound()
	}
	if err := tx.LockUser(ctx, uid); errs.CodeOf(err) == errs.NotFound {
		return nil, errNotFound()
	} else if err != nil {
		return nil, err
	}
	u, err := tx.Client().User.Get(ctx, uid)
	return u, wrap("read", err)
}

// errNotFound is the same for unknown and malformed ids.
func errNotFound() error { return errs.New(errs.NotFound, "There is no such object.") }

// wrap adds what failed to an error; nil stays nil.
func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("admin: %s: %w", what, err)
}
