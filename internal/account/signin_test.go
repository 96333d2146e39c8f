package account_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/weav-ai/weav/ent/feed"
	"github.com/weav-ai/weav/internal/account"
	"github.com/weav-ai/weav/internal/auth"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
)

func TestSignInMakesAnAccount(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, st *store.Store, s *account.Service, c *clock) {
		in := signIn(t, s, "Ada@Example.com")
		u := in.User
		if u.UID != "dev:ada@example.com" || u.Email == nil || *u.Email != "ada@example.com" || u.FirstName != "" || !u.CreatedAt.Equal(c.Now()) {
			t.Errorf("user = %v", u)
		}
		if u.Theme != "DARK" || u.AccentColor != "#6366f1" || u.PreferencesRevision != 1 {
			t.Errorf("preferences of a new account = %v", u)
		}
		if in.Session.DeviceName != "test" || !in.Session.ExpiresAt.Equal(c.Now().Add(30*24*time.Hour)) {
			t.Errorf("session = %v", in.Session)
		}
		p, err := s.Authenticate(t.Context(), in.Tokens.AccessToken)
		want := auth.Principal{User: u.ID, Session: in.Session.ID, ExpiresAt: in.Tokens.AccessTokenExpiresAt}
		if err != nil || p != want {
			t.Errorf("Authenticate = %v, %v, want %v", p, err, want)
		}
		if n := st.Client().Feed.Query().Where(feed.ID(u.ID)).CountX(t.Context()); n != 1 {
			t.Errorf("a new account has %d feeds", n)
		}
	})
}

func TestSignInLeavesWhatTheIdentityOmits(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, st *store.Store, s *account.Service, c *clock) {
		named := input("ada@example.com")
		named.Proof.Dev.FirstName, named.Proof.Dev.LastName = ptr("Ada"), ptr("Byron")
		first, err := s.SignIn(t.Context(), named)
		if err != nil {
			t.Fatal(err)
		}
		c.advance(time.Hour)
		again := input("ADA@example.com")
		again.Proof.Dev.LastName = ptr("Lovelace")
		second, err := s.SignIn(t.Context(), again)
		if err != nil {
			t.Fatal(err)
		}
		u := second.User
		if u.ID != first.User.ID || u.FirstName != "Ada" || u.LastName != "Lovelace" || !u.LastLoginAt.Equal(c.Now()) || u.CreatedAt.Equal(c.Now()) {
			t.Errorf("user = %v, first %v", u, first.User)
		}
		wantEvents(t, st, u.ID, "viewer.updated")
		signIn(t, s, "ada@example.com")
		wantEvents(t, st, u.ID, "viewer.updated") // Nothing of the profile changed.
	})
}

func TestSignInRefuses(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, st *store.Store, s *account.Service, _ *clock) {
		in := input("no address")
		in.DeviceName = strings.Repeat("가", 101)
		_, err := s.SignIn(t.Context(), in)
		wantFaults(t, err, "input.identity.dev.email INVALID_VALUE, input.deviceName TOO_LONG")
		if n := st.Client().User.Query().CountX(t.Context()); n != 0 {
			t.Errorf("%d accounts were made", n)
		}
	})
}

// unreachable is an identity provider that does not answer.
type unreachable struct{}

func (unreachable) Verify(context.Context, auth.Proof) (auth.Identity, error) {
	return auth.Identity{}, errs.New(errs.Unavailable, "The identity provider does not answer.").Retry(time.Second)
}

func TestSignInReportsAnUnreachableProvider(t *testing.T) {
	t.Parallel()
	s, err := account.New(nil, unreachable{}, nil, nil, account.Config{JWTSecret: secret})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.SignIn(t.Context(), input("ada@example.com"))
	wantCode(t, err, errs.Unavailable)
}

func TestConcurrentFirstSignInsMakeOneAccount(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, st *store.Store, s *account.Service, _ *clock) {
		users, faults := parallel(t.Context(), 20, func(ctx context.Context, _ int) (oid.User, error) {
			in, err := s.SignIn(ctx, input("ada@example.com"))
			if err != nil {
				return oid.User{}, err
			}
			return in.User.ID, nil
		})
		for i, err := range faults {
			if err != nil || users[i] != users[0] {
				t.Errorf("sign-in %d = %v, %v, want %v", i, users[i], err, users[0])
			}
		}
		if n := st.Client().Session.Query().CountX(t.Context()); n != 20 {
			t.Errorf("%d sessions, want 20", n)
		}
	})
}

func TestUsers(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, _ *store.Store, s *account.Service, _ *clock) {
		ada, bob := signIn(t, s, "ada@example.com"), signIn(t, s, "bob@example.com")
		rows, err := s.Users(t.Context(), []oid.User{ada.User.ID, bob.User.ID, oid.New[oid.User]()})
		if err != nil || len(rows) != 2 {
			t.Errorf("Users = %v, %v, want the two there are", rows, err)
		}
		if rows, err := s.Users(t.Context(), nil); err != nil || len(rows) != 0 {
			t.Errorf("Users of nobody = %v, %v", rows, err)
		}
	})
}
