package account_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/weav-ai/weav/internal/account"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
)

func sessionIDs(t *testing.T, s *account.Service, user oid.User) []oid.Session {
	t.Helper()
	rows, err := s.Sessions(t.Context(), user)
	if err != nil {
		t.Fatal(err)
	}
	var out []oid.Session
	for _, r := range rows {
		out = append(out, r.ID)
	}
	return out
}

func TestSessionsAreTheOpenOnesTheNewestFirst(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, _ *store.Store, s *account.Service, c *clock) {
		expires := signIn(t, s, "ada@example.com")
		c.advance(20 * 24 * time.Hour)
		first, gone, last := signIn(t, s, "ada@example.com"), signIn(t, s, "ada@example.com"), signIn(t, s, "ada@example.com")
		signIn(t, s, "bob@example.com")
		if err := s.RevokeSession(t.Context(), person{first}.principal(), gone.Session.ID.String()); err != nil {
			t.Fatal(err)
		}
		if got, want := sessionIDs(t, s, first.User.ID), []oid.Session{last.Session.ID, first.Session.ID, expires.Session.ID}; !slices.Equal(got, want) {
			t.Errorf("sessions = %v, want %v", got, want)
		}
		c.advance(10 * 24 * time.Hour)
		if got, want := sessionIDs(t, s, first.User.ID), []oid.Session{last.Session.ID, first.Session.ID}; !slices.Equal(got, want) {
			t.Errorf("sessions = %v, want %v without the expired one", got, want)
		}
	})
}

func TestSignOut(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		all  bool
		left int
	}{
		{"this session", false, 1},
		{"all sessions", true, 0},
	}
	each(t, func(t *testing.T, st *store.Store, s *account.Service, _ *clock) {
		for _, tt := range tests {
			email := tt.name[:3] + "@example.com"
			in, other := signIn(t, s, email), signIn(t, s, email)
			p := person{in}.principal()
			ended, err := s.SignOut(t.Context(), p, tt.all)
			if err != nil {
				t.Fatal(err)
			}
			want := []oid.Session{in.Session.ID, other.Session.ID}[:2-tt.left]
			if !slices.Equal(ended, want) {
				t.Errorf("%s: ended %v, want %v", tt.name, ended, want)
			}
			_, err = s.Authenticate(t.Context(), in.Tokens.AccessToken)
			wantCode(t, err, errs.Unauthenticated)
			if n := len(sessionIDs(t, s, p.User)); n != tt.left {
				t.Errorf("%s: %d sessions are left, want %d", tt.name, n, tt.left)
			}
			if again, err := s.SignOut(t.Context(), p, tt.all); err != nil || len(again) != 0 {
				t.Errorf("%s: again ended %v, %v, want none", tt.name, again, err)
			}
			wantEvents(t, st, p.User, slices.Repeat([]string{"session.ended"}, 2-tt.left)...)
		}
	})
}

func TestRevokeSession(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, st *store.Store, s *account.Service, _ *clock) {
		in, other := signIn(t, s, "ada@example.com"), signIn(t, s, "ada@example.com")
		for range 2 { // The second time it had ended before.
			if err := s.RevokeSession(t.Context(), person{in}.principal(), other.Session.ID.String()); err != nil {
				t.Fatal(err)
			}
		}
		_, err := s.Refresh(t.Context(), other.Tokens.RefreshToken)
		wantFaults(t, err, invalidToken)
		if _, err := s.Authenticate(t.Context(), in.Tokens.AccessToken); err != nil {
			t.Errorf("the session of the request ended too: %v", err)
		}
		wantEvents(t, st, in.User.ID, "session.ended")
	})
}

func TestRevokeSessionAnswersUnknownIDsAlike(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, _ *store.Store, s *account.Service, _ *clock) {
		in, stranger := signIn(t, s, "ada@example.com"), signIn(t, s, "bob@example.com")
		p := person{stranger}.principal()
		alike(t, in.Session.ID.String(), in.User.ID.String(), oid.New[oid.Session]().String(), func(id string) error {
			return s.RevokeSession(t.Context(), p, id)
		})
		if _, err := s.Authenticate(t.Context(), in.Tokens.AccessToken); err != nil {
			t.Errorf("a stranger ended the session: %v", err)
		}
	})
}

// alike checks that do answers foreign, wrong-type, unknown and malformed ids with one NOT_FOUND.
func alike(t *testing.T, foreign, wrongType, unknown string, do func(id string) error) {
	t.Helper()
	var first string
	for name, id := range map[string]string{"foreign": foreign, "of another type": wrongType, "unknown": unknown, "malformed": "x", "empty": ""} {
		err := do(id)
		if first == "" && err != nil {
			first = err.Error()
		}
		if errs.CodeOf(err) != errs.NotFound || err.Error() != first {
			t.Errorf("an id that is %s = %v, want NOT_FOUND with one message (%s)", name, err, first)
		}
	}
}

func TestConcurrentSignOutsEndEachSessionOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, st *store.Store, s *account.Service, _ *clock) {
		const many = 12
		// Signing in at once also opens the connections that signing out at once needs.
		signedIn, faults := parallel(t.Context(), many, func(ctx context.Context, _ int) (*account.SignedIn, error) {
			return s.SignIn(ctx, input("ada@example.com"))
		})
		if err := errors.Join(faults...); err != nil {
			t.Fatal(err)
		}
		p := person{signedIn[0]}.principal()
		ended, faults := parallel(t.Context(), many, func(ctx context.Context, _ int) ([]oid.Session, error) {
			return s.SignOut(ctx, p, true)
		})
		if err := errors.Join(faults...); err != nil {
			t.Error(err)
		}
		if n := len(slices.Concat(ended...)); n != many {
			t.Errorf("%d sessions were told ended, want %d", n, many)
		}
		wantEvents(t, st, p.User, slices.Repeat([]string{"session.ended"}, many)...)
	})
}

func TestPurge(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, st *store.Store, s *account.Service, c *clock) {
		live, revoked := signIn(t, s, "ada@example.com"), signIn(t, s, "ada@example.com")
		next := refresh(t, s, live.Tokens.RefreshToken)
		if err := s.RevokeSession(t.Context(), person{live}.principal(), revoked.Session.ID.String()); err != nil {
			t.Fatal(err)
		}
		purge := func(want int) {
			t.Helper()
			if n, err := s.Purge(t.Context(), c.Now()); err != nil || n != want {
				t.Errorf("Purge = %d, %v, want %d", n, err, want)
			}
		}
		purge(0)
		c.advance(24 * time.Hour)
		purge(1) // The ended session; its token goes with it.
		next = refresh(t, s, next.RefreshToken)
		_, err := s.Refresh(t.Context(), live.Tokens.RefreshToken)
		wantFaults(t, err, invalidToken) // Used tokens are stored, so theft is still detected.
		if n := len(sessionIDs(t, s, live.User.ID)); n != 0 {
			t.Errorf("%d sessions stand after a token was used twice", n)
		}
		c.advance(31 * 24 * time.Hour)
		purge(4) // Three tokens, and the session.
		if n := st.Client().RefreshToken.Query().CountX(t.Context()) + st.Client().Session.Query().CountX(t.Context()); n != 0 || next == nil {
			t.Errorf("%d rows are left", n)
		}
	})
}
