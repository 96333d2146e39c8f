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
	// maxVendors is how many adapters are kept, since each has its connections.
	maxVendors = 256
	// noteWait bounds the writing of a refusal.
	noteWait = 5 * time.Second
)

func isOffered(provider string) bool { return provider == OpenAI || provider == Gemini }

// row matches the key.
func (h holder) row() []predicate.ProviderKey {
	return []predicate.ProviderKey{providerkey.UserID(h.user), providerkey.Provider(h.provider)}
}

// dialled is the adapter that asks with a key as it was sealed.
type dialled struct {
	sealed string
	vendor *keyed
	used   time.Time
}

// Routers are how calls are made with own keys: texts are repeated by that policy.
func (s *Service) Routers(p ai.RetryPolicy) ai.ProviderKeys { return routers{s, p} }

type routers struct {
	s      *Service
	policy ai.RetryPolicy
}

// Router implements ai.ProviderKeys.
func (r routers) Router(ctx context.Context, user oid.User, provider string) (*ai.Router, error) {
	v, err := r.s.vendor(ctx, holder{user, provider})
	if err != nil {
		return nil, err
	}
	return ai.NewRouter(ai.Providers{
		Text:  map[string]ai.TextStreamer{provider: ai.Retrying(v, r.policy)},
		Image: map[string]ai.ImageMaker{provider: ai.MediaTimeouts{}.Images(v)},
		Video: map[string]ai.VideoMaker{provider: ai.MediaTimeouts{}.Videos(v)},
	}), nil
}

// vendor is the adapter of a person's key as it is now.
func (s *Service) vendor(ctx context.Context, h holder) (*keyed, error) {
	gone := &ai.Error{Kind: ai.KeyRefused, Provider: h.provider, Cause: errors.New("there is no own key")}
	if s.Ring == nil {
		return nil, gone
	}
	row, err := s.Store.Client().ProviderKey.Query().Where(h.row()...).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, gone
	}
	if err != nil {
		return nil, wrap("read", err)
	}
	if v := s.known(h, row.Sealed); v != nil {
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
	return s.keep(h, row.Sealed, &keyed{Vendor: vendor, s: s, holder: h, sealed: row.Sealed}), nil
}

// known is the adapter that is kept for a key, if it is still that key.
func (s *Service) known(h holder, sealed string) *keyed {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.vendors[h]
	if d == nil || d.sealed != sealed {
		return nil
	}
	d.used = time.Now()
	return d.vendor
}

// keep keeps an adapter, and lets the one go that was not used for longest when there are too many.
func (s *Service) keep(h holder, sealed string, v *keyed) *keyed {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.vendors[h] = &dialled{sealed, v, time.Now()}
	if len(s.vendors) <= maxVendors {
		return v
	}
	oldest := h
	for other, d := range s.vendors {
		if d.used.Before(s.vendors[oldest].used) {
			oldest = other
		}
	}
	delete(s.vendors, oldest)
	return v
}

// keyed is an adapter that tells a refused key from other faults, and notes it. It has no breaker: one person's key tells
// nothing of the provider's health.
type keyed struct {
	Vendor

	s      *Service
	holder holder
	sealed string
}

// StreamText implements ai.TextStreamer.
func (k *keyed) StreamText(ctx context.Context, req ai.TextRequest) iter.Seq2[ai.TextEvent, error] {
	return func(yield func(ai.TextEvent, error) bool) {
		for event, err := range k.Vendor.StreamText(ctx, req) {
			if !yield(event, k.told(ctx, err)) {
				return
			}
		}
	}
}

// MakeImage implements ai.ImageMaker.
func (k *keyed) MakeImage(ctx context.Context, req ai.ImageRequest) iter.Seq2[ai.ImageEvent, error] {
	return func(yield func(ai.ImageEvent, error) bool) {
		for event, err := range k.Vendor.MakeImage(ctx, req) {
			if !yield(event, k.told(ctx, err)) {
				return
			}
		}
	}
}

// StartVideo implements ai.VideoMaker.
func (k *keyed) StartVideo(ctx context.Context, req ai.VideoRequest) (string, error) {
	ref, err := k.Vendor.StartVideo(ctx, req)
	return ref, k.told(ctx, err)
}

// PollVideo implements ai.VideoMaker.
func (k *keyed) PollVideo(ctx context.Context, model, ref string) (ai.VideoState, error) {
	state, err := k.Vendor.PollVideo(ctx, model, ref)
	return state, k.told(ctx, err)
}

// DownloadVideo implements ai.VideoMaker.
func (k *keyed) DownloadVideo(ctx context.Context, model, ref string, w io.Writer) (ai.VideoResult, error) {
	result, err := k.Vendor.DownloadVideo(ctx, model, ref, w)
	return result, k.told(ctx, err)
}

// told makes a refusal of the key one, and keeps it for the person to see.
func (k *keyed) told(ctx context.Context, err error) error {
	var fault *ai.Error
	if !errors.As(err, &fault) || fault.Kind != ai.Auth && fault.Kind != ai.QuotaExhausted {
		return err
	}
	k.note(ctx, refusal(fault.Kind).String()) // The English names the text that is shown.
	refused := *fault
	refused.Kind = ai.KeyRefused
	return &refused
}

// note keeps why the provider refused the key, unless it was set anew meanwhile. It may come after the call's end.
func (k *keyed) note(ctx context.Context, reason string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), noteWait)
	defer cancel()
	err := k.s.Store.Client().ProviderKey.Update().Where(append(k.holder.row(), providerkey.Sealed(k.sealed))...).
		SetLastError(reason).SetLastErrorAt(store.Now()).Exec(ctx)
	if err != nil {
		k.s.Log.WarnContext(ctx, "the refusal of an own key was not kept", "provider", k.holder.provider, "error", err)
	}
}
