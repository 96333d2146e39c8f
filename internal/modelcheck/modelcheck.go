// Package modelcheck detects which models of the catalogue their providers have ended, or will end soon, so
// that an operator can act before users are affected.
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
	// Soon is how long before its end a model is reported.
	Soon = 30 * 24 * time.Hour
	// listTimeout is the longest time that a provider may take to list its models.
	listTimeout = 30 * time.Second
)

// Code says what is wrong with a model.
type Code = modelwarning.Code

// The codes.
const (
	Gone   = modelwarning.CodeGone
	Ending = modelwarning.CodeEnding
)

// Warning is a problem with a model that an operator must know.
type Warning struct {
	Model      catalog.Model
	Code       Code
	Message    string // Text in English
	Text       errs.Text
	ShutdownAt *time.Time
	// CheckedAt is when the provider was queried; nil where the catalogue itself has the date.
	CheckedAt *time.Time
}

// Service compares the catalogue with the lists of the providers.
type Service struct {
	store   *store.Store
	catalog *catalog.Catalog
	listers map[string]ai.ModelLister
	log     *slog.Logger
}

// New returns a Service for the given listers, by the providers' names in the catalogue.
func New(st *store.Store, c *catalog.Catalog, listers map[string]ai.ModelLister, log *slog.Logger) *Service {
	return &Service{store: st, catalog: c, listers: listers, log: log}
}

// Check queries each provider, stores the problems, so that every server can show them, and logs them. A
// provider that does not answer, or lists nothing, leaves its stored problems unchanged: an outage must not
// hide them, nor report all models as gone.
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
		if err := s.save(ctx, provider, s.compare(provider, listed)); err != nil {
			return err
		}
	}
	return s.logWarnings(ctx)
}

// logWarnings logs the present problems. It runs with each check, so that an operator who reads only recent
// logs sees them.
func (s *Service) logWarnings(ctx context.Context) error {
	warnings, err := s.Warnings(ctx)
	for _, w := range warnings {
		s.log.WarnContext(ctx, "a model of the catalogue ends", "provider", w.Model.Provider, "model", w.Model.ID, "code", string(w.Code), "advice", w.Message)
	}
	return err
}

// list bounds the request, so that one provider cannot delay the check of the others.
func list(ctx context.Context, lister ai.ModelLister) ([]ai.ListedModel, error) {
	ctx, cancel := context.WithTimeout(ctx, listTimeout)
	defer cancel()
	return lister.ListModels(ctx)
}

// compare returns the problems of a provider's models on offer.
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

// soon reports whether a model ends within the time of warning; never for the zero time.
func soon(shutdown time.Time) bool {
	return !shutdown.IsZero() && shutdown.Before(store.Now().Add(Soon))
}

// save replaces the stored problems of a provider in one transaction, so that readers see one list or the
// other.
func (s *Service) save(ctx context.Context, provider string, found []Warning) error {
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

// Warnings returns the present problems, by the last check of the providers' lists and by the dates in the
// catalogue. Models that were retired since, and those of providers that are not configured, are left out.
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
		reported := slices.ContainsFunc(out, func(w Warning) bool { return w.Model.ID == m.ID })
		if !reported && soon(m.ShutdownAt) && s.catalog.Configured(m) {
			out = append(out, Warning{Model: m, Code: Ending, ShutdownAt: &m.ShutdownAt})
		}
	}
	for i := range out {
		// Computed at each read, because the successor may change with the catalogue.
		out[i].Text = s.advice(out[i])
		out[i].Message = out[i].Text.String()
	}
	return out, nil
}

// advice says what an operator should do.
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
