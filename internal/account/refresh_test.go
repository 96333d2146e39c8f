package account_test

import (
	"context"
	"testing"
	"time"

	"github.com/weav-ai/weav/ent/refreshtoken"
	"github.com/weav-ai/weav/internal/account"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/store"
)

func refresh(t *testing.T, s *account.Service, token string) *account.Tokens {
	t.Helper()
	out, err := s.Refresh(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

const invalidToken = "input.refreshToken INVALID_TOKEN"

func TestRefreshGivesAFreshPair(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, _ *store.Store, s *account.Service, c *clock) {
		in := signIn(t, s, "ada@example.com")
		c.advance(24 * time.Hour)
		next := refresh(t, s, in.Tokens.RefreshToken)
		if next.RefreshToken == in.Tokens.RefreshToken || next.AccessToken == in.Tokens.AccessToken {
			t.Error("a token came back as it was")
		}
		if want := c.Now().Add(30 * 24 * time.Hour); !next.RefreshTokenExpiresAt.Equal(want) {
			t.Errorf("the session ends %v, want %v", next.RefreshTokenExpiresAt, want)
		}
		if _, err := s.Authenticate(t.Context(), next.AccessToken); err != nil {
			t.Error(err)
		}
		open, err := s.Sessions(t.Context(), in.User.ID)
		if err != nil || len(open) != 1 || !open[0].LastUsedAt.Equal(c.Now()) || !open[0].ExpiresAt.Equal(next.RefreshTokenExpiresAt) {
			t.Errorf("sessions = %v, %v", open, err)
		}
	})
}

func TestRefreshInTheGraceGivesTheSameSuccessor(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, st *store.Store, s *account.Service, c *clock) {
		in := signIn(t, s, "ada@example.com")
		first := refresh(t, s, in.Tokens.RefreshToken)
		c.advance(10 * time.Second)
		again := refresh(t, s, in.Tokens.RefreshToken)
		if again.RefreshToken != first.RefreshToken || !again.RefreshTokenExpiresAt.Equal(first.RefreshTokenExpiresAt) {
			t.Errorf("the lost answer comes back as %+v, want %+v", again, first)
		}
		if _, err := s.Authenticate(t.Context(), again.AccessToken); err != nil {
			t.Error(err)
		}
		refresh(t, s, again.RefreshToken)
		wantEvents(t, st, in.User.ID)
	})
}

func TestRefreshTwiceEndsTheSession(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, st *store.Store, s *account.Service, c *clock) {
		in, other := signIn(t, s, "ada@example.com"), signIn(t, s, "ada@example.com")
		next := refresh(t, s, in.Tokens.RefreshToken)
		c.advance(10*time.Second + time.Microsecond)
		for range 2 { // The second finds the session ended already.
			_, err := s.Refresh(t.Context(), in.Tokens.RefreshToken)
			wantFaults(t, err, invalidToken)
		}
		_, err := s.Refresh(t.Context(), next.RefreshToken)
		wantFaults(t, err, invalidToken)
		_, err = s.Authenticate(t.Context(), next.AccessToken)
		wantCode(t, err, errs.Unauthenticated)
		wantEvents(t, st, in.User.ID, "session.ended")
		refresh(t, s, other.Tokens.RefreshToken) // Other sessions stay open.
	})
}

func TestRefreshRefuses(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, _ *store.Store, s *account.Service, c *clock) {
		in, out := signIn(t, s, "ada@example.com"), signIn(t, s, "bob@example.com")
		if _, err := s.SignOut(t.Context(), person{out}.principal(), false); err != nil {
			t.Fatal(err)
		}
		c.advance(30 * 24 * time.Hour)
		for name, token := range map[string]string{
			"empty": "", "unknown": "x", "an access token": in.Tokens.AccessToken, "U+0000": "\x00",
			"signed out": out.Tokens.RefreshToken, "expired": in.Tokens.RefreshToken,
		} {
			if _, err := s.Refresh(t.Context(), token); err == nil {
				t.Errorf("%s: refreshed", name)
			} else {
				wantFaults(t, err, invalidToken)
			}
		}
	})
}

func TestRefreshAtTheLastMoment(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, _ *store.Store, s *account.Service, c *clock) {
		in := signIn(t, s, "ada@example.com")
		c.advance(30*24*time.Hour - time.Microsecond)
		refresh(t, s, in.Tokens.RefreshToken)
	})
}

func TestConcurrentRefreshesGiveOneSuccessor(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, st *store.Store, s *account.Service, _ *clock) {
		in := signIn(t, s, "ada@example.com")
		tokens, faults := parallel(t.Context(), 20, func(ctx context.Context, _ int) (*account.Tokens, error) {
			return s.Refresh(ctx, in.Tokens.RefreshToken)
		})
		for i, err := range faults {
			if err != nil {
				t.Fatalf("refresh %d: %v", i, err)
			}
			if tokens[i].RefreshToken != tokens[0].RefreshToken {
				t.Errorf("refresh %d gave another successor", i)
			}
		}
		if n := st.Client().RefreshToken.Query().CountX(t.Context()); n != 2 {
			t.Errorf("%d tokens are stored, want 2", n)
		}
		refresh(t, s, tokens[0].RefreshToken)
	})
}

func TestConcurrentReuseEndsTheSessionOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, st *store.Store, s *account.Service, c *clock) {
		in := signIn(t, s, "ada@example.com")
		refresh(t, s, in.Tokens.RefreshToken)
		c.advance(time.Minute)
		_, faults := parallel(t.Context(), 8, func(ctx context.Context, _ int) (*account.Tokens, error) {
			return s.Refresh(ctx, in.Tokens.RefreshToken)
		})
		for _, err := range faults {
			wantFaults(t, err, invalidToken)
		}
		wantEvents(t, st, in.User.ID, "session.ended")
	})
}

func TestNoTokenIsStored(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, st *store.Store, s *account.Service, _ *clock) {
		in := signIn(t, s, "ada@example.com")
		next := refresh(t, s, in.Tokens.RefreshToken)
		for _, token := range []string{in.Tokens.RefreshToken, next.RefreshToken} {
			if len(token) != 43 {
				t.Errorf("a refresh token has %d characters, want 43 for 256 bits", len(token))
			}
			if st.Client().RefreshToken.Query().Where(refreshtoken.ID(token)).ExistX(t.Context()) {
				t.Error("the database keeps a token itself")
			}
		}
	})
}

func TestSuccessorsNeedTheSecret(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, st *store.Store, s *account.Service, c *clock) {
		in := signIn(t, s, "ada@example.com")
		ours := refresh(t, s, in.Tokens.RefreshToken)
		other := newService(t, st, account.Config{Now: c.Now, JWTSecret: []byte("another secret of thirty-two byte")})
		if theirs := refresh(t, other, in.Tokens.RefreshToken); theirs.RefreshToken == ours.RefreshToken {
			t.Error("another secret derives the same successor")
		}
	})
}
