package store_test

import (
	"slices"
	"testing"
	"time"

	entjob "github.com/weav-ai/weav/ent/job"
	"github.com/weav-ai/weav/ent/predicate"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/store/storetest"
)

// leasedJob stores a job whose lease ends at until, by the database's clock; nil is no lease.
func leasedJob(t *testing.T, st *store.Store, user oid.User, until *int64) oid.Job {
	t.Helper()
	j, err := st.Client().Job.Create().SetUserID(user).SetKind(entjob.KindText).
		SetModel("m").SetProvider("p").SetArguments([]byte("{}")).SetRunID(oid.New[oid.Run]()).
		SetNillableLeaseUntilMs(until).Save(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return j.ID
}

func databaseNow(t *testing.T, st *store.Store) int64 {
	t.Helper()
	now, err := st.DatabaseNowMs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return now
}

func TestLeaseUsesTheClockOfTheDatabase(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		user, now := storetest.User(t, st), databaseNow(t, st)
		over, runs := now, now+time.Hour.Milliseconds()
		leasedJob(t, st, user, nil)
		ended, leased := leasedJob(t, st, user, &over), leasedJob(t, st, user, &runs)
		for _, c := range []struct {
			name string
			when predicate.Job
			want oid.Job
		}{
			{"leased", st.Leased(entjob.FieldLeaseUntilMs), leased},
			{"expired", st.Expired(entjob.FieldLeaseUntilMs), ended},
		} {
			ids, err := st.Client().Job.Query().Where(c.when).IDs(t.Context())
			if err != nil || !slices.Equal(ids, []oid.Job{c.want}) {
				t.Errorf("%s are %v, %v; want %v alone", c.name, ids, err, c.want)
			}
		}
	})
}

func TestLeaseJoinsOtherConditions(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		user, over := storetest.User(t, st), int64(1)
		id := leasedJob(t, st, user, &over)
		leasedJob(t, st, storetest.User(t, st), &over)
		expired := predicate.Job(st.Expired(entjob.FieldLeaseUntilMs))
		ids, err := st.Client().Job.Query().Where(entjob.Or(entjob.And(entjob.UserID(user), expired), entjob.Not(expired))).IDs(t.Context())
		if err != nil || !slices.Equal(ids, []oid.Job{id}) {
			t.Errorf("got %v, %v; want %v alone", ids, err, id)
		}
	})
}

func TestRenewStartsALeaseAgain(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		user, over, far := storetest.User(t, st), int64(1), time.Now().Add(time.Hour).UnixMilli()
		const lease = 1500 * time.Millisecond
		for name, until := range map[string]*int64{"none": nil, "one that is over": &over, "a longer one": &far} {
			id, other := leasedJob(t, st, user, until), leasedJob(t, st, user, until)
			before := databaseNow(t, st)
			n, err := st.Client().Job.Update().Where(entjob.ID(id)).Modify(st.Renew(entjob.FieldLeaseUntilMs, lease)).Save(t.Context())
			after := databaseNow(t, st)
			if err != nil || n != 1 {
				t.Fatalf("%s: renewed %d, %v", name, n, err)
			}
			got := st.Client().Job.GetX(t.Context(), id).LeaseUntilMs
			if got == nil || *got < before+lease.Milliseconds() || *got > after+lease.Milliseconds() {
				t.Errorf("%s: the lease ends at %v, want %v behind %d to %d", name, got, lease, before, after)
			}
			if kept := st.Client().Job.GetX(t.Context(), other).LeaseUntilMs; until != nil && *kept != *until {
				t.Errorf("%s: another's lease ends at %d, want %d", name, *kept, *until)
			}
		}
	})
}
