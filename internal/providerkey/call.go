package providerkey

import (
	"context"
	"errors"
	"io"
	"iter"
	"time"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/predicate"
	"github.com/weav-ai/weav/ent/providerkey"
	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
)

const (
	// maxVendors is the most adapters in the cache, since each has its own connections.
	maxVendors = 256
	// noteWait bounds the write of a refusal, which may happen after the request has ended.
	noteWait = 5 * time.Second
)

// isOffered reports whether users may have keys of a provider here.
func isOffered(provider string) bool { return provider == OpenAI || provider == Gemini }

// row matches the row of the key.
func (h holder) row() []predicate.ProviderKey {
	return []predicate.ProviderKey{providerkey.UserID(h.user), providerkey.Provider(h.provider)}
}

// cachedAdapter is an adapter with the sealed key that it was made for.
type cachedAdapter struct {
	sealed string
	vendor *keyAdapter
	used   time.Time
}

// Routers returns the routers that make calls with provider keys. Texts are retried by the policy.
func (s *Service) Routers(p ai.RetryPolicy) ai.ProviderKeys { return routers{s, p} }

// routers implements [ai.OwnKeys] with a policy for retries.
type routers struct {
	s      *Service
	policy ai.RetryPolicy
}

// Router implements [ai.ProviderKeys].
func (r routers) Router(ctx context.Context, user oid.User, provider string) (*ai.Router, error) {
	v, err := r.s.adapter(ctx, holder{user, provider})
	if err != nil {
		return nil, err
	}
	// There is no breaker here: it would let the refused key of one user stop the calls of others.
	return ai.NewRouter(ai.Providers{
		Text:  map[string]ai.TextStreamer{provider: ai.Retrying(v, r.policy)},
		Image: map[string]ai.ImageMaker{provider: ai.MediaTimeouts{}.Images(v)},
		Video: map[string]ai.VideoMaker{provider: ai.MediaTimeouts{}.Videos(v)},
	}), nil
}

// adapter returns the adapter for a user's present key. The row is read for each call, so that a changed or
// removed key counts at once in every process.
func (s *Service) adapter(ctx context.Context, h holder) (*keyAdapter, error) {
	noKey := &ai.Error{Kind: ai.KeyRefused, Provider: h.provider, Cause: errors.New("there is no own key")}
	if s.Ring == nil {
		return nil, noKey
	}
	row, err := s.Store.Client().ProviderKey.Query().Where(h.row()...).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, noKey
	}
	if err != nil {
		return nil, wrap("read", err)
	}
	if v := s.cached(h, row.Sealed); v != nil {
		return v, nil
	}
	key, err := s.Ring.Open(row.Sealed, h.purpose())
	if err != nil {
		s.Log.ErrorContext(ctx, "an own key cannot be opened: is its sealing key still in the file?", "provider", h.provider)
		return nil, &ai.Error{Kind: ai.KeyRefused, Provider: h.provider, Cause: err}
	}
	vendor, err := s.Dial(ctx, h.provider, key)
	if err != nil || vendor == nil {
		return nil, &ai.Error{Kind: ai.Unsupported, Provider: h.provider, Cause: errors.Join(errors.New("the provider is not set up"), err)}
	}
	return s.cache(h, row.Sealed, &keyAdapter{Vendor: vendor, s: s, holder: h, sealed: row.Sealed}), nil
}

// cached returns the cached adapter of a key; nil when the key has changed since.
func (s *Service) cached(h holder, sealed string) *keyAdapter {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.vendors[h]
	if d == nil || d.sealed != sealed {
		return nil
	}
	d.used = time.Now()
	return d.vendor
}

// cache adds an adapter, and removes the least recently used one when there are too many. Its calls in
// progress continue.
func (s *Service) cache(h holder, sealed string, v *keyAdapter) *keyAdapter {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.vendors[h] = &cachedAdapter{sealed, v, time.Now()}
	if len(s.vendors) <= maxVendors {
		return v
	}
	// A scan of 256 entries is cheaper than a list that every call would have to update.
	oldest := h
	for other, d := range s.vendors {
		if d.used.Before(s.vendors[oldest].used) {
			oldest = other
		}
	}
	delete(s.vendors, oldest)
	return v
}

// keyAdapter is an adapter that reports a refused key as such and records the refusal. It has no breaker,
// because the key of one user says nothing about the provider's health.
type keyAdapter struct {
	Vendor

	s      *Service
	holder holder
	sealed string
}

// StreamText implements [ai.TextStreamer].
func (k *keyAdapter) StreamText(ctx context.Context, req ai.TextRequest) iter.Seq2[ai.TextEvent, error] {
	return func(yield func(ai.TextEvent, error) bool) {
		for event, err := range k.Vendor.StreamText(ctx, req) {
			if !yield(event, k.classify(ctx, err)) {
				return
			}
		}
	}
}

// MakeImage implements [ai.ImageMaker].
func (k *keyAdapter) MakeImage(ctx context.Context, req ai.ImageRequest) iter.Seq2[ai.ImageEvent, error] {
	return func(yield func(ai.ImageEvent, error) bool) {
		for event, err := range k.Vendor.MakeImage(ctx, req) {
			if !yield(event, k.classify(ctx, err)) {
				return
			}
		}
	}
}

// StartVideo implements [ai.VideoMaker].
func (k *keyAdapter) StartVideo(ctx context.Context, req ai.VideoRequest) (string, error) {
	ref, err := k.Vendor.StartVideo(ctx, req)
	return ref, k.classify(ctx, err)
}

// PollVideo implements [ai.VideoMaker].
func (k *keyAdapter) PollVideo(ctx context.Context, model, ref string) (ai.VideoState, error) {
	state, err := k.Vendor.PollVideo(ctx, model, ref)
	return state, k.classify(ctx, err)
}

// DownloadVideo implements [ai.VideoMaker].
func (k *keyAdapter) DownloadVideo(ctx context.Context, model, ref string, w io.Writer) (ai.VideoResult, error) {
	result, err := k.Vendor.DownloadVideo(ctx, model, ref, w)
	return result, k.classify(ctx, err)
}

// classify turns a refusal of the key into [ai.KeyRefused], and records it for the user.
func (k *keyAdapter) classify(ctx context.Context, err error) error {
	var fault *ai.Error
	if !errors.As(err, &fault) || fault.Kind != ai.Auth && fault.Kind != ai.QuotaExhausted {
		return err
	}
	k.recordRefusal(ctx, refusal(fault.Kind).String()) // Texts are stored in English, the key of their translations.
	// Other callers may hold the same fault, so a copy is changed.
	refused := *fault
	refused.Kind = ai.KeyRefused
	return &refused
}

// recordRefusal stores why the provider refused the key, unless the key was replaced meanwhile. The request
// may have ended by then, so its cancellation does not count.
func (k *keyAdapter) recordRefusal(ctx context.Context, reason string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), noteWait)
	defer cancel()
	err := k.s.Store.Client().ProviderKey.Update().Where(append(k.holder.row(), providerkey.Sealed(k.sealed))...).
		SetLastError(reason).SetLastErrorAt(store.Now()).Exec(ctx)
	if err != nil {
		k.s.Log.WarnContext(ctx, "the refusal of an own key was not kept", "provider", k.holder.provider, "error", err)
	}
}
