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

// member is a user whose membership a transaction changes. The transaction holds the lock on the user.
type member struct {
	s   *Service
	tx  *store.Tx
	id  oid.User
	now time.Time
	term
}

// lockMember locks a user and reads their membership. The lock orders all changes of one membership, since
// each depends on the one before.
func (s *Service) lockMember(ctx context.Context, tx *store.Tx, id oid.User, now time.Time) (*member, error) {
	if err := tx.LockUser(ctx, id); err != nil {
		return nil, err
	}
	u, err := tx.Client().User.Get(ctx, id)
	if err != nil {
		return nil, wrap("read member", err)
	}
	t := termOf(u)
	if t.since != nil && t.since.After(now) { // The clock of another server is ahead. The history stays in one order.
		now = *t.since
	}
	return &member{s: s, tx: tx, id: id, now: now, term: t}, nil
}

// termOf reads the term of a user's row.
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

// grant adds time of a membership and returns how much was added: none to a membership without end.
func (m *member) grant(ctx context.Context, c change) (micros, error) {
	return m.add(ctx, c, m.s.rates.convert)
}

// restore adds time of a payment that was taken back before. It uses the conversions by which the time was
// taken, because prices may have changed.
func (m *member) restore(ctx context.Context, c change) (micros, error) {
	st, err := m.credits(ctx)
	if err != nil {
		return 0, err
	}
	return m.add(ctx, c, m.s.rates.reversal(st, origin{plan: c.plan, payment: *c.payment}))
}

// add is shared by grant and restore, which differ only in the conversion.
func (m *member) add(ctx context.Context, c change, by exchange) (micros, error) {
	if m.isEndless() {
		c.micros = 0
	}
	m.term = m.s.rates.grant(m.term, c.plan, c.micros, by, m.now)
	return c.micros, m.save(ctx, c)
}

// takeBack takes time that a payment added to the present membership, at most d, and returns how much was
// left to take.
func (m *member) takeBack(ctx context.Context, p *ent.Payment, d micros) (micros, error) {
	st, err := m.credits(ctx)
	if err != nil {
		return 0, err
	}
	own := origin{plan: catalog.Plan(p.Plan), payment: p.ID}
	after, taken := m.s.rates.takeBack(m.term, st, own, min(d, st.of(own).held), m.now)
	if taken == 0 {
		return 0, nil
	}
	m.term = after
	return taken, m.save(ctx, change{kind: membershipchange.KindTakeBack, payment: &p.ID, plan: own.plan, micros: -taken})
}

// credits returns what each grant added to the present, unbroken membership and was not taken back. Rows
// before its beginning are not read, because their time has ended.
func (m *member) credits(ctx context.Context) (credits, error) {
	if m.since == nil {
		return credits{}, nil
	}
	rows, err := m.tx.Client().MembershipChange.Query().
		Where(membershipchange.UserID(m.id), membershipchange.CreatedAtGTE(*m.since)).Order(membershipchange.ByID()).All(ctx)
	if err != nil {
		return nil, wrap("membership history", err)
	}
	return creditsOf(m.s.rates, rows), nil
}

// save stores the membership with a row of its history, and publishes the change to the user.
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
