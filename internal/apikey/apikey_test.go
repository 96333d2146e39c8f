package apikey_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/internal/apikey"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/membership"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/store/storetest"
	"github.com/weav-ai/weav/internal/usage"
	"github.com/weav-ai/weav/test/servicetest"
)

func TestMain(m *testing.M) { servicetest.Main(m) }

// fixture is the domain of API keys with a user, an open session, and a clock that the test sets.
type fixture struct {
	*apikey.Service
	t       *testing.T
	st      *store.Store
	ledger  *usage.Ledger
	models  *catalog.Catalog
	user    oid.User
	session oid.Session
	now     time.Time
	made    int
}

func each(t *testing.T, test func(r *fixture)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		r := &fixture{t: t, st: st, user: storetest.User(t, st), now: time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)}
		clock := func() time.Time { return r.now }
		var err error
		r.models, err = catalog.Load(catalog.Settings{Configured: func(string) bool { return true }, Now: clock})
		r.must(err)
		plans, err := membership.Load(membership.Settings{})
		r.must(err)
		r.ledger = usage.NewLedger(usage.Parts{Store: st, Catalog: r.models, Plans: plans, Now: clock})
		r.Service = apikey.New(st, r.models, r.ledger, clock)
		r.session = r.signIn()
		test(r)
	})
}

func (r *fixture) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// signIn opens a session for an hour.
func (r *fixture) signIn() oid.Session {
	r.t.Helper()
	row, err := r.st.Client().Session.Create().SetUserID(r.user).SetExpiresAt(r.now.Add(time.Hour)).Save(r.t.Context())
	r.must(err)
	return row.ID
}

// input is a key that is sound.
func (r *fixture) input(change func(*apikey.CreateInput)) apikey.CreateInput {
	r.made++
	in := apikey.CreateInput{Name: "n", Scopes: []string{"READ"}, Key: fmt.Sprint("k", r.made), Session: r.session}
	if change != nil {
		change(&in)
	}
	return in
}

// make makes a key.
func (r *fixture) make(change func(*apikey.CreateInput)) (key *ent.APIKey, secret string) {
	r.t.Helper()
	key, secret, err := r.Create(r.t.Context(), r.user, r.input(change))
	r.must(err)
	return key, secret
}

func (r *fixture) wantCode(what string, err error, want errs.Code) {
	r.t.Helper()
	if errs.CodeOf(err) != want {
		r.t.Errorf("%s: %v, want %q", what, err, want)
	}
}

// TestCreateChecksItsInput: each case breaks one rule, or is at its limit.
func TestCreateChecksItsInput(t *testing.T) {
	t.Parallel()
	const year = 365 * 24 * time.Hour
	ends := func(d time.Duration) func(r *fixture, in *apikey.CreateInput) {
		return func(r *fixture, in *apikey.CreateInput) { at := r.now.Add(d); in.ExpiresAt = &at }
	}
	budget := func(micros int64, currency string) func(*fixture, *apikey.CreateInput) {
		return func(_ *fixture, in *apikey.CreateInput) {
			in.Budget = &usage.Money{AmountMicros: micros, Currency: currency}
		}
	}
	models := func(ids ...string) func(*fixture, *apikey.CreateInput) {
		return func(_ *fixture, in *apikey.CreateInput) { in.Models = ids }
	}
	tests := map[string]struct {
		change func(r *fixture, in *apikey.CreateInput)
		field  string    // of the fault; empty for none
		code   errs.Code // of an error that is no fault of the input
	}{
		"sound":                   {func(*fixture, *apikey.CreateInput) {}, "", ""},
		"a name of blanks":        {func(_ *fixture, in *apikey.CreateInput) { in.Name = " \t" }, "name", ""},
		"the longest name":        {func(_ *fixture, in *apikey.CreateInput) { in.Name = strings.Repeat("가", 100) }, "", ""},
		"a longer name":           {func(_ *fixture, in *apikey.CreateInput) { in.Name = strings.Repeat("가", 101) }, "name", ""},
		"no scope":                {func(_ *fixture, in *apikey.CreateInput) { in.Scopes = nil }, "scopes", ""},
		"ends now":                {ends(0), "expiresAt", ""},
		"ends in five years":      {ends(5 * year), "", ""},
		"ends later":              {ends(5*year + time.Second), "expiresAt", ""},
		"the least budget":        {budget(1, "USD"), "", ""},
		"no budget":               {budget(0, "USD"), "monthlyBudget", ""},
		"a budget in won":         {budget(1, "KRW"), "monthlyBudget", ""},
		"some models":             {models("sandbox-writer", "gpt-6-luna"), "", ""},
		"a list of no models":     {models([]string{}...), "modelIds", ""},
		"too many models":         {models(slices.Repeat([]string{"sandbox-writer"}, 51)...), "modelIds", ""},
		"a model that has ended":  {models("dall-e-3"), "modelIds", ""},
		"a model there never was": {models("gpt-9"), "", errs.ModelNotAllowed},
		"a session that ended":    {func(r *fixture, _ *apikey.CreateInput) { r.now = r.now.Add(time.Hour) }, "", errs.Unauthenticated},
		"nobody's session":        {func(_ *fixture, in *apikey.CreateInput) { in.Session = oid.New[oid.Session]() }, "", errs.Unauthenticated},
	}
	each(t, func(r *fixture) {
		noon := r.now
		for name, tt := range tests {
			r.now = noon
			in := r.input(nil)
			tt.change(r, &in)
			key, secret, err := r.Create(r.t.Context(), r.user, in)
			faults, _ := errs.InputOf(err)
			switch {
			case tt.code != "":
				r.wantCode(name, err, tt.code)
			case tt.field == "" && (err != nil || secret == "" || key.Name != in.Name):
				r.t.Errorf("%s: made %v, %v", name, key, err)
			case tt.field != "" && (len(faults) != 1 || faults[0].Path[len(faults[0].Path)-1] != tt.field):
				r.t.Errorf("%s: refused with %v, want a fault of %s", name, err, tt.field)
			}
		}
	})
}

