package providerkey_test

import (
	"context"
	"errors"
	"io"
	"iter"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/weav-ai/weav/ent/user"
	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/membership"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/providerkey"
	"github.com/weav-ai/weav/internal/seal"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/store/storetest"
	"github.com/weav-ai/weav/test/servicetest"
)

func TestMain(m *testing.M) { servicetest.Main(m) }

// fixture is the provider keys of one PREMIUM user over a real database.
type fixture struct {
	*providerkey.Service
	t      *testing.T
	st     *store.Store
	user   oid.User
	vendor *vendor
}

// vendor answers every call with its key, or with a fault.
type vendor struct {
	mu    sync.Mutex
	dials int
	fault *ai.Error
}

func each(t *testing.T, test func(t *testing.T, d *fixture)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		d := &fixture{t: t, st: st, user: storetest.User(t, st), vendor: &vendor{}}
		must(t, st.Client().User.UpdateOneID(d.user).SetMembershipType(user.MembershipTypePremium).Exec(t.Context()))
		d.Service = d.with(seal.Generate("first"))
		test(t, d)
	})
}

// with is another process with the sealing keys of a ring.
func (d *fixture) with(ring string) *providerkey.Service {
	d.t.Helper()
	keys, err := seal.Parse(ring)
	must(d.t, err)
	plans, err := membership.Load(membership.Settings{Billing: true})
	must(d.t, err)
	return providerkey.New(providerkey.Parts{Store: d.st, Plans: plans, Ring: keys, Dial: d.vendor.dial, Log: slog.New(slog.DiscardHandler)})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (v *vendor) dial(_ context.Context, provider, key string) (providerkey.Vendor, error) {
	if provider != providerkey.OpenAI {
		return nil, nil
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.dials++
	return adapter{v, key}, nil
}

// adapter makes calls with one key.
type adapter struct {
	v   *vendor
	key string
}

func (a adapter) end() error {
	a.v.mu.Lock()
	defer a.v.mu.Unlock()
	if a.v.fault == nil {
		return nil
	}
	return a.v.fault
}

func (a adapter) ListModels(context.Context) ([]ai.ListedModel, error) { return nil, a.end() }

func (a adapter) StreamText(context.Context, ai.TextRequest) iter.Seq2[ai.TextEvent, error] {
	return func(yield func(ai.TextEvent, error) bool) {
		if err := a.end(); err != nil {
			yield(ai.TextEvent{}, err)
			return
		}
		yield(ai.TextEvent{Final: &ai.TextResult{Model: a.key}}, nil)
	}
}

func (a adapter) MakeImage(context.Context, ai.ImageRequest) iter.Seq2[ai.ImageEvent, error] {
	return func(yield func(ai.ImageEvent, error) bool) { yield(ai.ImageEvent{}, a.end()) }
}

func (a adapter) StartVideo(context.Context, ai.VideoRequest) (string, error) { return a.key, a.end() }

func (a adapter) PollVideo(context.Context, string, string) (ai.VideoState, error) {
	return ai.VideoState{}, a.end()
}

func (a adapter) DownloadVideo(context.Context, string, string, io.Writer) (ai.VideoResult, error) {
	return ai.VideoResult{}, a.end()
}

func (a adapter) CancelVideo(context.Context, string, string) error { return a.end() }

// generate makes a text with the user's key, and returns the key that the vendor saw.
func (d *fixture) generate(s *providerkey.Service) (string, error) {
	d.t.Helper()
	router, err := s.Routers(ai.RetryPolicy{Max: -1}).Router(d.t.Context(), d.user, providerkey.OpenAI)
	if err != nil {
		return "", err
	}
	text, err := router.Text(providerkey.OpenAI)
	must(d.t, err)
	for e, err := range text.StreamText(d.t.Context(), ai.TextRequest{Model: "m"}) {
		if err != nil {
			return "", err
		}
		return e.Final.Model, nil
	}
	return "", errors.New("nothing was said")
}

func (d *fixture) set(key string) {
	d.t.Helper()
	_, err := d.Set(d.t.Context(), d.user, providerkey.OpenAI, key)
	must(d.t, err)
}

func TestTheLatestKeyIsUsed(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *fixture) {
		for _, key := range []string{"sk-one", "sk-two"} {
			d.set(key)
			before := d.vendor.dials
			for range 3 {
				if got, err := d.generate(d.Service); got != key || err != nil {
					t.Errorf("asked with %q, %v", got, err)
				}
			}
			if n := d.vendor.dials - before; n != 1 {
				t.Errorf("dialled %d times for one key", n)
			}
		}
		must(t, d.Remove(t.Context(), d.user, providerkey.OpenAI))
		if _, err := d.generate(d.Service); ai.KindOf(err) != ai.KeyRefused {
			t.Errorf("after its removal: %v", err)
		}
	})
}

