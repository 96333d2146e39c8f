// Package account is the domain of users: their identities, sessions, preferences and prompt libraries.
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

// Config configures sessions. The zero value of a field other than JWTSecret means its default.
type Config struct {
	// JWTSecret signs access tokens and derives refresh tokens. It has at least 32 random bytes and is the
	// same on all servers.
	JWTSecret []byte
	// Issuer and Audience are written into access tokens and required of them; default "weav" and "weav-api".
	Issuer, Audience string
	// AccessTTL is the lifetime of an access token; default 15 minutes.
	AccessTTL time.Duration
	// RefreshTTL is the lifetime of a session without a refresh; default 30 days.
	RefreshTTL time.Duration
	// Grace is how long a used refresh token returns its successor again; default 10 s. It covers a response
	// that was lost and requests of several tabs.
	Grace time.Duration
	// DeletionGrace is how long a deletion can be undone; default 7 days.
	DeletionGrace time.Duration
	// FreshFor is the greatest age of the proof that confirms a deletion; default 5 minutes.
	FreshFor time.Duration
	// Now is the clock; default [store.Now]. Its times must be whole microseconds in UTC, as the databases
	// store them.
	Now func() time.Time
}

// withDefaults fills in the default of each field that is zero.
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

// ModelCheck reports whether a model may be chosen; its errors are the catalogue's.
type ModelCheck func(id string) error

// Service is the domain of users. It is safe for concurrent use.
type Service struct {
	store    *store.Store
	verifier auth.Verifier
	usable   ModelCheck
	signer   signer
	log      *slog.Logger
	cfg      Config
}

// New returns the domain of users. It fails when the secret is too short.
func New(st *store.Store, verifier auth.Verifier, usable ModelCheck, log *slog.Logger, cfg Config) (*Service, error) {
	if len(cfg.JWTSecret) < minSecretBytes {
		return nil, fmt.Errorf("account: the secret has %d bytes; it needs %d", len(cfg.JWTSecret), minSecretBytes)
	}
	cfg = cfg.withDefaults()
	return &Service{store: st, verifier: verifier, usable: usable, signer: newSigner(cfg), log: log, cfg: cfg}, nil
}

// Users reads users by id. Unknown ids are left out.
func (s *Service) Users(ctx context.Context, ids []oid.User) ([]*ent.User, error) {
	rows, err := s.store.Client().User.Query().Where(user.IDIn(ids...)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("account: read people: %w", err)
	}
	return rows, nil
}

// errNotFound is the same for unknown, malformed and foreign ids, so that an id cannot be probed.
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
