package account

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/weav-ai/weav/internal/auth"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/oid"
)

// leeway is how far servers' clocks may differ.
const leeway = 30 * time.Second

// claims are what an access token says: subject is the person, sid the session.
type claims struct {
	jwt.RegisteredClaims
	Session string `json:"sid"`
}

// signer makes and reads access tokens: JWTs by HS256 and no other algorithm, under keys
// of its own map and no other.
type signer struct {
	keys   map[string][]byte
	keyID  string // of the key that signs
	cfg    Config
	parser *jwt.Parser
}

func newSigner(cfg Config) signer {
	sum := sha256.Sum256(append([]byte("weav key id "), cfg.JWTSecret...))
	id := hex.EncodeToString(sum[:4])
	return signer{
		keys:  map[string][]byte{id: cfg.JWTSecret},
		keyID: id,
		cfg:   cfg,
		parser: jwt.NewParser(
			jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}), jwt.WithIssuer(cfg.Issuer), jwt.WithAudience(cfg.Audience),
			jwt.WithExpirationRequired(), jwt.WithIssuedAt(), jwt.WithLeeway(leeway),
			jwt.WithStrictDecoding(), jwt.WithTimeFunc(cfg.Now)),
	}
}

// sign makes an access token of a session, and tells when it ends.
func (s signer) sign(user oid.User, session oid.Session) (token string, expires time.Time, err error) {
	now := s.cfg.Now().Truncate(time.Second) // A JWT counts in seconds.
	expires = now.Add(s.cfg.AccessTTL)
	t := jwt.NewWithClaims(jwt.SigningMethodHS256, claims{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer:    s.cfg.Issuer,
			Audience:  jwt.ClaimStrings{s.cfg.Audience},
			Subject:   user.String(),
			IssuedAt:  jwt.NewNumericDate(now),
			ExpiresAt: jwt.NewNumericDate(expires),
		},
		Session: session.String(),
	})
	t.Header["kid"] = s.keyID
	token, err = t.SignedString(s.keys[s.keyID])
	if err != nil {
		return "", time.Time{}, fmt.Errorf("account: sign: %w", err)
	}
	return token, expires, nil
}

// read tells whose an access token is. It does not know whether the session still stands.
func (s signer) read(token string) (auth.Principal, error) {
	var c claims
	if _, err := s.parser.ParseWithClaims(token, &c, s.key); err != nil {
		return auth.Principal{}, unauthenticated(err)
	}
	user, err := oid.Parse[oid.User](c.Subject)
	if err != nil {
		return auth.Principal{}, unauthenticated(err)
	}
	session, err := oid.Parse[oid.Session](c.Session)
	if err != nil {
		return auth.Principal{}, unauthenticated(err)
	}
	return auth.Principal{User: user, Session: session, ExpiresAt: c.ExpiresAt.UTC()}, nil
}

func (s signer) key(t *jwt.Token) (any, error) {
	id, ok := t.Header["kid"].(string)
	if !ok {
		return nil, jwt.ErrTokenUnverifiable
	}
	key, ok := s.keys[id]
	if !ok {
		return nil, jwt.ErrTokenUnverifiable
	}
	return key, nil
}

func unauthenticated(cause error) error {
	return errs.Wrap(cause, errs.Unauthenticated, "The access token is not valid any more. Refresh the session or sign in again.")
}
