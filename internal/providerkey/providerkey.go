// Package providerkey stores users' keys of AI providers. A key is verified at the provider, sealed at rest
// and never returned. It is used for the calls of its user alone, which the provider then bills to that user.
package providerkey

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/providerkey"
	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/feed"
	"github.com/weav-ai/weav/internal/membership"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/seal"
	"github.com/weav-ai/weav/internal/store"
)

const (
	// maxKey is the longest key, in bytes.
	maxKey = 500
	// hintChars is how many of its last characters are stored in the clear, so that users can distinguish
	// keys.
	hintChars = 4
	// verifyWait is how long a provider may take to verify a key.
	verifyWait = 8 * time.Second
)

// Vendor is the adapter of a provider that uses one key.
type Vendor interface {
	ai.TextStreamer
	ai.ImageMaker
	ai.VideoMaker
	ai.ModelLister
}

// Parts are the dependencies of the service.
type Parts struct {
	Store *store.Store
	Plans *membership.Plans
	// Ring seals keys; nil where no sealing key is configured, and then no user has keys.
	Ring *seal.Ring
	// Dial makes the adapter of a provider; nil for a provider that is not set up. It sends nothing.
	Dial func(ctx context.Context, provider, key string) (Vendor, error)
	Log  *slog.Logger
}

// Service stores keys. It is safe for concurrent use.
type Service struct {
	Parts

	mu      sync.Mutex
	vendors map[holder]*cachedAdapter
}

// holder identifies a key: its user and its provider.
type holder struct {
	user     oid.User
	provider string
}

// purpose is bound into the sealed key. A sealed key that is copied to the row of another user cannot be
// opened.
func (h holder) purpose() string { return h.user.String() + "/" + h.provider }

// New returns a Service.
func New(p Parts) *Service { return &Service{Parts: p, vendors: map[holder]*cachedAdapter{}} }

// Set stores a user's key of a provider, in place of an earlier one, once the provider has accepted it.
func (s *Service) Set(ctx context.Context, user oid.User, provider, key string) (*ent.ProviderKey, error) {
	if err := check(key); err != nil {
		return nil, err
	}
	// Checked before the provider is called, and again in the transaction.
	if err := s.mayHave(ctx, s.Store.Client(), user); err != nil {
		return nil, err
	}
	vendor, err := s.dial(ctx, provider, key)
	if err != nil {
		return nil, err
	}
	if err := verify(ctx, vendor); err != nil {
		return nil, err
	}
	h, now := holder{user, provider}, store.Now()
	err = s.Store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.LockUser(ctx, user); err != nil {
			return err
		}
		if err := s.mayHave(ctx, tx.Client(), user); err != nil { // The membership may have ended while the provider verified the key.
			return err
		}
		sealed, hint := s.Ring.Seal(key, h.purpose()), key[max(0, len(key)-hintChars):]
		// An update first, then an insert: the lock on the user excludes a concurrent insert.
		n, err := tx.Client().ProviderKey.Update().Where(h.row()...).
			SetSealed(sealed).SetHint(hint).SetUpdatedAt(now).SetLastError("").ClearLastErrorAt().Save(ctx)
		if err == nil && n == 0 {
			err = tx.Client().ProviderKey.Create().SetUserID(user).SetProvider(provider).SetSealed(sealed).SetHint(hint).SetUpdatedAt(now).Exec(ctx)
		}
		feed.Record(tx, user, feed.ViewerUpdated, feed.Facts{})
		return wrap("set", err)
	})
	if err != nil {
		return nil, err
	}
	return s.Store.Client().ProviderKey.Query().Where(h.row()...).Only(ctx)
}

// check refuses what cannot be a key. The message never contains it.
func check(key string) error {
	switch {
	case strings.TrimSpace(key) == "":
		return errs.Input(errs.Required, "key", "Give the key.")
	case len(key) > maxKey:
		return errs.Input(errs.TooLong, "key", "A key has at most %d characters.", maxKey)
	case strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }):
		return errs.Input(errs.InvalidChars, "key", "This holds a blank, a line's end or a letter that no key has. Copy it again.")
	default:
		return nil
	}
}

