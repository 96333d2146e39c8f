// Package admin is what people with a role may see and do of others' accounts. It sees nothing that people
// wrote or made, and writes down whatever it changes, in the transaction that changes it.
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

// MaxReason is the longest reason for an action, in code points; the shortest has one.
const MaxReason = 500

// Parts are what the administration acts through.
type Parts struct {
	Store    *store.Store
	Accounts *account.Service
	APIKeys  *apikey.Service
	Jobs     *job.Service
	Billing  *billing.Service
	// RoleOf is the role that holds for an account: its own, or the one that the settings give it.
	RoleOf func(*ent.User) user.Role
}

// Service is the domain of the administration. Its callers have checked the actor's role. All of its methods answer
// NOT_FOUND alike for ids that are unknown and that are none, and its actions an input error for a reason that is blank or
// longer than [MaxReason]. It is safe for concurrent use.
type Service struct {
	Parts
}

// New returns the domain of the administration.
func New(p Parts) *Service { return &Service{Parts: p} }

// checkReason makes sure that an action says why.
func checkReason(reason string) error { return text.Check("reason", reason, 1, MaxReason) }

// lockUser finds somebody by the id the API shows, and holds the lock on them until the transaction ends.
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

// errNotFound is the one answer for unknown and malformed ids.
func errNotFound() error { return errs.New(errs.NotFound, "There is no such object.") }

// wrap names what failed; nil stays nil.
func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("admin: %s: %w", what, err)
}
