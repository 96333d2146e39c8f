package account_test

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	_ "github.com/lib/pq" // for the query of waiting transactions

	"github.com/weav-ai/weav/internal/account"
	"github.com/weav-ai/weav/internal/auth"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/store/storetest"
)

// stubVerifier verifies whatever identity a test sets; it ignores the proof.
type stubVerifier struct{ auth.Identity }

// Verify implements [auth.Verifier].
func (v *stubVerifier) Verify(context.Context, auth.Proof) (auth.Identity, error) {
	return v.Identity, nil
}

// newServiceFor returns a service over st whose verifier returns an identity.
func newServiceFor(t *testing.T, st *store.Store, id auth.Identity, now func() time.Time) (*account.Service, *stubVerifier) {
	t.Helper()
	v := &stubVerifier{id}
	s, err := account.New(st, v, func(string) error { return nil }, slog.New(slog.DiscardHandler), account.Config{JWTSecret: secret, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	return s, v
}

// squatter registered with an address of another person; owner is the owner of the address, by the same uid.
func squatter() auth.Identity { return auth.Identity{UID: "ada", Email: "ada@example.com"} }

func owner() auth.Identity {
	return auth.Identity{UID: "ada", Email: "ada@example.com", IsEmailVerified: true}
}

// TestAVerifiedAddressEndsEarlierSessions: a party that made the account before, without a proof of the
// address, is signed out and cannot sign in again with a token of that time.
func TestAVerifiedAddressEndsEarlierSessions(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		s, v := newServiceFor(t, st, squatter(), nil)
		before := entered(t, s)
		key := st.Client().APIKey.Create().SetUserID(before.User.ID).SetName("k").SetHash("h").SetHint("x").SetScopes([]string{"READ"}).SaveX(t.Context())
		other := entered(t, s)
		v.Identity = owner()
		first, second := entered(t, s), entered(t, s)
		checkSessions(t, s, map[string]*account.SignedIn{"the first": before, "the second": other}, false)
		if st.Client().APIKey.GetX(t.Context(), key.ID).RevokedAt == nil {
			t.Error("an API key lives on")
		}
		for what, address := range map[string]string{"the same address": "ada@example.com", "one from before": "squatter@example.com", "none": ""} {
			v.Identity = squatter()
			v.Email = address
			_, err := s.SignIn(t.Context(), account.SignInInput{})
			wantFaults(t, err, "input.identity INVALID_VALUE")
			if faults, _ := errs.InputOf(err); len(faults) != 1 || !strings.Contains(faults[0].Message, "sign in again") {
				t.Errorf("%s: %v", what, faults)
			}
		}
		u := st.Client().User.GetX(t.Context(), before.User.ID)
		if !u.IsEmailVerified || u.Email == nil || *u.Email != "ada@example.com" {
			t.Errorf("the account is %v", u)
		}
		checkSessions(t, s, map[string]*account.SignedIn{"the owner's first": first, "the owner's second": second}, true)
	})
}

// TestAnOldProofThatRacesTheOwnerIsRefused: the old proof comes while the owner's sign-in is not committed
// yet.
func TestAnOldProofThatRacesTheOwnerIsRefused(t *testing.T) {
	t.Parallel()
	st, raw := postgres(t)
	s, _ := newServiceFor(t, st, squatter(), nil)
	before := entered(t, s)
	_, err := race(t, st, raw, s, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.LockUser(ctx, before.User.ID); err != nil {
			return err
		}
		return tx.Client().User.UpdateOneID(before.User.ID).SetIsEmailVerified(true).Exec(ctx)
	})
	wantFaults(t, err, "input.identity INVALID_VALUE")
	if !st.Client().User.GetX(t.Context(), before.User.ID).IsEmailVerified {
		t.Error("the address is not verified any more")
	}
}

// TestTheOwnerEndsAFirstSignInThatCameJustBefore: the account is made, but not committed, when its owner
// comes.
func TestTheOwnerEndsAFirstSignInThatCameJustBefore(t *testing.T) {
	t.Parallel()
	st, raw := postgres(t)
	s, _ := newServiceFor(t, st, owner(), nil)
	session := oid.New[oid.Session]()
	in, err := race(t, st, raw, s, func(ctx context.Context, tx *store.Tx) error {
		u, err := tx.Client().User.Create().SetUID("ada").SetEmail("ada@example.com").Save(ctx)
		if err != nil {
			return err
		}
		return errors.Join(tx.OpenFeed(ctx, u.ID),
			tx.Client().Session.Create().SetID(session).SetUserID(u.ID).SetExpiresAt(store.Now().Add(time.Hour)).Exec(ctx))
	})
	if err != nil || !in.User.IsEmailVerified {
		t.Fatalf("the owner: %v, %v", in, err)
	}
	if st.Client().Session.GetX(t.Context(), session).RevokedAt == nil {
		t.Error("the session from before lives on")
	}
	checkSessions(t, s, map[string]*account.SignedIn{"the owner's": in}, true)
}

// race runs first in a transaction that does not end before a sign-in waits for it, or has not waited; and
// returns what became of the sign-in.
func race(t *testing.T, st *store.Store, raw *sql.DB, s *account.Service, first func(context.Context, *store.Tx) error) (in *account.SignedIn, err error) {
	t.Helper()
	ended := make(chan struct{})
	fault := st.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		if err := first(ctx, tx); err != nil {
			close(ended)
			return err
		}
		go func() {
			defer close(ended)
			in, err = s.SignIn(t.Context(), account.SignInInput{})
		}()
		for !isClosed(ended) && !isWaiting(t, raw) {
		}
		return nil
	})
	<-ended
	if fault != nil {
		t.Fatal(fault)
	}
	return in, err
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// isWaiting reports whether a transaction of the database waits for a lock.
func isWaiting(t *testing.T, db *sql.DB) (waiting bool) {
	t.Helper()
	const query = `SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')`
	if err := db.QueryRowContext(t.Context(), query).Scan(&waiting); err != nil {
		t.Fatal(err)
	}
	return waiting
}

// postgres is a store with a direct connection beside it.
func postgres(t *testing.T) (*store.Store, *sql.DB) {
	t.Helper()
	url := storetest.URL(t, store.Postgres)
	raw, err := sql.Open("postgres", url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = raw.Close() }) // Nothing was written.
	return storetest.At(t, url), raw
}

func entered(t *testing.T, s *account.Service) *account.SignedIn {
	t.Helper()
	in, err := s.SignIn(t.Context(), account.SignInInput{})
	if err != nil {
		t.Fatal(err)
	}
	return in
}

// checkSessions fails unless all sessions are good, or none is.
func checkSessions(t *testing.T, s *account.Service, sessions map[string]*account.SignedIn, good bool) {
	t.Helper()
	for what, in := range sessions {
		if _, err := s.Authenticate(t.Context(), in.Tokens.AccessToken); (err == nil) != good {
			t.Errorf("%s session: %v, want good = %t", what, err, good)
		}
	}
}
