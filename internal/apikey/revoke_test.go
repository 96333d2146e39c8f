package apikey_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/weav-ai/weav/ent/feedevent"
	"github.com/weav-ai/weav/internal/apikey"
	"github.com/weav-ai/weav/internal/auth"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/feed"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/store/storetest"
	"github.com/weav-ai/weav/internal/usage"
)

// TestRevoke revokes a key once, closes its sockets once, and reveals nothing about keys of other users.
func TestRevoke(t *testing.T) {
	t.Parallel()
	each(t, func(r *fixture) {
		key, secret := r.make(nil)
		gone, err := r.Revoke(r.t.Context(), r.user, key.ID.String())
		r.must(err)
		_, err = r.Authenticate(r.t.Context(), secret)
		r.wantCode("revoked", err, errs.Unauthenticated)
		ended := r.now
		r.now = r.now.Add(time.Minute)
		again, err := r.Revoke(r.t.Context(), r.user, key.ID.String())
		if err != nil || gone.RevokedAt == nil || !again.RevokedAt.Equal(ended) {
			r.t.Errorf("revoked again: %v, %v", again, err)
		}
		if n := r.st.Client().FeedEvent.Query().Where(feedevent.UserID(r.user), feedevent.Type(string(feed.KeyEnded))).CountX(r.t.Context()); n != 1 {
			r.t.Errorf("its end was told %d times", n)
		}
		other := storetest.User(r.t, r.st)
		mine, _ := r.make(nil)
		for name, id := range map[string]string{"another's": mine.ID.String(), "unknown": oid.New[oid.APIKey]().String(), "malformed": "key_1", "of another type": r.user.String()} {
			_, err := r.Revoke(r.t.Context(), other, id)
			r.wantCode(name, err, errs.NotFound)
		}
		left, err := r.ByIDs(r.t.Context(), r.user, []oid.APIKey{mine.ID})
		if err != nil || len(left) != 1 || left[0].RevokedAt != nil {
			r.t.Errorf("a stranger revoked it: %v, %v", left, err)
		}
	})
}

// TestRevokeAll revokes all keys of one user and of no other.
func TestRevokeAll(t *testing.T) {
	t.Parallel()
	each(t, func(r *fixture) {
		_, first := r.make(nil)
		_, second := r.make(nil)
		me, mine := r.user, r.session
		r.user = storetest.User(r.t, r.st)
		r.session = r.signIn()
		_, others := r.make(nil)
		r.must(r.st.Tx(r.t.Context(), func(ctx context.Context, tx *store.Tx) error { return r.RevokeAll(ctx, tx, me) }))
		for _, secret := range []string{first, second} {
			_, err := r.Authenticate(r.t.Context(), secret)
			r.wantCode("one of theirs", err, errs.Unauthenticated)
		}
		_, err := r.Authenticate(r.t.Context(), others)
		r.must(err)
		r.user, r.session = me, mine
		r.make(nil)
	})
}

// The list shows what works and what ended lately, the newest first.
func TestListShowsWorkingAndRecentlyRevokedKeys(t *testing.T) {
	t.Parallel()
	each(t, func(r *fixture) {
		old, _ := r.make(func(in *apikey.CreateInput) { in.Name = "old" })
		_, err := r.Revoke(r.t.Context(), r.user, old.ID.String())
		r.must(err)
		r.make(func(in *apikey.CreateInput) { in.Name = "new" })
		for after, want := range map[time.Duration][]string{0: {"new", "old"}, 30*24*time.Hour - time.Second: {"new", "old"}, 30 * 24 * time.Hour: {"new"}} {
			r.now = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC).Add(after)
			rows, err := r.List(r.t.Context(), r.user)
			r.must(err)
			names := []string{}
			for _, row := range rows {
				names = append(names, row.Name)
			}
			if !slices.Equal(names, want) {
				r.t.Errorf("after %s: %v, want %v", after, names, want)
			}
		}
	})
}

// TestTheNumberOfKeysIsLimited also for concurrent calls; a key that expired or was revoked makes room.
func TestTheNumberOfKeysIsLimited(t *testing.T) {
	t.Parallel()
	each(t, func(r *fixture) {
		ends := r.now.Add(time.Minute)
		brief, _ := r.make(func(in *apikey.CreateInput) { in.ExpiresAt = &ends })
		for range apikey.MaxKeys - 3 {
			r.make(nil)
		}
		inputs := []apikey.CreateInput{r.input(nil), r.input(nil), r.input(nil), r.input(nil)}
		results := make([]error, len(inputs))
		var all sync.WaitGroup
		for i := range inputs {
			all.Go(func() { _, _, results[i] = r.Create(r.t.Context(), r.user, inputs[i]) })
		}
		all.Wait()
		made := 0
		for _, err := range results {
			faults, _ := errs.InputOf(err)
			switch {
			case err == nil:
				made++
			case len(faults) != 1 || faults[0].Reason != errs.LimitReached:
				r.t.Errorf("refused with %v", err)
			}
		}
		if made != 2 {
			r.t.Errorf("%d of four found the room of two", made)
		}
		r.now = ends
		r.make(nil) // In the place of the brief one.
		_, err := r.Revoke(r.t.Context(), r.user, brief.ID.String())
		r.must(err)
		_, _, err = r.Create(r.t.Context(), r.user, r.input(nil))
		if faults, _ := errs.InputOf(err); len(faults) != 1 || faults[0].Reason != errs.LimitReached {
			r.t.Errorf("a key that had ended made room twice: %v", err)
		}
	})
}

// TestSpentIsOfTheMonth, what is held included, and is nothing in the next.
func TestSpentIsOfTheMonth(t *testing.T) {
	t.Parallel()
	each(t, func(r *fixture) {
		key, secret := r.make(func(in *apikey.CreateInput) { in.Budget = &usage.Money{AmountMicros: 1000, Currency: "USD"} })
		p, err := r.Authenticate(r.t.Context(), secret)
		r.must(err)
		m, _ := r.models.Get("gpt-6-luna")
		order := func(out int64) error {
			o := usage.Order{User: r.user, Run: oid.New[oid.Run](), Model: m, Most: catalog.Consumed{Output: out}}
			return r.st.Tx(auth.With(r.t.Context(), p), func(ctx context.Context, tx *store.Tx) error { _, err := r.ledger.Hold(ctx, tx, o); return err })
		}
		r.must(order(1200)) // 600 micros
		r.wantCode("beyond the budget", order(1200), errs.QuotaExceeded)
		spent := func() int64 {
			all, err := r.Spent(r.t.Context(), []oid.APIKey{key.ID})
			r.must(err)
			return all[key.ID]
		}
		if got := spent(); got != 600 {
			r.t.Errorf("%d are spent", got)
		}
		r.now = time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
		if got := spent(); got != 0 {
			r.t.Errorf("in the next month %d are spent", got)
		}
		r.must(order(1200))
	})
}
