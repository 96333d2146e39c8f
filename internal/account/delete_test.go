package account_test

import (
	"strings"
	"testing"
	"time"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/internal/account"
	"github.com/weav-ai/weav/internal/auth"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/store/storetest"
)

// withIdentity runs test on both databases with a user whose identity the test can change.
func withIdentity(t *testing.T, test func(t *testing.T, st *store.Store, s *account.Service, c *clock, v *stubVerifier, p person)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		c := newClock()
		s, v := newServiceFor(t, st, owner(), c.Now)
		test(t, st, s, c, v, person{entered(t, s)})
	})
}

func deletion(t *testing.T, s *account.Service, p person) (*ent.User, error) {
	t.Helper()
	return s.Delete(t.Context(), p.User.ID, p.Session.ID, account.SignInInput{})
}

// TestADeletionNeedsAFreshProofOfTheSameIdentity, whether it is the first or a repetition.
func TestADeletionNeedsAFreshProofOfTheSameIdentity(t *testing.T) {
	t.Parallel()
	withIdentity(t, func(t *testing.T, st *store.Store, s *account.Service, c *clock, v *stubVerifier, p person) {
		ago := func(d time.Duration) auth.Identity {
			id := owner()
			id.AuthTime = c.Now().Add(-d)
			return id
		}
		another := ago(0)
		another.UID = "bob"
		for what, id := range map[string]auth.Identity{"of 5 minutes and a second": ago(5*time.Minute + time.Second), "another's": another} {
			v.Identity = id
			_, err := deletion(t, s, p)
			wantFaults(t, err, "input.identity INVALID_VALUE")
			if st.Client().User.GetX(t.Context(), p.User.ID).DeletesAt != nil {
				t.Errorf("a proof %s deletes the account", what)
			}
		}
		v.Identity = ago(4*time.Minute + 59*time.Second)
		u, err := deletion(t, s, p)
		if err != nil || u.DeletesAt == nil {
			t.Fatalf("a proof of 4 minutes and 59 seconds: %v, %v", u, err)
		}
		v.Identity = another
		u, err = deletion(t, s, p)
		if u != nil && err == nil {
			t.Errorf("somebody else's proof repeats it: %v", u.DeletesAt)
		}
		wantFaults(t, err, "input.identity INVALID_VALUE")
	})
}

func TestARepeatedDeletionKeepsItsDate(t *testing.T) {
	t.Parallel()
	withIdentity(t, func(t *testing.T, _ *store.Store, s *account.Service, c *clock, _ *stubVerifier, p person) {
		want := c.Now().Add(7 * 24 * time.Hour)
		for range 2 {
			if u, err := deletion(t, s, p); err != nil || u.DeletesAt == nil || !u.DeletesAt.Equal(want) {
				t.Errorf("deletes at %v, %v, want %v", u.DeletesAt, err, want)
			}
			c.advance(time.Hour)
		}
	})
}

// TestASignInUntilADeletionIsDue, and not after; it undoes nothing.
func TestASignInUntilADeletionIsDue(t *testing.T) {
	t.Parallel()
	withIdentity(t, func(t *testing.T, _ *store.Store, s *account.Service, c *clock, _ *stubVerifier, p person) {
		if _, err := deletion(t, s, p); err != nil {
			t.Fatal(err)
		}
		c.advance(7*24*time.Hour - time.Microsecond)
		in := entered(t, s)
		if in.User.ID != p.User.ID || in.User.DeletesAt == nil {
			t.Errorf("signed in as %v, want the account that is to go", in.User)
		}
		c.advance(time.Microsecond)
		_, err := s.SignIn(t.Context(), account.SignInInput{})
		wantCode(t, err, errs.Unavailable)
	})
}

// TestADeletionIsUndoneUntilItIsDue, and not after: then the answer is a conflict.
func TestADeletionIsUndoneUntilItIsDue(t *testing.T) {
	t.Parallel()
	withIdentity(t, func(t *testing.T, st *store.Store, s *account.Service, c *clock, _ *stubVerifier, p person) {
		for range 2 { // The second time the account is not to be deleted.
			if u, err := s.Restore(t.Context(), p.User.ID, ""); err != nil || u.DeletesAt != nil {
				t.Errorf("an account that stays: %v, %v", u, err)
			}
		}
		for _, tt := range []struct {
			after time.Duration
			want  errs.Code
		}{{7*24*time.Hour - time.Microsecond, ""}, {7 * 24 * time.Hour, errs.Conflict}} {
			if _, err := deletion(t, s, p); err != nil {
				t.Fatal(err)
			}
			c.advance(tt.after)
			_, err := s.Restore(t.Context(), p.User.ID, "a mistake")
			wantCode(t, err, tt.want)
			if u := st.Client().User.GetX(t.Context(), p.User.ID); (u.DeletesAt == nil) != (err == nil) {
				t.Errorf("after %v: deletes at %v, and the answer is %v", tt.after, u.DeletesAt, err)
			}
		}
		_, err := s.Restore(t.Context(), p.User.ID, strings.Repeat("x", 501))
		wantFaults(t, err, "input.reason TOO_LONG")
	})
}
