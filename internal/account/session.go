package account

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"entgo.io/ent/dialect/sql"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/predicate"
	"github.com/weav-ai/weav/ent/session"
	"github.com/weav-ai/weav/internal/auth"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/feed"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
)

// maxSessions is the most sessions that are listed.
const maxSessions = 100

// open matches sessions that are open at now.
func open(now time.Time) []predicate.Session {
	return []predicate.Session{session.RevokedAtIsNil(), session.ExpiresAtGT(now)}
}

// Authenticate returns the principal of an access token, with or without "Bearer " before it. It is
// UNAUTHENTICATED when the token is invalid or expired, or when its session has ended. The session is read
// each time, so that signing out counts at once and not when the token expires.
func (s *Service) Authenticate(ctx context.Context, bearer string) (auth.Principal, error) {
	token := bearer
	if scheme, rest, ok := strings.Cut(bearer, " "); ok && strings.EqualFold(scheme, "bearer") {
		token = strings.TrimSpace(rest)
	}
	p, err := s.signer.read(token)
	if err != nil {
		return auth.Principal{}, err
	}
	stands, err := s.store.Client().Session.Query().
		Where(append(open(s.cfg.Now()), session.ID(p.Session), session.UserID(p.User))...).Exist(ctx)
	if err != nil {
		return auth.Principal{}, fmt.Errorf("account: authenticate: %w", err)
	}
	if !stands {
		return auth.Principal{}, errs.New(errs.Unauthenticated, "This session has ended. Sign in again.")
	}
	return p, nil
}

// Sessions returns the open sessions of user, the newest first; at most 100.
func (s *Service) Sessions(ctx context.Context, user oid.User) ([]*ent.Session, error) {
	rows, err := s.store.Client().Session.Query().Where(append(open(s.cfg.Now()), session.UserID(user))...).
		Order(session.ByID(sql.OrderDesc())).Limit(maxSessions).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("account: sessions: %w", err)
	}
	return rows, nil
}

// SignOut ends the session of p, or all sessions of the user, and returns those that this call ended.
func (s *Service) SignOut(ctx context.Context, p auth.Principal, all bool) ([]oid.Session, error) {
	var which []predicate.Session
	if !all {
		which = append(which, session.ID(p.Session))
	}
	var ended []oid.Session
	err := s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		ended, err = s.end(ctx, tx, p.User, which...)
		return err
	})
	return ended, err
}

// RevokeSession ends a session of the user. A session that has ended before is no error.
func (s *Service) RevokeSession(ctx context.Context, p auth.Principal, id string) error {
	sid, err := oid.Parse[oid.Session](id)
	if err != nil {
		return errNotFound()
	}
	return s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := found(tx.Client().Session.Query().Where(session.ID(sid), session.UserID(p.User)).Only(ctx))
		if err != nil {
			return err
		}
		_, err = s.end(ctx, tx, p.User, session.ID(sid))
		return err
	})
}

// end ends the open sessions of user that match which, publishes that to close their sockets, and returns
// them.
func (s *Service) end(ctx context.Context, tx *store.Tx, user oid.User, which ...predicate.Session) ([]oid.Session, error) {
	now := s.cfg.Now()
	q := tx.Client().Session.Query().Where(append(open(now), session.UserID(user))...).Where(which...).Order(session.ByID())
	if s.store.Dialect() == store.Postgres {
		q.ForUpdate() // Two concurrent calls for the same sessions run in turn, so each end is published once.
	}
	ids, err := q.IDs(ctx)
	if err != nil {
		return nil, fmt.Errorf("account: end sessions: %w", err)
	}
	// A statement has a limited number of parameters.
	for part := range slices.Chunk(ids, batch) {
		if err := tx.Client().Session.Update().Where(session.IDIn(part...)).SetRevokedAt(now).Exec(ctx); err != nil {
			return nil, fmt.Errorf("account: end sessions: %w", err)
		}
	}
	for _, id := range ids {
		feed.Record(tx, user, feed.SessionEnded, feed.Facts{Session: id})
	}
	return ids, nil
}

// EndSessions ends all sessions of a user in the caller's transaction, and returns how many.
func (s *Service) EndSessions(ctx context.Context, tx *store.Tx, user oid.User) (int, error) {
	ended, err := s.end(ctx, tx, user)
	return len(ended), err
}
