package account_test

import (
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/weav-ai/weav/internal/account"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
)

func TestAuthenticateTakesTheSchemeToo(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, _ *store.Store, s *account.Service, _ *clock) {
		in := signIn(t, s, "ada@example.com")
		for _, scheme := range []string{"", "Bearer ", "bearer "} {
			if p, err := s.Authenticate(t.Context(), scheme+in.Tokens.AccessToken); err != nil || p.User != in.User.ID {
				t.Errorf("Authenticate(%q…) = %v, %v", scheme, p, err)
			}
		}
	})
}

func TestAuthenticateKnowsTheTime(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, _ *store.Store, s *account.Service, c *clock) {
		in := signIn(t, s, "ada@example.com")
		if left := in.Tokens.AccessTokenExpiresAt.Sub(c.Now()); left > 15*time.Minute || left < 15*time.Minute-time.Second {
			t.Errorf("the token is good for %v, want 15 minutes", left)
		}
		c.advance(15*time.Minute + 25*time.Second)
		if _, err := s.Authenticate(t.Context(), in.Tokens.AccessToken); err != nil {
			t.Errorf("within the leeway: %v", err)
		}
		c.advance(6 * time.Second)
		_, err := s.Authenticate(t.Context(), in.Tokens.AccessToken)
		wantCode(t, err, errs.Unauthenticated)
	})
}

// forge signs the claims of a good token as alter changes them.
func forge(t *testing.T, good string, alter func(c jwt.MapClaims, header map[string]any) (jwt.SigningMethod, any)) string {
	t.Helper()
	parsed, _, err := jwt.NewParser().ParseUnverified(good, jwt.MapClaims{})
	if err != nil {
		t.Fatal(err)
	}
	method, key := alter(parsed.Claims.(jwt.MapClaims), parsed.Header)
	parsed.Method = method
	parsed.Header["alg"] = method.Alg()
	out, err := parsed.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestAuthenticateRefusesForgeries(t *testing.T) {
	t.Parallel()
	claim := func(name string, value any) func(jwt.MapClaims, map[string]any) (jwt.SigningMethod, any) {
		return func(c jwt.MapClaims, _ map[string]any) (jwt.SigningMethod, any) {
			c[name] = value
			return jwt.SigningMethodHS256, secret
		}
	}
	header := func(name string, value any) func(jwt.MapClaims, map[string]any) (jwt.SigningMethod, any) {
		return func(_ jwt.MapClaims, h map[string]any) (jwt.SigningMethod, any) {
			h[name] = value
			return jwt.SigningMethodHS256, secret
		}
	}
	signed := func(m jwt.SigningMethod, key any) func(jwt.MapClaims, map[string]any) (jwt.SigningMethod, any) {
		return func(jwt.MapClaims, map[string]any) (jwt.SigningMethod, any) { return m, key }
	}
	tests := []struct {
		name  string
		alter func(jwt.MapClaims, map[string]any) (jwt.SigningMethod, any)
		good  bool
	}{
		{"unchanged", signed(jwt.SigningMethodHS256, secret), true},
		{"another secret", signed(jwt.SigningMethodHS256, []byte(strings.Repeat("x", 32))), false},
		{"another algorithm, right secret", signed(jwt.SigningMethodHS512, secret), false},
		{"no signature", signed(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType), false},
		{"an unknown key", header("kid", "other"), false},
		{"no key", header("kid", nil), false},
		{"another issuer", claim("iss", "other"), false},
		{"another audience", claim("aud", "other"), false},
		{"no end", claim("exp", nil), false},
		{"made in the future", claim("iat", float64(time.Now().Add(time.Hour).Unix())), false},
		{"no person", claim("sub", ""), false},
		{"another person", claim("sub", oid.New[oid.User]().String()), false},
		{"a session for a person", claim("sub", oid.New[oid.Session]().String()), false},
		{"no session", claim("sid", nil), false},
		{"an unknown session", claim("sid", oid.New[oid.Session]().String()), false},
	}
	each(t, func(t *testing.T, _ *store.Store, s *account.Service, _ *clock) {
		good := signIn(t, s, "ada@example.com").Tokens.AccessToken
		for _, tt := range tests {
			_, err := s.Authenticate(t.Context(), forge(t, good, tt.alter))
			if (err == nil) != tt.good || (err != nil && errs.CodeOf(err) != errs.Unauthenticated) {
				t.Errorf("%s: Authenticate = %v, want good = %t", tt.name, err, tt.good)
			}
		}
		for _, junk := range []string{"", "x", "Bearer", "a.b.c", good + "x"} {
			_, err := s.Authenticate(t.Context(), junk)
			wantCode(t, err, errs.Unauthenticated)
		}
	})
}
