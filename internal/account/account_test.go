package account_test

import (
	"bytes"
	"context"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/weav-ai/weav/ent/feedevent"
	"github.com/weav-ai/weav/internal/account"
	"github.com/weav-ai/weav/internal/auth"
	"github.com/weav-ai/weav/internal/auth/devauth"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/store/storetest"
	"github.com/weav-ai/weav/test/servicetest"
)

func TestMain(m *testing.M) { servicetest.Main(m) }

var secret = bytes.Repeat([]byte("k"), 32)

func ptr[T any](v T) *T { return &v }

// clock is a time that stands until a test moves it.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: store.Now()} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// each runs test on both databases, with a service and its clock.
func each(t *testing.T, test func(t *testing.T, st *store.Store, s *account.Service, c *clock)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		c := newClock()
		test(t, st, newService(t, st, account.Config{Now: c.Now}), c)
	})
}

func newService(t *testing.T, st *store.Store, cfg account.Config) *account.Service {
	t.Helper()
	cat, err := catalog.Load(catalog.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	usable := func(id string) error { _, err := cat.Usable(catalog.Text, id); return err }
	if cfg.JWTSecret == nil {
		cfg.JWTSecret = secret
	}
	s, err := account.New(st, devauth.New(), usable, slog.New(slog.DiscardHandler), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func signIn(t *testing.T, s *account.Service, email string) *account.SignedIn {
	t.Helper()
	in, err := s.SignIn(t.Context(), input(email))
	if err != nil {
		t.Fatal(err)
	}
	return in
}

func input(email string) account.SignInInput {
	return account.SignInInput{Proof: auth.Proof{Dev: &auth.DevProof{Email: email}}, DeviceName: "test"}
}

// person is a signed-in user.
type person struct{ *account.SignedIn }

func (p person) principal() auth.Principal {
	return auth.Principal{User: p.User.ID, Session: p.Session.ID}
}

// events are the types of what the feed of user holds, in order.
func events(t *testing.T, st *store.Store, user oid.User) []string {
	t.Helper()
	rows, err := st.Client().FeedEvent.Query().Where(feedevent.UserID(user)).Order(feedevent.BySeq()).All(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, r := range rows {
		out = append(out, r.Type)
	}
	return out
}

func wantEvents(t *testing.T, st *store.Store, user oid.User, want ...string) {
	t.Helper()
	if got := events(t, st, user); !slices.Equal(got, want) {
		t.Errorf("events = %v, want %v", got, want)
	}
}

func wantCode(t *testing.T, err error, want errs.Code) {
	t.Helper()
	if got := errs.CodeOf(err); got != want {
		t.Errorf("error = %v, want %s", err, want)
	}
}

// wantFaults compares input errors as their log line shows them: paths and reasons.
func wantFaults(t *testing.T, err error, want string) {
	t.Helper()
	faults, ok := errs.InputOf(err)
	if !ok || faults.Error() != "input: "+want {
		t.Errorf("error = %v, want input errors: %s", err, want)
	}
}

// parallel calls do n times at once and returns what each gave.
func parallel[T any](ctx context.Context, n int, do func(ctx context.Context, i int) (T, error)) ([]T, []error) {
	values, faults := make([]T, n), make([]error, n)
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			<-start
			values[i], faults[i] = do(ctx, i)
		})
	}
	close(start)
	wg.Wait()
	return values, faults
}

func TestNewRefusesAShortSecret(t *testing.T) {
	t.Parallel()
	if _, err := account.New(nil, nil, nil, nil, account.Config{JWTSecret: secret[:31]}); err == nil {
		t.Error("New took a secret of 31 bytes")
	}
}
