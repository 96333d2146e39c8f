// Package providerkey keeps people's own keys of providers. A key is asked about before it is kept, sealed at rest, never told
// again, and used for that person's calls alone, which the provider then bills to them.
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
	// hintChars is how many of its last characters are kept in the open, by which the person knows it.
	hintChars = 4
	// askWait is how long a provider may take to say whether a key works.
	askWait = 8 * time.Second
)

// Vendor is the adapter of a provider that asks with one key.
type Vendor interface {
	ai.TextStreamer
	ai.ImageMaker
	ai.VideoMaker
	ai.ModelLister
}

// Parts are what the keys are kept with.
type Parts struct {
	Store *store.Store
	Plans *membership.Plans
	// Ring seals; nil where nothing can be sealed: then nobody has keys.
	Ring *seal.Ring
	// Dial makes the adapter of a provider that is set up; nil for one that is not. It asks nobody.
	Dial func(ctx context.Context, provider, key string) (Vendor, error)
	Log  *slog.Logger
}

// Service keeps keys. It is safe for concurrent use.
type Service struct {
	Parts

	mu      sync.Mutex
	vendors map[holder]*dialled
}

// holder is whose key of which provider.
type holder struct {
	user     oid.User
	provider string
}

// purpose is what a key is sealed for.
func (h holder) purpose() string { return h.user.String() + "/" + h.provider }

// New returns a Service.
func New(p Parts) *Service { return &Service{Parts: p, vendors: map[holder]*dialled{}} }

// Set keeps a person's key of a provider, in place of an earlier one, once the provider has taken it.
func (s *Service) Set(ctx context.Context, user oid.User, provider, key string) (*ent.ProviderKey, error) {
	if err := check(key); err != nil {
		return nil, err
	}
	if err := s.mayHave(ctx, s.Store.Client(), user); err != nil {
		return nil, err
	}
	vendor, err := s.dial(ctx, provider, key)
	if err != nil {
		return nil, err
	}
	if err := try(ctx, vendor); err != nil {
		return nil, err
	}
	h, now := holder{user, provider}, store.Now()
	err = s.Store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.LockUser(ctx, user); err != nil {
			return err
		}
		if err := s.mayHave(ctx, tx.Client(), user); err != nil { // It may have run out while the provider was asked.
			return err
		}
		sealed, hint := s.Ring.Seal(key, h.purpose()), key[max(0, len(key)-hintChars):]
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

// check refuses what cannot be a key. The message never holds it.
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

// mayHave refuses who may have no keys of their own.
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

// try asks the provider whether it takes the key, by a call that is free.
func try(ctx context.Context, vendor Vendor) error {
	ctx, cancel := context.WithTimeout(ctx, askWait)
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

// refusal says in words for people why a provider did not take a key. It is made of the kind alone.
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

// Remove forgets a person's key of a provider.
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

// OfPeople returns what is known of people's keys.
func (s *Service) OfPeople(ctx context.Context, users []oid.User) (map[oid.User][]*ent.ProviderKey, error) {
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

// Uses implements usage.OwnKeys.
func (s *Service) Uses(ctx context.Context, c *ent.Client, user oid.User, provider string) (bool, error) {
	if s.Ring == nil || !isOffered(provider) {
		return false, nil
	}
	has, err := c.ProviderKey.Query().Where(holder{user, provider}.row()...).Exist(ctx)
	return has, wrap("look", err)
}

// The providers of which people may have keys, as the catalogue names them.
const (
	OpenAI = "openai"
	Gemini = "google"
)

// wrap names what failed; nil stays nil.
func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("providerkey: %s: %w", what, err)
}
