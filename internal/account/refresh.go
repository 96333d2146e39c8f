package account

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/refreshtoken"
	"github.com/weav-ai/weav/ent/session"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
)

// Tokens are the tokens of a session.
type Tokens struct {
	AccessToken           string
	AccessTokenExpiresAt  time.Time
	RefreshToken          string
	RefreshTokenExpiresAt time.Time
}

// openSession stores a session of user with its first refresh token.
func (s *Service) openSession(ctx context.Context, tx *store.Tx, user oid.User, device string) (*ent.Session, Tokens, error) {
	now := s.cfg.Now()
	sess, err := tx.Client().Session.Create().SetUserID(user).SetDeviceName(device).
		SetCreatedAt(now).SetLastUsedAt(now).SetExpiresAt(now.Add(s.cfg.RefreshTTL)).Save(ctx)
	if err != nil {
		return nil, Tokens{}, fmt.Errorf("account: open session: %w", err)
	}
	token := newRefreshToken()
	if err := s.storeToken(ctx, tx, sess, token); err != nil {
		return nil, Tokens{}, err
	}
	tokens, err := s.tokens(sess, token)
	return sess, tokens, err
}

// storeToken stores the hash of a session's next refresh token.
func (s *Service) storeToken(ctx context.Context, tx *store.Tx, sess *ent.Session, token string) error {
	err := tx.Client().RefreshToken.Create().SetID(hashOf(token)).SetSessionID(sess.ID).
		SetCreatedAt(s.cfg.Now()).SetExpiresAt(sess.ExpiresAt).Exec(ctx)
	if err != nil {
		return fmt.Errorf("account: keep refresh token: %w", err)
	}
	return nil
}

// tokens makes the tokens of a session for its next refresh token.
func (s *Service) tokens(sess *ent.Session, refresh string) (Tokens, error) {
	access, expires, err := s.signer.sign(sess.UserID, sess.ID)
	if err != nil {
		return Tokens{}, err
	}
	return Tokens{
		AccessToken: access, AccessTokenExpiresAt: expires,
		RefreshToken: refresh, RefreshTokenExpiresAt: sess.ExpiresAt,
	}, nil
}

// errToken is the same for every refresh token that does not work, so that it reveals nothing to a thief.
func errToken() error {
	return errs.Input(errs.InvalidSession, "refreshToken", "This refresh token is unknown, expired or was used before. Sign in again.")
}

// Refresh exchanges a refresh token for new tokens and extends the session.
//
// A token works once. Within [Config.Grace] of its first use it returns the same successor, also to
// concurrent callers. Used later it ends the session, since another party may hold it. The error is
// INVALID_TOKEN in every case.
func (s *Service) Refresh(ctx context.Context, token string) (*Tokens, error) {
	var out Tokens
	reused := false
	err := s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		sess, err := s.spend(ctx, tx, token)
		if err != nil {
			return err
		}
		if reused = sess == nil; reused {
			return nil // The end of the session must be committed, so the transaction returns no error.
		}
		out, err = s.tokens(sess, s.successor(token))
		return err
	})
	if err != nil {
		return nil, err
	}
	if reused {
		return nil, errToken()
	}
	return &out, nil
}

// spend marks a token as used and returns its session; nil when the token was used before and its session was
// ended for it. The conditional update decides which of several callers is the first.
func (s *Service) spend(ctx context.Context, tx *store.Tx, token string) (*ent.Session, error) {
	now := s.cfg.Now()
	n, err := tx.Client().RefreshToken.Update().
		Where(refreshtoken.ID(hashOf(token)), refreshtoken.UsedAtIsNil(), refreshtoken.ExpiresAtGT(now)).
		SetUsedAt(now).Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("account: refresh: %w", err)
	}
	// After the update, which locks the row: a concurrent caller waits here and sees the first use.
	sess, used, err := s.sessionOf(ctx, tx, token, now)
	if err != nil {
		return nil, err
	}
	if n == 1 {
		return s.prolong(ctx, tx, sess, token)
	}
	if used == nil {
		return nil, errToken()
	}
	// The response was lost, or another tab was faster.
	if now.Sub(*used) <= s.cfg.Grace {
		return sess, nil
	}
	s.log.WarnContext(ctx, "refresh token used twice, session ended", slog.String("session", sess.ID.String()))
	_, err = s.end(ctx, tx, sess.UserID, session.ID(sess.ID))
	return nil, err
}

// sessionOf returns the open session of an unexpired token, and when the token was used.
func (s *Service) sessionOf(ctx context.Context, tx *store.Tx, token string, now time.Time) (*ent.Session, *time.Time, error) {
	row, err := tx.Client().RefreshToken.Query().
		Where(refreshtoken.ID(hashOf(token)), refreshtoken.ExpiresAtGT(now), refreshtoken.HasSessionWith(open(now)...)).
		WithSession().Only(ctx)
	if ent.IsNotFound(err) {
		return nil, nil, errToken()
	}
	if err != nil {
		return nil, nil, fmt.Errorf("account: refresh: %w", err)
	}
	return row.Edges.Session, row.UsedAt, nil
}

// prolong extends a session and stores the successor of its token.
func (s *Service) prolong(ctx context.Context, tx *store.Tx, sess *ent.Session, token string) (*ent.Session, error) {
	now := s.cfg.Now()
	n, err := tx.Client().Session.Update().Where(append(open(now), session.ID(sess.ID))...).
		SetLastUsedAt(now).SetExpiresAt(now.Add(s.cfg.RefreshTTL)).Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("account: refresh: %w", err)
	}
	if n == 0 {
		return nil, errToken() // The session was ended meanwhile.
	}
	sess.LastUsedAt, sess.ExpiresAt = now, now.Add(s.cfg.RefreshTTL)
	return sess, s.storeToken(ctx, tx, sess, s.successor(token))
}