// TestKeysSetAtOnceLeaveOneWhole: of concurrent changes one key is stored.
func TestKeysSetAtOnceLeaveOneWhole(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *fixture) {
		var all sync.WaitGroup
		for i := range 8 {
			all.Go(func() {
				if _, err := d.Set(t.Context(), d.user, providerkey.OpenAI, "sk-"+string(rune('a'+i))); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if n := d.st.Client().ProviderKey.Query().CountX(t.Context()); n != 1 {
			t.Errorf("%d keys are kept", n)
		}
		if got, err := d.generate(d.Service); len(got) != 4 || err != nil {
			t.Errorf("asked with %q, %v", got, err)
		}
	})
}

// TestSealingKeysAreRotated without an interruption: the new one first, all keys sealed again by several
// processes, the old one removed.
func TestSealingKeysAreRotated(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *fixture) {
		before, after := seal.Generate("old"), seal.Generate("new")
		d.Service = d.with(before)
		d.set("sk-one")
		both := d.with(after + before)
		if got, err := d.generate(both); got != "sk-one" || err != nil {
			t.Errorf("before the rotation: %q, %v", got, err)
		}
		var all sync.WaitGroup
		var mu sync.Mutex
		total := 0
		for range 4 {
			all.Go(func() {
				n, err := both.Rotate(t.Context(), time.Now())
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				total += n
				mu.Unlock()
			})
		}
		all.Wait()
		if total != 1 {
			t.Errorf("%d were sealed anew, want 1", total)
		}
		if got, err := d.generate(d.with(after)); got != "sk-one" || err != nil {
			t.Errorf("without the old key: %q, %v", got, err)
		}
		// A file that lost its key: nothing opens, nothing is destroyed.
		lost := d.with(seal.Generate("other"))
		if _, err := d.generate(lost); ai.KindOf(err) != ai.KeyRefused {
			t.Errorf("with another key: %v", err)
		}
		if _, err := lost.Rotate(t.Context(), time.Now()); err == nil {
			t.Error("a rotation of what does not open is no fault")
		}
		if got, err := d.generate(d.with(after)); got != "sk-one" || err != nil {
			t.Errorf("after all that: %q, %v", got, err)
		}
	})
}

// TestAKeyOfAnotherUserCannotBeOpened: write access to the database is not enough to let another user pay.
func TestAKeyOfAnotherUserCannotBeOpened(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *fixture) {
		d.set("sk-one")
		row := d.st.Client().ProviderKey.Query().OnlyX(t.Context())
		thief := storetest.User(t, d.st)
		must(t, d.st.Client().ProviderKey.Create().SetUserID(thief).SetProvider(providerkey.OpenAI).SetSealed(row.Sealed).SetHint("x").Exec(t.Context()))
		d.user = thief
		if got, err := d.generate(d.Service); got != "" || ai.KindOf(err) != ai.KeyRefused {
			t.Errorf("another's row opens: %q, %v", got, err)
		}
	})
}

// TestARefusalIsRecordedForItsKey, not for a key that was set since.
func TestARefusalIsRecordedForItsKey(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *fixture) {
		d.set("sk-one")
		router, err := d.Routers(ai.RetryPolicy{}).Router(t.Context(), d.user, providerkey.OpenAI)
		must(t, err)
		video, err := router.Video(providerkey.OpenAI)
		must(t, err)
		d.vendor.fault = &ai.Error{Kind: ai.QuotaExhausted}
		if _, err := video.StartVideo(t.Context(), ai.VideoRequest{}); ai.KindOf(err) != ai.KeyRefused {
			t.Errorf("refused as %v", err)
		}
		row := d.st.Client().ProviderKey.Query().OnlyX(t.Context())
		if row.LastError == "" || row.LastErrorAt == nil {
			t.Errorf("noted %q at %v", row.LastError, row.LastErrorAt)
		}
		d.vendor.fault = nil
		d.set("sk-two")
		d.vendor.fault = &ai.Error{Kind: ai.Auth}
		if _, err := video.StartVideo(t.Context(), ai.VideoRequest{}); ai.KindOf(err) != ai.KeyRefused {
			t.Errorf("refused as %v", err)
		}
		if row := d.st.Client().ProviderKey.Query().OnlyX(t.Context()); row.LastError != "" {
			t.Errorf("the new key is blamed: %q", row.LastError)
		}
		// An error that does not concern the key is returned unchanged.
		d.vendor.fault = &ai.Error{Kind: ai.Overloaded}
		if _, err := video.StartVideo(t.Context(), ai.VideoRequest{}); ai.KindOf(err) != ai.Overloaded {
			t.Errorf("overloaded as %v", err)
		}
	})
}
