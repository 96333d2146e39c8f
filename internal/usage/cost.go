package usage

import (
	"time"

	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/errs"
)

// affordable returns the most that an order may cost, 0 where its model has no price. It refuses an order
// that may exceed its limit, and one without a known price where there is a limit: an unknown cost cannot be
// held.
func (l *Ledger) affordable(o Order, t terms) (int64, error) {
	if err := checkMoney(o.MaxCost); err != nil {
		return 0, err
	}
	cost, known := l.most(o, t)
	budget := t.grant != nil && t.grant.Budget != nil
	switch {
	case o.MaxCost != nil && !known:
		return 0, errs.New(errs.CostLimitExceeded, "The model %s has no price, so nobody can say that it stays within `maxCost`.", o.Model.ID)
	case o.MaxCost != nil && cost > o.MaxCost.AmountMicros:
		return 0, errs.New(errs.CostLimitExceeded, "It may cost more than `maxCost`. Shorten it, choose another model, or allow more.").
			With("mostMicros", cost).With("maxMicros", o.MaxCost.AmountMicros).With("currency", Currency)
	case budget && !known:
		return 0, errs.New(errs.Forbidden, "This API key has a budget, and the model %s has no price.", o.Model.ID)
	}
	return cost, nil
}

// staysWithin reports whether a fallback that the user did not name stays within the order's limits: where
// there is one, its price must be known and its cost at most MaxCost.
func (l *Ledger) staysWithin(o Order, t terms) bool {
	if o.MaxCost == nil && (t.grant == nil || t.grant.Budget == nil) {
		return true
	}
	cost, known := l.atMost(*o.Fallback, o.FallbackMost)
	return known && (o.MaxCost == nil || cost <= o.MaxCost.AmountMicros)
}

// most is the highest cost of an order, over the models that the user named.
func (l *Ledger) most(o Order, t terms) (int64, bool) {
	cost, known := l.atMost(o.Model, o.Most)
	// A default fallback does not count: the user did not choose it, so staysWithin decides whether it may be
	// used.
	if !t.fallback || !o.IsNamed {
		return cost, known
	}
	other, otherKnown := l.atMost(*o.Fallback, o.FallbackMost)
	return max(cost, other), known && otherKnown
}

// longestRun is how long a run may last, its time in the queue included. A price that is announced for that
// time counts.
const longestRun = 24 * time.Hour

// atMost is the most that a use of a model may cost, whenever it ends.
func (l *Ledger) atMost(m catalog.Model, most catalog.Consumed) (int64, bool) {
	now := l.Now()
	return m.CostAtMost(most, now, now.Add(longestRun))
}

// checkMoney refuses a limit that is negative or in a currency other than that of prices.
func checkMoney(m *Money) error {
	switch {
	case m == nil:
		return nil
	case m.AmountMicros < 0:
		return errs.Input(errs.InvalidValue, "maxCost", "The limit cannot be below 0.")
	case m.Currency != Currency:
		return errs.Input(errs.InvalidValue, "maxCost", "Costs are in %s, as prices are.", Currency)
	}
	return nil
}

// costOf is the cost of a run by the price of a moment; nil when the model has no price.
func (l *Ledger) costOf(model string, used catalog.Consumed, at time.Time) *int64 {
	m, ok := l.Catalog.Get(model)
	if !ok {
		return nil
	}
	cost, known := m.CostOf(used, at)
	if !known {
		return nil
	}
	return &cost
}
