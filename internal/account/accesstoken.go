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

// leeway is the accepted difference between the clocks of servers.
const leeway = 30 * time.Second

// claims are the claims of an access token: the subject is the user, sid the session.
type claims struct {
	jwt.RegisteredClaims
	Session string `json:"sid"`
}

// signer makes and verifies access tokens. They are JWTs signed with HS256. No other algorithm and no key
// outside of its own map is accepted, which excludes the known confusions of algorithms and keys.
type signer struct {
	keys   map[string][]byte
	keyID  string // of the key that signs
	cfg    Config
	parser *jwt.Parser
}

// newSigner derives the key's id from the secret, so that servers with the same secret accept each other's
// tokens.
func newSigner(cfg Config) signer {
	// The id reveals nothing about the secret: it is the beginning of a hash with a label of its own.
	sum := sha256.Sum256(append([]byte("weav key id "), cfg.JWTSecret...))
	id := hex.EncodeToString(sum[:4])
	return signer{
		keys:  map[string][]byte{id: cfg.JWTSecret},
		keyID: id,
		cfg:   cfg,
		parser: jwt.NewParser(
			jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}), jwt.WithIssuer(cfg.Issuer), jwt.WithAudience(cfg.Audience),
			jwt.WithExpirationRequired(), jwt.WithIssuedAt(), jwt.WithLeeway(leeway),
			// Strict decoding refuses other base64 forms of the same token.
			jwt.WithStrictDecoding(), jwt.WithTimeFunc(cfg.Now)),
	}
}

// sign makes an access token of a session, and returns its expiry.
func (s signer) sign(user oid.User, session oid.Session) (token string, expires time.Time, err error) {
	now := s.cfg.Now().Truncate(time.Second) // A JWT has whole seconds.
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

// read returns the principal of an access token. It does not check whether the session is open.
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

// key returns the key that a token names.
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

// unauthenticated is the same answer for every fault of a token. The cause is only logged.
func unauthenticated(cause error) error {
	return errs.Wrap(cause, errs.Unauthenticated, "The access token is not valid any more. Refresh the session or sign in again.")
}
