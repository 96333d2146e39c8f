package billing

import (
	"context"
	"time"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/membershipchange"
	"github.com/weav-ai/weav/ent/user"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/feed"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
)

// member is a person whose membership a transaction changes; it holds the lock on them.
type member struct {
	s   *Service
	tx  *store.Tx
	id  oid.User
	now time.Time
	term
}

// lockMember locks a person and reads their membership.
func (s *Service) lockMember(ctx context.Context, tx *store.Tx, id oid.User, now time.Time) (*member, error) {
	if err := tx.LockUser(ctx, id); err != nil {
		return nil, err
	}
	u, err := tx.Client().User.Get(ctx, id)
	if err != nil {
		return nil, wrap("read member", err)
	}
	t := termOf(u)
	if t.since != nil && t.since.After(now) { // Another server's clock is ahead; history has one order.
		now = *t.since
	}
	return &member{s: s, tx: tx, id: id, now: now, term: t}, nil
}

func termOf(u *ent.User) term {
	return term{plan: catalog.Plan(u.MembershipType), ends: u.MembershipExpiresAt, since: u.MembershipSince}
}

// change is a row of the membership's history.
type change struct {
	kind    membershipchange.Kind
	payment *oid.Payment
	plan    catalog.Plan
	micros  micros
}

// grant adds time of a membership and tells how much: none to a membership without end.
func (m *member) grant(ctx context.Context, c change) (micros, error) {
	if m.isEndless() {
		c.micros = 0
	}
	m.term = m.s.rates.grant(m.term, c.plan, c.micros, m.now)
	return c.micros, m.save(ctx, c)
}

// takeBack takes what a payment put into the present membership, at most d, and tells how much there was to take.
func (m *member) takeBack(ctx context.Context, p *ent.Payment, d micros) (micros, error) {
	held, err := m.held(ctx)
	if err != nil {
		return 0, err
	}
	own := origin{plan: catalog.Plan(p.Plan), payment: p.ID}
	d = min(d, held[own])
	held[own] -= d
	after, taken := m.s.rates.takeBack(m.term, own.plan, d, m.highest(held), m.now)
	if taken == 0 {
		return 0, nil
	}
	m.term = after
	return taken, m.save(ctx, change{kind: membershipchange.KindTakeBack, payment: &p.ID, plan: own.plan, micros: -taken})
}

// origin is where time of a membership came from; gifts have no payment.
type origin struct {
	plan    catalog.Plan
	payment oid.Payment
}

// held is what each grant put into the present, unbroken membership and was not taken back, used up or not.
func (m *member) held(ctx context.Context) (map[origin]micros, error) {
	held := map[origin]micros{}
	if m.since == nil {
		return held, nil
	}
	rows, err := m.tx.Client().MembershipChange.Query().
		Where(membershipchange.UserID(m.id), membershipchange.CreatedAtGTE(*m.since)).Order(membershipchange.ByID()).All(ctx)
	if err != nil {
		return nil, wrap("membership history", err)
	}
	for _, c := range rows {
		from := origin{plan: catalog.Plan(c.Plan)}
		if c.PaymentID != nil {
			from.payment = *c.PaymentID
		}
		held[from] += micros(c.Micros)
		if c.ExpiresAfter != nil && !c.ExpiresAfter.After(c.CreatedAt) { // The membership ended here.
			clear(held)
		}
	}
	return held, nil
}

// highest is the highest membership of which something is held; empty when there is none.
func (m *member) highest(held map[origin]micros) (top catalog.Plan) {
	for from, d := range held {
		if d > 0 && (top == "" || m.s.rates.isAbove(from.plan, top)) {
			top = from.plan
		}
	}
	return top
}

// save writes the membership with its history, and tells the person.
func (m *member) save(ctx context.Context, c change) error {
	err := m.tx.Client().User.UpdateOneID(m.id).SetMembershipType(user.MembershipType(m.plan)).
		SetNillableMembershipExpiresAt(m.ends).SetNillableMembershipSince(m.since).Exec(ctx)
	if err != nil {
		return wrap("save membership", err)
	}
	err = m.tx.Client().MembershipChange.Create().SetUserID(m.id).SetNillablePaymentID(c.payment).SetKind(c.kind).
		SetPlan(membershipchange.Plan(c.plan)).SetMicros(int64(c.micros)).
		SetTypeAfter(membershipchange.TypeAfter(m.plan)).SetNillableExpiresAfter(m.ends).SetCreatedAt(m.now).Exec(ctx)
	feed.Record(m.tx, m.id, feed.ViewerUpdated, feed.Facts{})
	return wrap("save membership history", err)
}