// TestASecretIsReturnedOnce, and a repetition with the same idempotency key creates nothing.
func TestASecretIsReturnedOnce(t *testing.T) {
	t.Parallel()
	each(t, func(r *fixture) {
		in := r.input(func(in *apikey.CreateInput) { in.Name, in.Scopes = "  n ", []string{"READ", "CHAT", "READ"} })
		key, secret, err := r.Create(r.t.Context(), r.user, in)
		r.must(err)
		if !strings.HasPrefix(secret, "weav_live_") || !apikey.IsKey(secret) || key.Hint != secret[len(secret)-4:] || key.Hash == secret {
			r.t.Errorf("the secret is %q, its hint %q", secret, key.Hint)
		}
		if key.Name != "n" || !slices.Equal(key.Scopes, []string{"CHAT", "READ"}) {
			r.t.Errorf("stored %q with %v", key.Name, key.Scopes)
		}
		again, repeated, err := r.Create(r.t.Context(), r.user, in)
		if err != nil || again.ID != key.ID || repeated != "" {
			r.t.Errorf("a repetition: %v, %q, %v", again, repeated, err)
		}
		in.Name = "another"
		_, _, err = r.Create(r.t.Context(), r.user, in)
		r.wantCode("another input with the same key", err, errs.IdempotencyConflict)
		_, test := r.make(func(in *apikey.CreateInput) { in.IsTest = true })
		if !strings.HasPrefix(test, "weav_test_") {
			r.t.Errorf("a test key is %q", test)
		}
	})
}

// TestAuthenticate returns the user and rights of a key, and refuses all keys that do not work alike.
func TestAuthenticate(t *testing.T) {
	t.Parallel()
	each(t, func(r *fixture) {
		ends := r.now.Add(time.Hour)
		key, secret := r.make(func(in *apikey.CreateInput) {
			in.Scopes, in.Models, in.ExpiresAt = []string{"CHAT"}, []string{"sandbox-brief"}, &ends
			in.Budget = &usage.Money{AmountMicros: 5, Currency: "USD"}
		})
		p, err := r.Authenticate(r.t.Context(), secret)
		r.must(err)
		g := p.Grant
		if p.User != r.user || !p.ExpiresAt.Equal(ends) || g.Key != key.ID || !slices.Equal(g.Scopes, []string{"CHAT"}) || *g.Budget != 5 || g.IsTest {
			r.t.Errorf("it speaks for %+v with %+v", p, g)
		}
		if !g.Opens("sandbox-brief", true) || g.Opens("sandbox-writer", true) {
			r.t.Error("it opens other models than its own")
		}
		var refusal string
		for name, token := range map[string]string{
			"nothing": "", "a part": secret[:len(secret)-1], "a slip": secret[:20] + "x" + secret[21:], "a session's": "eyJhbGciOi", "more": secret + "0",
		} {
			_, err := r.Authenticate(r.t.Context(), token)
			r.wantCode(name, err, errs.Unauthenticated)
			if refusal == "" {
				refusal = err.Error()
			}
			if err == nil || err.Error() != refusal {
				r.t.Errorf("%s is refused with %v, others with %s", name, err, refusal)
			}
		}
		r.now = ends.Add(-time.Second)
		_, err = r.Authenticate(r.t.Context(), secret)
		r.must(err)
		r.now = ends
		_, err = r.Authenticate(r.t.Context(), secret)
		r.wantCode("at its end", err, errs.Unauthenticated)
	})
}

// TestAKeyOfAnAccountUnderDeletionIsRefused, and works again when the account is restored.
func TestAKeyOfAnAccountUnderDeletionIsRefused(t *testing.T) {
	t.Parallel()
	each(t, func(r *fixture) {
		_, secret := r.make(nil)
		u := r.st.Client().User
		r.must(u.UpdateOneID(r.user).SetDeletesAt(r.now.Add(time.Hour)).Exec(r.t.Context()))
		_, err := r.Authenticate(r.t.Context(), secret)
		r.wantCode("while it is to go", err, errs.Unauthenticated)
		r.must(u.UpdateOneID(r.user).ClearDeletesAt().Exec(r.t.Context()))
		_, err = r.Authenticate(r.t.Context(), secret)
		r.must(err)
	})
}

func TestTheLastUseIsRecordedOncePerMinute(t *testing.T) {
	t.Parallel()
	each(t, func(r *fixture) {
		key, secret := r.make(nil)
		first := r.now
		for _, step := range []struct {
			after time.Duration
			want  time.Duration
		}{{0, 0}, {59 * time.Second, 0}, {61 * time.Second, 61 * time.Second}} {
			r.now = first.Add(step.after)
			_, err := r.Authenticate(r.t.Context(), secret)
			r.must(err)
			row, err := r.st.Client().APIKey.Get(r.t.Context(), key.ID)
			r.must(err)
			if row.LastUsedAt == nil || !row.LastUsedAt.Equal(first.Add(step.want)) {
				r.t.Errorf("after %s the last use was %v, want %s after the first", step.after, row.LastUsedAt, step.want)
			}
		}
	})
}
