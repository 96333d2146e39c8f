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

// Action is the name of an action of the administration.
type Action string

// The actions, by their names in rows and in the API.
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
	// detailFact is the fact that describes the change in English.
	detailFact = "detail"
	// textFact is the same fact before translation, as JSON.
	textFact = "text"
)

// auditRecord is an action in the form in which the audit log stores it.
type auditRecord struct {
	actor   oid.User
	action  Action
	user    *oid.User // the user whom it affected
	subject string    // the id of the object that it changed, in the form of the API
	reason  string
	detail  errs.Text
}

// record writes an entry, in the transaction of the action, so that neither exists without the other. The
// actor's address is copied, because accounts change theirs and are deleted. Triggers of the database refuse
// to change or delete entries.
func record(ctx context.Context, tx *store.Tx, d auditRecord) error {
	actor, err := tx.Client().User.Get(ctx, d.actor)
	if err != nil {
		return wrap("audit", err)
	}
	// An account without an address is named by the id of its identity provider.
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

// Detail describes in English what an entry's action changed.
func Detail(e *ent.AuditEntry) string { return e.Facts[detailFact] }

// DetailText describes what an entry's action changed. Entries that were written before texts were stored
// have English only.
func DetailText(e *ent.AuditEntry) errs.Text {
	var t errs.Text
	if json.Unmarshal([]byte(e.Facts[textFact]), &t) != nil || t.IsZero() {
		return errs.Verbatim(Detail(e))
	}
	return t
}

// AuditCursor is the position of an entry in the audit log, which begins with the newest.
func AuditCursor(e *ent.AuditEntry) string { return page.Encode(auditKind, e.ID.String()) }

// Audit returns a page of the audit log, the newest entry first. about restricts it to the actions that
// affected one user, also after the account was deleted.
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
	return page.Of(rows, w), s.checkUser(ctx, of, len(rows))
}