// mayHave refuses users whose plan includes no provider keys.
func (s *Service) mayHave(ctx context.Context, c *ent.Client, user oid.User) error {
	m, err := s.Plans.Holder(ctx, c, user, store.Now())
	if err != nil {
		return err
	}
	if s.Plans.Get(m.ActsAs).IncludesOwnKeys {
		return nil
	}
	for _, p := range s.Plans.All() {
		if p.IncludesOwnKeys {
			return membership.ErrRequired(errs.Textf("A key of your own"), p.Type)
		}
	}
	return errs.Input(errs.NotSupported, "provider", "No membership of this server includes keys of one's own.")
}

// dial makes the adapter for a key; NOT_SUPPORTED for a provider that takes none here.
func (s *Service) dial(ctx context.Context, provider, key string) (Vendor, error) {
	unsupported := errs.Input(errs.NotSupported, "provider", "This server takes no keys of this provider.")
	if s.Ring == nil {
		return nil, unsupported
	}
	vendor, err := s.Dial(ctx, provider, key)
	if err == nil && vendor == nil {
		err = unsupported
	}
	return vendor, err
}

// verify verifies a key by a request for the list of models, which is free and needs a valid key.
func verify(ctx context.Context, vendor Vendor) error {
	ctx, cancel := context.WithTimeout(ctx, verifyWait)
	defer cancel()
	_, err := vendor.ListModels(ctx)
	switch ai.KindOf(err) {
	case "":
		return nil
	case ai.Auth, ai.RegionBlocked, ai.QuotaExhausted, ai.BadRequest:
		return errs.InputText(errs.KeyRefused, "key", refusal(ai.KindOf(err)))
	default:
		return errs.Wrap(err, errs.Unavailable, "The provider cannot be asked about the key for now. Try again in a minute.").Retry(0)
	}
}

// refusal says why a provider refused a key. It depends on the kind alone, because a provider's message may
// quote the key.
func refusal(k ai.Kind) errs.Text {
	switch k {
	case ai.QuotaExhausted:
		return errs.Textf("The provider says that the account of this key has no credit left.")
	case ai.RegionBlocked:
		return errs.Textf("The provider does not serve this server's region with this key.")
	default:
		return errs.Textf("The provider does not take this key. Look whether it is whole and still works.")
	}
}

// Remove deletes a user's key of a provider. Calls in progress are not interrupted.
func (s *Service) Remove(ctx context.Context, user oid.User, provider string) error {
	h := holder{user, provider}
	return s.Store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		n, err := tx.Client().ProviderKey.Delete().Where(h.row()...).Exec(ctx)
		if err == nil && n > 0 {
			feed.Record(tx, user, feed.ViewerUpdated, feed.Facts{})
		}
		return wrap("remove", err)
	})
}

// OfUsers returns what is stored about users' keys, by user.
func (s *Service) OfUsers(ctx context.Context, users []oid.User) (map[oid.User][]*ent.ProviderKey, error) {
	rows, err := s.Store.Client().ProviderKey.Query().Where(providerkey.UserIDIn(users...)).Order(providerkey.ByProvider()).All(ctx)
	if err != nil {
		return nil, wrap("list", err)
	}
	out := map[oid.User][]*ent.ProviderKey{}
	for _, k := range rows {
		out[k.UserID] = append(out[k.UserID], k)
	}
	return out, nil
}

// Uses implements [usage.ProviderKeys].
func (s *Service) Uses(ctx context.Context, c *ent.Client, user oid.User, provider string) (bool, error) {
	if s.Ring == nil || !isOffered(provider) {
		return false, nil
	}
	has, err := c.ProviderKey.Query().Where(holder{user, provider}.row()...).Exist(ctx)
	return has, wrap("look", err)
}

// The providers for which users may have keys, by the names of the catalogue.
const (
	OpenAI = "openai"
	Gemini = "google"
)

// wrap adds what failed to an error; nil stays nil.
func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("providerkey: %s: %w", what, err)
}
