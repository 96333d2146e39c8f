// Package apikey is the domain of the keys with which integrations act for a user. A key is a long random
// secret that is returned once; the server stores its hash. The ledger enforces which models a key may use
// and what it may spend.
package apikey

import (
	"context"
	"fmt"
	"time"

	"github.com/weav-ai/weav/ent"
	entkey "github.com/weav-ai/weav/ent/apikey"
	"github.com/weav-ai/weav/ent/keymonth"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/feed"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/usage"

	"entgo.io/ent/dialect/sql"
)

// The limits of keys.
const (
	MaxKeys   = 20
	MaxModels = 50
	// maxLife is the longest lifetime of a key that expires.
	maxLife = 5 * 365 * 24 * time.Hour
	// shownFor is how long a revoked key is listed, maxShown how many keys are listed.
	shownFor = 30 * 24 * time.Hour
	maxShown = 50
)

// Service is the domain of API keys. It is safe for concurrent use.
type Service struct {
	store   *store.Store
	catalog *catalog.Catalog
	ledger  *usage.Ledger
	now     func() time.Time
}

// New returns the domain of API keys; now is the clock, nil for the real one.
func New(st *store.Store, models *catalog.Catalog, ledger *usage.Ledger, now func() time.Time) *Service {
	if now == nil {
		now = store.Now
	}
	return &Service{store: st, catalog: models, ledger: ledger, now: now}
}

// List returns the keys of user, the newest first: those that work, and those that were revoked recently.
func (s *Service) List(ctx context.Context, user oid.User) ([]*ent.APIKey, error) {
	rows, err := s.store.Client().APIKey.Query().
		Where(entkey.UserID(user), entkey.Or(entkey.RevokedAtIsNil(), entkey.RevokedAtGT(s.now().Add(-shownFor)))).
		Order(entkey.ByID(sql.OrderDesc())).Limit(maxShown).All(ctx)
	return rows, wrap("list", err)
}

// ByIDs returns keys of user, in no particular order.
func (s *Service) ByIDs(ctx context.Context, user oid.User, ids []oid.APIKey) ([]*ent.APIKey, error) {
	rows, err := s.store.Client().APIKey.Query().Where(entkey.IDIn(ids...), entkey.UserID(user)).All(ctx)
	return rows, wrap("read", err)
}

// Spent returns the costs of keys in this month, holds included, in millionths of a dollar.
func (s *Service) Spent(ctx context.Context, ids []oid.APIKey) (map[oid.APIKey]int64, error) {
	rows, err := s.store.Client().KeyMonth.Query().Where(keymonth.APIKeyIDIn(ids...), keymonth.Month(s.ledger.Month())).All(ctx)
	if err != nil {
		return nil, wrap("spent", err)
	}
	out := make(map[oid.APIKey]int64, len(rows))
	for _, r := range rows {
		out[r.APIKeyID] = r.CostMicrosHeld + r.CostMicrosUsed
	}
	return out, nil
}

// Revoke revokes a key of user, and publishes that to close its sockets. A key that was revoked before stays
// unchanged.
func (s *Service) Revoke(ctx context.Context, user oid.User, id string) (*ent.APIKey, error) {
	key, err := oid.Parse[oid.APIKey](id)
	if err != nil {
		return nil, errNotFound()
	}
	var after *ent.APIKey
	err = s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := s.revoke(ctx, tx, user, entkey.ID(key)); err != nil {
			return err
		}
		after, err = tx.Client().APIKey.Query().Where(entkey.ID(key), entkey.UserID(user)).Only(ctx)
		if ent.IsNotFound(err) {
			return errNotFound()
		}
		return wrap("read", err)
	})
	return after, err
}

// RevokeAll revokes all keys of a user, in the caller's transaction.
func (s *Service) RevokeAll(ctx context.Context, tx *store.Tx, user oid.User) error {
	return s.revoke(ctx, tx, user)
}

// revoke revokes the working keys of user that match which. Each end is published once, since only keys that
// work are selected.
func (s *Service) revoke(ctx context.Context, tx *store.Tx, user oid.User, which ...func(*sql.Selector)) error {
	q := tx.Client().APIKey.Query().Where(entkey.UserID(user), entkey.RevokedAtIsNil())
	for _, w := range which {
		q.Where(w)
	}
	ids, err := q.IDs(ctx)
	if err != nil || len(ids) == 0 {
		return wrap("revoke", err)
	}
	err = tx.Client().APIKey.Update().Where(entkey.IDIn(ids...), entkey.RevokedAtIsNil()).SetRevokedAt(s.now()).Exec(ctx)
	if err != nil {
		return wrap("revoke", err)
	}
	for _, id := range ids {
		feed.Record(tx, user, feed.KeyEnded, feed.Facts{Key: id})
	}
	return nil
}

// errNotFound is the same for unknown, malformed and foreign ids, so that an id cannot be probed.
func errNotFound() error { return errs.New(errs.NotFound, "There is no such object.") }

// wrap adds what failed to an error; nil stays nil.
func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("apikey: %s: %w", what, err)
}
