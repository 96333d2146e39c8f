package apikey

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/weav-ai/weav/ent"
	entkey "github.com/weav-ai/weav/ent/apikey"
	"github.com/weav-ai/weav/ent/session"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/feed"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/text"
	"github.com/weav-ai/weav/internal/usage"
)

// maxName is the longest name, in code points.
const maxName = 100

// CreateInput is a key to create.
type CreateInput struct {
	Name   string
	Scopes []string
	// Models are the ids that the key may use; nil for all.
	Models    []string
	IsTest    bool
	ExpiresAt *time.Time
	Budget    *usage.Money
	Key       string
	// Session is the requesting session. It must still be open when the key is stored.
	Session oid.Session `json:"-"`
}

// Create creates a key of user and returns it with its secret. The secret is not stored, so a repetition of
// the call returns none.
func (s *Service) Create(ctx context.Context, user oid.User, in CreateInput) (*ent.APIKey, string, error) {
	in.Name = strings.TrimSpace(in.Name)
	if err := s.check(in); err != nil {
		return nil, "", err
	}
	secret := newSecret(in.IsTest)
	var id oid.APIKey
	replayed, err := s.store.Once(ctx, store.Key{User: user, Key: in.Key, Input: in}, &id, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.LockUser(ctx, user); err != nil {
			return err
		}
		if err := isOpen(ctx, tx, in.Session, s.now()); err != nil { // A call that revokes all keys holds the same lock, and has ended the session.
			return err
		}
		if err := s.hasRoom(ctx, tx, user); err != nil {
			return err
		}
		key, err := in.row(tx, user, secret).SetCreatedAt(s.now()).Save(ctx)
		if err != nil {
			return wrap("create", err)
		}
		id = key.ID
		feed.Record(tx, user, feed.ViewerUpdated, feed.Facts{})
		return nil
	})
	if err != nil {
		return nil, "", err
	}
	// The secret of this call was not stored.
	if replayed {
		secret = ""
	}
	rows, err := s.ByIDs(ctx, user, []oid.APIKey{id})
	if err != nil || len(rows) == 0 {
		return nil, "", err
	}
	return rows[0], secret, nil
}

// isOpen refuses a session that has ended. Otherwise a stolen session could leave a key behind after the user
// has signed out everywhere.
func isOpen(ctx context.Context, tx *store.Tx, id oid.Session, now time.Time) error {
	open, err := tx.Client().Session.Query().Where(session.ID(id), session.RevokedAtIsNil(), session.ExpiresAtGT(now)).Exist(ctx)
	if err == nil && !open {
		return errs.New(errs.Unauthenticated, "This session has ended. Sign in.")
	}
	return wrap("session", err)
}

// row is the row of a new key. Scopes are sorted and unique, so that equal keys have equal rows.
func (in CreateInput) row(tx *store.Tx, user oid.User, secret string) *ent.APIKeyCreate {
	scopes := slices.Compact(slices.Sorted(slices.Values(in.Scopes)))
	c := tx.Client().APIKey.Create().SetUserID(user).SetName(in.Name).SetHash(hashOf(secret)).SetHint(secret[len(secret)-hintChars:]).
		SetScopes(scopes).SetIsTest(in.IsTest).SetNillableExpiresAt(in.ExpiresAt)
	if in.Models != nil {
		c.SetModels(in.Models)
	}
	if in.Budget != nil {
		c.SetBudgetMicros(in.Budget.AmountMicros)
	}
	return c
}

// hasRoom refuses a key beyond the limit. The count is exact, because the user is locked.
func (s *Service) hasRoom(ctx context.Context, tx *store.Tx, user oid.User) error {
	n, err := tx.Client().APIKey.Query().
		Where(entkey.UserID(user), entkey.RevokedAtIsNil(), entkey.Or(entkey.ExpiresAtIsNil(), entkey.ExpiresAtGT(s.now()))).Count(ctx)
	if err != nil {
		return wrap("count", err)
	}
	if n >= MaxKeys {
		return errs.Input(errs.LimitReached, "name", "%d of your keys work, the most there may be. Revoke one first.", n)
	}
	return nil
}

// check reports all faults of the input at once; an unknown model is an error of its own.
func (s *Service) check(in CreateInput) error {
	var c text.Checker
	c.Text("name", in.Name, 1, maxName)
	if len(in.Scopes) == 0 {
		c.Fail(errs.Required, "scopes", "A key needs at least one scope.")
	}
	if e := in.ExpiresAt; e != nil && (!e.After(s.now()) || e.After(s.now().Add(maxLife))) {
		c.Fail(errs.InvalidValue, "expiresAt", "A key ends in the future, at most five years from now.")
	}
	if b := in.Budget; b != nil && (b.AmountMicros < 1 || b.Currency != usage.Currency) {
		c.Fail(errs.InvalidValue, "monthlyBudget", "A budget is above 0, in USD.")
	}
	if in.Models != nil && (len(in.Models) == 0 || len(in.Models) > MaxModels) {
		c.Fail(errs.InvalidValue, "modelIds", "Name from 1 to 50 models, or leave them out for all.")
	}
	for _, id := range in.Models {
		m, known := s.catalog.Get(id)
		switch {
		case !known:
			return errs.New(errs.ModelNotAllowed, "The catalogue has no such model. Choose one of `models`.")
		case m.State == catalog.Retired:
			c.Fail(errs.InvalidValue, "modelIds", "The model %s is no longer offered. Its successor is %s.", id, m.Successor)
		}
	}
	return c.Err()
}
