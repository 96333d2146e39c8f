// Package account is the domain of people: who they are, their sessions, what they set
// for the whole account, and their prompt library.
package account

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/user"
	"github.com/weav-ai/weav/internal/auth"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
)

// minSecretBytes is the shortest secret for HMAC-SHA256 (RFC 7518, section 3.2).
const minSecretBytes = 32

// Config says how sessions are made. The zero value of a field but JWTSecret means its default.
type Config struct {
	// JWTSecret signs access tokens and derives refresh tokens; at least 32 random bytes, the same on all servers.
	JWTSecret []byte
	// Issuer and Audience are written into access tokens and asked of them; default "weav" and "weav-api".
	Issuer, Audience string
	// AccessTTL is how long an access token is good; default 15 minutes.
	AccessTTL time.Duration
	// RefreshTTL is how long a session lives without a refresh; default 30 days.
	RefreshTTL time.Duration
	// Grace is how long a used refresh token gives its successor again; default 10 s.
	Grace time.Duration
	// DeletionGrace is how long a deletion can be undone; default 7 days.
	DeletionGrace time.Duration
	// FreshFor is how old the proof may be that confirms a deletion; default 5 minutes.
	FreshFor time.Duration
	// Now is the clock; default [store.Now]. Times it gives must be whole microseconds of UTC.
	Now func() time.Time
}

func (c Config) withDefaults() Config {
	setDefault(&c.Issuer, "weav")
	setDefault(&c.Audience, "weav-api")
	setDefault(&c.AccessTTL, 15*time.Minute)
	setDefault(&c.RefreshTTL, 30*24*time.Hour)
	setDefault(&c.Grace, 10*time.Second)
	setDefault(&c.DeletionGrace, 7*24*time.Hour)
	setDefault(&c.FreshFor, 5*time.Minute)
	if c.Now == nil {
		c.Now = store.Now
	}
	return c
}

func setDefault[T comparable](v *T, def T) {
	var zero T
	if *v == zero {
		*v = def
	}
}

// ModelCheck tells whether a model may be chosen; its errors are the catalogue's.
type ModelCheck func(id string) error

// Service is the domain of people. It is safe for concurrent use.
type Service struct {
	store    *store.Store
	verifier auth.Verifier
	usable   ModelCheck
	signer   signer
	log      *slog.Logger
	cfg      Config
}

// New returns the domain of people; it fails when the secret is too short to be safe.
func New(st *store.Store, verifier auth.Verifier, usable ModelCheck, log *slog.Logger, cfg Config) (*Service, error) {
	if len(cfg.JWTSecret) < minSecretBytes {
		return nil, fmt.Errorf("account: the secret has %d bytes; it needs %d", len(cfg.JWTSecret), minSecretBytes)
	}
	cfg = cfg.withDefaults()
	return &Service{store: st, verifier: verifier, usable: usable, signer: newSigner(cfg), log: log, cfg: cfg}, nil
}

// Users reads people by id.
func (s *Service) Users(ctx context.Context, ids []oid.User) ([]*ent.User, error) {
	rows, err := s.store.Client().User.Query().Where(user.IDIn(ids...)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("account: read people: %w", err)
	}
	return rows, nil
}

// errNotFound is the one answer for unknown, malformed and foreign ids.
func errNotFound() error { return errs.New(errs.NotFound, "There is no such object.") }

// found turns a missing row into NOT_FOUND.
func found[T any](row T, err error) (T, error) {
	var zero T
	var typed *errs.Error
	switch {
	case err == nil:
		return row, nil
	case ent.IsNotFound(err):
		return zero, errNotFound()
	case errors.As(err, &typed):
		return zero, err
	}
	return zero, fmt.Errorf("account: read: %w", err)
}
