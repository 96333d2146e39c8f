package usage

import (
	"time"

	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/errs"
)

// affordable is what an order may cost at most, zero where nobody knows. It refuses what may cost more than its limit, or than
// anybody knows where there is one.
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

// staysWithin says whether a stand-in that nobody named may be asked under the order's limits of cost: its price must be
// known where there is one, and no higher than MaxCost.
func (l *Ledger) staysWithin(o Order, t terms) bool {
	if o.MaxCost == nil && (t.grant == nil || t.grant.Budget == nil) {
		return true
	}
	cost, known := l.atMost(*o.StandIn, o.StandInMost)
	return known && (o.MaxCost == nil || cost <= o.MaxCost.AmountMicros)
}

// most is the dearest that an order may become by what its person named.
func (l *Ledger) most(o Order, t terms) (int64, bool) {
	cost, known := l.atMost(o.Model, o.Most)
	if !t.standIn || !o.IsNamed {
		return cost, known
	}
	other, alsoKnown := l.atMost(*o.StandIn, o.StandInMost)
	return max(cost, other), known && alsoKnown
}

// longestRun is how long a run takes at most, its wait in the queue included: within it an announced price may begin.
const longestRun = 24 * time.Hour

// atMost is the most that a use of a model can cost, whenever it ends.
func (l *Ledger) atMost(m catalog.Model, most catalog.Consumed) (int64, bool) {
	now := l.Now()
	return m.CostAtMost(most, now, now.Add(longestRun))
}

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

// costOf is what a run cost, by the price of a moment; nil when nobody knows.
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
