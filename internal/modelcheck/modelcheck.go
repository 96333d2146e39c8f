// Package modelcheck knows which models of the catalogue their providers have ended, or will end soon, so that an
// operator hears of it before the people do.
package modelcheck

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/modelwarning"
	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/store"
)

const (
	// Soon is how long before its end a model is warned of.
	Soon = 30 * 24 * time.Hour
	// listTimeout is the longest a provider may take for its list.
	listTimeout = 30 * time.Second
)

// Code says what is wrong with a model.
type Code = modelwarning.Code

// The codes.
const (
	Gone   = modelwarning.CodeGone
	Ending = modelwarning.CodeEnding
)

// Warning is what an operator must know of a model.
type Warning struct {
	Model      catalog.Model
	Code       Code
	Message    string // Text in English
	Text       errs.Text
	ShutdownAt *time.Time
	// CheckedAt is when the provider was asked; nil where the catalogue itself says so.
	CheckedAt *time.Time
}

// Service compares the catalogue to the lists of providers.
type Service struct {
	store   *store.Store
	catalog *catalog.Catalog
	listers map[string]ai.ModelLister
	log     *slog.Logger
}

// New returns a Service that asks listers, which are named as providers are in the catalogue.
func New(st *store.Store, c *catalog.Catalog, listers map[string]ai.ModelLister, log *slog.Logger) *Service {
	return &Service{store: st, catalog: c, listers: listers, log: log}
}

// Check asks each provider for its list, keeps what is wrong, for all servers to show, and logs it. A provider that does
// not answer, or whose list is empty, leaves what was known of it.
func (s *Service) Check(ctx context.Context) error {
	for provider, lister := range s.listers {
		listed, err := list(ctx, lister)
		if err != nil {
			s.log.WarnContext(ctx, "a provider does not list its models", "provider", provider, "kind", string(ai.KindOf(err)))
			continue
		}
		if len(listed) == 0 {
			s.log.WarnContext(ctx, "a provider lists no models", "provider", provider)
			continue
		}
		if err := s.keep(ctx, provider, s.compare(provider, listed)); err != nil {
			return err
		}
	}
	return s.tell(ctx)
}

// tell logs what is wrong now.
func (s *Service) tell(ctx context.Context) error {
	warnings, err := s.Warnings(ctx)
	for _, w := range warnings {
		s.log.WarnContext(ctx, "a model of the catalogue ends", "provider", w.Model.Provider, "model", w.Model.ID, "code", string(w.Code), "advice", w.Message)
	}
	return err
}

func list(ctx context.Context, lister ai.ModelLister) ([]ai.ListedModel, error) {
	ctx, cancel := context.WithTimeout(ctx, listTimeout)
	defer cancel()
	return lister.ListModels(ctx)
}

// compare finds what is wrong with a provider's models on offer.
func (s *Service) compare(provider string, listed []ai.ListedModel) []Warning {
	byID := make(map[string]ai.ListedModel, len(listed))
	for _, l := range listed {
		byID[l.ID] = l
	}
	var found []Warning
	for _, m := range s.catalog.Models() {
		if m.Provider != provider {
			continue
		}
		l, ok := byID[m.ProviderModel]
		switch {
		case !ok:
			found = append(found, Warning{Model: m, Code: Gone})
		case soon(l.ShutdownAt):
			found = append(found, Warning{Model: m, Code: Ending, ShutdownAt: &l.ShutdownAt})
		}
	}
	return found
}

// soon says whether a model ends within the time of warning; never for the zero time.
func soon(shutdown time.Time) bool {
	return !shutdown.IsZero() && shutdown.Before(store.Now().Add(Soon))
}

// keep replaces what was known of a provider's models.
func (s *Service) keep(ctx context.Context, provider string, found []Warning) error {
	now := store.Now()
	err := s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.Client().ModelWarning.Delete().Where(modelwarning.Provider(provider)).Exec(ctx); err != nil {
			return err
		}
		rows := make([]*ent.ModelWarningCreate, len(found))
		for i, w := range found {
			rows[i] = tx.Client().ModelWarning.Create().SetProvider(provider).SetModel(w.Model.ID).SetCode(w.Code).
				SetNillableShutdownAt(w.ShutdownAt).SetCheckedAt(now)
		}
		return tx.Client().ModelWarning.CreateBulk(rows...).Exec(ctx)
	})
	if err != nil {
		return fmt.Errorf("modelcheck: keep: %w", err)
	}
	return nil
}

// Warnings are what is wrong now: by the last look at the providers' lists, and by the catalogue's own days. A model that
// was retired since is not told of any more, nor one whose provider is not configured.
func (s *Service) Warnings(ctx context.Context) ([]Warning, error) {
	rows, err := s.store.Client().ModelWarning.Query().Order(modelwarning.ByModel()).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("modelcheck: read: %w", err)
	}
	var out []Warning
	for _, r := range rows {
		if m, ok := s.catalog.Get(r.Model); ok && m.State != catalog.Retired && s.catalog.Configured(m) {
			out = append(out, Warning{Model: m, Code: r.Code, ShutdownAt: r.ShutdownAt, CheckedAt: &r.CheckedAt})
		}
	}
	for _, m := range s.catalog.Models() {
		told := slices.ContainsFunc(out, func(w Warning) bool { return w.Model.ID == m.ID })
		if !told && soon(m.ShutdownAt) && s.catalog.Configured(m) {
			out = append(out, Warning{Model: m, Code: Ending, ShutdownAt: &m.ShutdownAt})
		}
	}
	for i := range out {
		out[i].Text = s.advice(out[i])
		out[i].Message = out[i].Text.String()
	}
	return out, nil
}

// advice says what to do.
func (s *Service) advice(w Warning) errs.Text {
	next, ok := s.catalog.Successor(w.Model.ID)
	then := errs.Textf("name a successor in the catalogue")
	if ok {
		then = errs.Textf("people will be sent to %s", next.ID)
	}
	if w.Code == Gone {
		return errs.Textf("%s no longer lists %s: set it RETIRED in the catalogue; %s.", w.Model.Provider, w.Model.ProviderModel, then)
	}
	return errs.Textf("%s ends on %s: %s.", w.Model.ID, w.ShutdownAt.UTC(), then)
}
