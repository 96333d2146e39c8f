package apikey

import (
	"context"
	"fmt"
	"time"

	"github.com/weav-ai/weav/ent"
	entkey "github.com/weav-ai/weav/ent/apikey"
	"github.com/weav-ai/weav/ent/user"
	"github.com/weav-ai/weav/internal/auth"
	"github.com/weav-ai/weav/internal/errs"
)

// usedEvery is how exactly the last use of a key is known.
const usedEvery = time.Minute

// Authenticate tells whose a key is and what it may do. It is UNAUTHENTICATED when nobody has such a key, when it was
// revoked or has ended, and while its account is about to be deleted: alike, so that nothing can be learned.
func (s *Service) Authenticate(ctx context.Context, token string) (auth.Principal, error) {
	if !isWhole(token) {
		return auth.Principal{}, errInvalid()
	}
	now := s.now()
	key, err := s.store.Client().APIKey.Query().
		Where(entkey.Hash(hashOf(token)), entkey.RevokedAtIsNil(), entkey.Or(entkey.ExpiresAtIsNil(), entkey.ExpiresAtGT(now))).Only(ctx)
	if ent.IsNotFound(err) {
		return auth.Principal{}, errInvalid()
	}
	if err != nil {
		return auth.Principal{}, wrap("authenticate", err)
	}
	stays, err := s.store.Client().User.Query().Where(user.ID(key.UserID), user.DeletesAtIsNil()).Exist(ctx)
	if err != nil {
		return auth.Principal{}, wrap("authenticate", err)
	}
	if !stays {
		return auth.Principal{}, errInvalid()
	}
	if err := s.used(ctx, key, now); err != nil {
		return auth.Principal{}, err
	}
	return principal(key), nil
}

func principal(key *ent.APIKey) auth.Principal {
	p := auth.Principal{User: key.UserID, Grant: &auth.Grant{
		Key: key.ID, Scopes: key.Scopes, Models: key.Models, IsTest: key.IsTest, Budget: key.BudgetMicros,
	}}
	if key.ExpiresAt != nil {
		p.ExpiresAt = *key.ExpiresAt
	}
	return p
}

// used notes the use of a key, at most once a minute whoever asks.
func (s *Service) used(ctx context.Context, key *ent.APIKey, now time.Time) error {
	before := now.Add(-usedEvery)
	if key.LastUsedAt != nil && key.LastUsedAt.After(before) {
		return nil
	}
	err := s.store.Client().APIKey.Update().
		Where(entkey.ID(key.ID), entkey.Or(entkey.LastUsedAtIsNil(), entkey.LastUsedAtLTE(before))).SetLastUsedAt(now).Exec(ctx)
	if err != nil {
		return fmt.Errorf("apikey: note use: %w", err)
	}
	return nil
}

func errInvalid() error {
	return errs.New(errs.Unauthenticated, "This API key does not work: it is unknown, was revoked or has ended.")
}
