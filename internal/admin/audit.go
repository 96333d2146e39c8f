package admin

import (
	"context"
	"encoding/json"

	"entgo.io/ent/dialect/sql"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/auditentry"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/page"
	"github.com/weav-ai/weav/internal/store"
)

// Action is what the administration does.
type Action string

// The actions, by the names that rows and the API have for them.
const (
	MembershipGranted Action = "MEMBERSHIP_GRANTED"
	PaymentRefunded   Action = "PAYMENT_REFUNDED"
	RoleSet           Action = "ROLE_SET"
	JobCancelled      Action = "JOB_CANCELLED"
	SessionsEnded     Action = "SESSIONS_ENDED"
	QueueChanged      Action = "QUEUE_CHANGED"
)

const (
	// auditKind binds cursors to the audit log.
	auditKind = "administration.audit"
	// detailFact is the fact that says in words what changed.
	detailFact = "detail"
	// textFact is the fact that holds the same before it has a language, as JSON.
	textFact = "text"
)

// deed is something done, as the audit log keeps it.
type deed struct {
	actor   oid.User
	action  Action
	user    *oid.User // whom it was about
	subject string    // the id of what it was done to, as the API shows it
	reason  string
	detail  errs.Text
}

// record writes a deed down, in the transaction that does it: one does not come without the other. The
// address is kept as it is now, since accounts change theirs and go. Nothing changes entries or removes
// them, which the database sees to itself.
func record(ctx context.Context, tx *store.Tx, d deed) error {
	actor, err := tx.Client().User.Get(ctx, d.actor)
	if err != nil {
		return wrap("audit", err)
	}
	address := actor.UID
	if actor.Email != nil {
		address = *actor.Email
	}
	text, err := json.Marshal(d.detail)
	if err != nil {
		return wrap("audit", err)
	}
	err = tx.Client().AuditEntry.Create().SetActorID(d.actor).SetActor(address).SetAction(string(d.action)).SetNillableUserID(d.user).
		SetSubject(d.subject).SetReason(d.reason).SetFacts(map[string]string{detailFact: d.detail.String(), textFact: string(text)}).Exec(ctx)
	return wrap("audit", err)
}

// Detail says in English what an entry's action changed.
func Detail(e *ent.AuditEntry) string { return e.Facts[detailFact] }

// DetailText says what an entry's action changed. Entries of before the texts were kept have the English alone.
func DetailText(e *ent.AuditEntry) errs.Text {
	var t errs.Text
	if json.Unmarshal([]byte(e.Facts[textFact]), &t) != nil || t.IsZero() {
		return errs.Verbatim(Detail(e))
	}
	return t
}

// AuditCursor is an entry's place in the audit log: the newest first.
func AuditCursor(e *ent.AuditEntry) string { return page.Encode(auditKind, e.ID.String()) }

// Audit pages through what was done, the newest first; about restricts it to what concerned one person, also
// after their account is gone.
func (s *Service) Audit(ctx context.Context, about *string, args page.Args) (*page.Result[*ent.AuditEntry], error) {
	w, err := page.Parse(auditKind, args)
	if err != nil {
		return nil, err
	}
	of, err := parseUser(about)
	if err != nil {
		return nil, err
	}
	q := s.Store.Client().AuditEntry.Query().Order(auditentry.ByID(sql.OrderDesc()))
	if of != nil {
		q.Where(auditentry.UserID(*of))
	}
	if w.After != nil {
		after, err := page.ID[oid.Audit]("after", w.After)
		if err != nil {
			return nil, err
		}
		q.Where(auditentry.IDLT(after))
	}
	rows, err := q.Limit(w.Limit + 1).All(ctx)
	if err != nil {
		return nil, wrap("read the audit log", err)
	}
	return page.Of(rows, w), s.known(ctx, of, len(rows))
}
