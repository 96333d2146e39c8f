package erasure_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	entkey "github.com/weav-ai/weav/ent/apikey"
	entobject "github.com/weav-ai/weav/ent/object"
	entpayment "github.com/weav-ai/weav/ent/payment"
	entsession "github.com/weav-ai/weav/ent/session"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/store/storetest"
)

// erased fails unless a run deletes n accounts.
func (w *world) erased(n int) {
	w.t.Helper()
	if got, err := w.Purge(w.t.Context(), store.Now()); err != nil || got != n {
		w.t.Errorf("%d accounts went, %v, want %d", got, err, n)
	}
}

// TestAnErasureMayEndAfterEachStep: the next run continues, nothing of the user is left, and nothing of other
// users is deleted.
func TestAnErasureMayEndAfterEachStep(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.person(false)
		before := w.counts()
		for n := range w.Steps() {
			id := w.person(true)
			w.must(w.EraseUntil(w.t.Context(), id, store.Now(), n))
			w.erased(1)
			w.same(before, n+1)
			w.erased(0)
			if n := w.count(`SELECT COUNT(*) FROM sandbox_payments WHERE state LIKE $1`, "%"+id.String()+"%"); n > 0 {
				w.t.Errorf("the sandbox names %d customers who are gone", n)
			}
			if n := w.st.Client().Object.Query().Where(entobject.UserID(id), entobject.StateNEQ(entobject.StateDoomed)).CountX(w.t.Context()); n > 0 {
				w.t.Errorf("%d objects of somebody who is gone live on", n)
			}
		}
		if n := w.st.Client().Payment.Query().Where(entpayment.UserIDNotNil()).CountX(w.t.Context()); n != 1 {
			w.t.Errorf("%d payments name their person, want the one of who stays", n)
		}
	})
}

// TestConcurrentErasuresRemoveEachAccountOnce. What one of them could not do is done by a later run.
func TestConcurrentErasuresRemoveEachAccountOnce(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.person(false)
		before := w.counts()
		const people = 5
		for range people {
			w.person(true)
		}
		var gone [3]int
		var work sync.WaitGroup
		for i := range 2 {
			work.Go(func() { gone[i], _ = w.Purge(w.t.Context(), store.Now()) })
		}
		work.Wait()
		var err error
		if gone[2], err = w.Purge(w.t.Context(), store.Now()); err != nil {
			w.t.Error(err)
		}
		if n := gone[0] + gone[1] + gone[2]; n != people {
			w.t.Errorf("%v accounts went, want %d in all", gone, people)
		}
		w.same(before, people)
	})
}

// TestARestoredAccountIsWholeOrGone: by the clock of another server the time is not over while the erasure
// has begun.
func TestARestoredAccountIsWholeOrGone(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		late := w.accounts(func() time.Time { return w.due.Add(-time.Second) })
		for n := range w.Steps() {
			id := w.person(true)
			before := w.counts()
			w.must(w.EraseUntil(w.t.Context(), id, store.Now(), n))
			_, err := late.Restore(w.t.Context(), id, "")
			if want := map[bool]errs.Code{false: "", true: errs.Conflict}[n > 0]; errs.CodeOf(err) != want {
				w.t.Errorf("after %d steps: %v, want code %q", n, err, want)
			}
			if n > 0 {
				w.erased(1)
				continue
			}
			w.erased(0)
			before["feed_events"]++ // The restore publishes an event.
			w.same(before, 0)
			w.works(id)
		}
	})
}

// TestARestoreThatRacesTheErasure runs both concurrently, many times.
func TestARestoreThatRacesTheErasure(t *testing.T) {
	t.Parallel()
	w := newWorld(t, storetest.Open(t, store.Postgres))
	late := w.accounts(func() time.Time { return w.due.Add(-time.Second) })
	for range 20 {
		before := w.counts()
		id := w.person(true)
		whole := w.counts()
		var restored, fault error
		var both sync.WaitGroup
		both.Go(func() { _, restored = late.Restore(t.Context(), id, "") })
		both.Go(func() { _, fault = w.Purge(t.Context(), store.Now()) })
		both.Wait()
		w.must(fault)
		if restored != nil {
			if c := errs.CodeOf(restored); c != errs.Conflict && c != errs.NotFound {
				t.Fatal(restored)
			}
			w.same(before, 1)
			continue
		}
		whole["feed_events"]++
		w.same(whole, 0)
		w.works(id)
	}
}

// TestAnAccountGoesAtTheIdentityProviderFirst: its row has the uid, so it remains until the provider has
// answered.
func TestAnAccountGoesAtTheIdentityProviderFirst(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		var asked []string
		down := errors.New("the provider does not answer")
		w.DeleteIdentity = func(_ context.Context, uid string) error {
			asked = append(asked, uid)
			return down
		}
		id := w.person(true)
		uid := w.st.Client().User.GetX(w.t.Context(), id).UID
		if gone, err := w.Purge(w.t.Context(), store.Now()); gone != 0 || !errors.Is(err, down) {
			w.t.Errorf("%d accounts went, %v", gone, err)
		}
		down = nil
		w.erased(1)
		if !slices.Equal(asked, []string{uid, uid}) {
			w.t.Errorf("asked for %q, want %s twice", asked, uid)
		}
	})
}

// works fails unless the sessions and keys of a user work.
func (w *world) works(id oid.User) {
	w.t.Helper()
	sessions := w.st.Client().Session.Query().Where(entsession.UserID(id), entsession.RevokedAtIsNil()).CountX(w.t.Context())
	keys := w.st.Client().APIKey.Query().Where(entkey.UserID(id), entkey.RevokedAtIsNil()).CountX(w.t.Context())
	if sessions != 1 || keys != 1 {
		w.t.Errorf("of a restored account, %d sessions and %d keys work", sessions, keys)
	}
}

// TestAFailedErasureDoesNotBlockOthers: there are more failing accounts than one batch reads, and they have
// waited longest.
func TestAFailedErasureDoesNotBlockOthers(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.exec(`CREATE TABLE held (user_id uuid NOT NULL REFERENCES users (id))`)
		const stuck = 25
		for range stuck {
			w.exec(`INSERT INTO held VALUES ($1)`, w.person(true))
		}
		w.due = w.due.Add(time.Second)
		for range 2 {
			w.person(true)
		}
		gone, err := w.Purge(w.t.Context(), store.Now())
		var all interface{ Unwrap() []error }
		if gone != 2 || !errors.As(err, &all) || len(all.Unwrap()) != stuck {
			w.t.Errorf("%d accounts went, want 2; and %v, want %d faults", gone, err, stuck)
		}
		w.exec(`DELETE FROM held`)
		w.erased(stuck)
	})
}
