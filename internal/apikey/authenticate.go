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

// usedEvery is the precision of a key's last use. A write for every request would be too many.
const usedEvery = time.Minute

// Authenticate returns the principal of a key. It is UNAUTHENTICATED for an unknown, revoked or expired key,
// and while its account is about to be deleted. The answer is the same in all cases, so that it reveals
// nothing.
func (s *Service) Authenticate(ctx context.Context, token string) (auth.Principal, error) {
	// The checksum rejects typing errors and random strings without a query.
	if !isWhole(token) {
		return auth.Principal{}, errInvalid()
	}
	now := s.now()
	// The hash is looked up by its unique index. The time of the query reveals nothing, since a caller cannot
	// choose the hash.
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
	if err := s.recordUse(ctx, key, now); err != nil {
		return auth.Principal{}, err
	}
	return principal(key), nil
}

// principal is the user of a key with its restrictions, and ends with the key.
func principal(key *ent.APIKey) auth.Principal {
	p := auth.Principal{User: key.UserID, Grant: &auth.Grant{
		Key: key.ID, Scopes: key.Scopes, Models: key.Models, IsTest: key.IsTest, Budget: key.BudgetMicros,
	}}
	if key.ExpiresAt != nil {
		p.ExpiresAt = *key.ExpiresAt
	}
	return p
}

// recordUse stores the use of a key, at most once a minute for all servers together: the condition is part of
// the update.
func (s *Service) recordUse(ctx context.Context, key *ent.APIKey, now time.Time) error {
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

// errInvalid is the same for every key that does not work.
func errInvalid() error {
	return errs.New(errs.Unauthenticated, "This API key does not work: it is unknown, was revoked or has ended.")
}
