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

// Tokens are the keys of a session.
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
	if err := s.keepToken(ctx, tx, sess, token); err != nil {
		return nil, Tokens{}, err
	}
	tokens, err := s.tokens(sess, token)
	return sess, tokens, err
}

// keepToken stores the hash of a session's next refresh token.
func (s *Service) keepToken(ctx context.Context, tx *store.Tx, sess *ent.Session, token string) error {
	err := tx.Client().RefreshToken.Create().SetID(hashOf(token)).SetSessionID(sess.ID).
		SetCreatedAt(s.cfg.Now()).SetExpiresAt(sess.ExpiresAt).Exec(ctx)
	if err != nil {
		return fmt.Errorf("account: keep refresh token: %w", err)
	}
	return nil
}

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

// errToken is the one answer to every refresh token that is of no use, so that it tells a thief nothing.
func errToken() error {
	return errs.Input(errs.InvalidSession, "refreshToken", "This refresh token is unknown, expired or was used before. Sign in again.")
}

// Refresh trades a refresh token for a fresh pair and lengthens the session. A token works
// once; within [Config.Grace] of its first use it gives the same successor again, also to callers at the
// same time. Used later it ends the session, since somebody else may hold it. The error is
// INVALID_TOKEN in all cases of no use.
func (s *Service) Refresh(ctx context.Context, token string) (*Tokens, error) {
	var out Tokens
	reused := false
	err := s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		sess, err := s.spend(ctx, tx, token)
		if err != nil {
			return err
		}
		if reused = sess == nil; reused {
			return nil // Ending the session must be committed, so this is no error of the transaction.
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

// spend uses a token up and returns its session; nil when the token was used before and
// the session was ended for it. The conditional update decides which of many callers is the first.
func (s *Service) spend(ctx context.Context, tx *store.Tx, token string) (*ent.Session, error) {
	now := s.cfg.Now()
	n, err := tx.Client().RefreshToken.Update().
		Where(refreshtoken.ID(hashOf(token)), refreshtoken.UsedAtIsNil(), refreshtoken.ExpiresAtGT(now)).
		SetUsedAt(now).Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("account: refresh: %w", err)
	}
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
	if now.Sub(*used) <= s.cfg.Grace {
		return sess, nil
	}
	s.log.WarnContext(ctx, "refresh token used twice, session ended", slog.String("session", sess.ID.String()))
	_, err = s.end(ctx, tx, sess.UserID, session.ID(sess.ID))
	return nil, err
}

// sessionOf returns the open session of a token that has not expired, and when it was used.
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

// prolong lengthens a session and stores the successor of its token.
func (s *Service) prolong(ctx context.Context, tx *store.Tx, sess *ent.Session, token string) (*ent.Session, error) {
	now := s.cfg.Now()
	n, err := tx.Client().Session.Update().Where(append(open(now), session.ID(sess.ID))...).
		SetLastUsedAt(now).SetExpiresAt(now.Add(s.cfg.RefreshTTL)).Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("account: refresh: %w", err)
	}
	if n == 0 {
		return nil, errToken() // It was ended meanwhile.
	}
	sess.LastUsedAt, sess.ExpiresAt = now, now.Add(s.cfg.RefreshTTL)
	return sess, s.keepToken(ctx, tx, sess, s.successor(token))
}
