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

// drawer is the keys of one PREMIUM person over a real database.
type drawer struct {
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

func each(t *testing.T, test func(t *testing.T, d *drawer)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		d := &drawer{t: t, st: st, user: storetest.User(t, st), vendor: &vendor{}}
		must(t, st.Client().User.UpdateOneID(d.user).SetMembershipType(user.MembershipTypePremium).Exec(t.Context()))
		d.Service = d.with(seal.Generate("first"))
		test(t, d)
	})
}

// with is another process with the keys of a ring.
func (d *drawer) with(ring string) *providerkey.Service {
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

// adapter asks with one key.
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

// asks makes a text with the person's key, and returns the key that the vendor saw.
func (d *drawer) asks(s *providerkey.Service) (string, error) {
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

func (d *drawer) set(key string) {
	d.t.Helper()
	_, err := d.Set(d.t.Context(), d.user, providerkey.OpenAI, key)
	must(d.t, err)
}

func TestTheKeyThatIsSetLastIsAsked(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *drawer) {
		for _, key := range []string{"sk-one", "sk-two"} {
			d.set(key)
			before := d.vendor.dials
			for range 3 {
				if got, err := d.asks(d.Service); got != key || err != nil {
					t.Errorf("asked with %q, %v", got, err)
				}
			}
			if n := d.vendor.dials - before; n != 1 {
				t.Errorf("dialled %d times for one key", n)
			}
		}
		must(t, d.Remove(t.Context(), d.user, providerkey.OpenAI))
		if _, err := d.asks(d.Service); ai.KindOf(err) != ai.KeyRefused {
			t.Errorf("after its removal: %v", err)
		}
	})
}

// TestKeysSetAtOnceLeaveOneWhole: however many tabs set a key, one of them is kept.
func TestKeysSetAtOnceLeaveOneWhole(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *drawer) {
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
		if got, err := d.asks(d.Service); len(got) != 4 || err != nil {
			t.Errorf("asked with %q, %v", got, err)
		}
	})
}

// TestSealingKeysAreRotated with nobody noticing: the new one first, all sealed anew by several at once, the old one taken away.
func TestSealingKeysAreRotated(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *drawer) {
		before, after := seal.Generate("old"), seal.Generate("new")
		d.Service = d.with(before)
		d.set("sk-one")
		both := d.with(after + before)
		if got, err := d.asks(both); got != "sk-one" || err != nil {
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
		if got, err := d.asks(d.with(after)); got != "sk-one" || err != nil {
			t.Errorf("without the old key: %q, %v", got, err)
		}
		// A file that lost its key: nothing opens, nothing is destroyed.
		lost := d.with(seal.Generate("other"))
		if _, err := d.asks(lost); ai.KindOf(err) != ai.KeyRefused {
			t.Errorf("with another key: %v", err)
		}
		if _, err := lost.Rotate(t.Context(), time.Now()); err == nil {
			t.Error("a rotation of what does not open is no fault")
		}
		if got, err := d.asks(d.with(after)); got != "sk-one" || err != nil {
			t.Errorf("after all that: %q, %v", got, err)
		}
	})
}

// TestARowOfAnotherDoesNotOpen: who can write to the database cannot have somebody else pay.
func TestARowOfAnotherDoesNotOpen(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *drawer) {
		d.set("sk-one")
		row := d.st.Client().ProviderKey.Query().OnlyX(t.Context())
		thief := storetest.User(t, d.st)
		must(t, d.st.Client().ProviderKey.Create().SetUserID(thief).SetProvider(providerkey.OpenAI).SetSealed(row.Sealed).SetHint("x").Exec(t.Context()))
		d.user = thief
		if got, err := d.asks(d.Service); got != "" || ai.KindOf(err) != ai.KeyRefused {
			t.Errorf("another's row opens: %q, %v", got, err)
		}
	})
}

// TestARefusalIsNoted for the key that was refused, not for the one set since.
func TestARefusalIsNoted(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *drawer) {
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
		// What is not about the key passes as it is.
		d.vendor.fault = &ai.Error{Kind: ai.Overloaded}
		if _, err := video.StartVideo(t.Context(), ai.VideoRequest{}); ai.KindOf(err) != ai.Overloaded {
			t.Errorf("overloaded as %v", err)
		}
	})
}
