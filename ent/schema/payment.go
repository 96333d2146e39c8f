package schema

import (
	"encoding/json"

	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/weav-ai/weav/internal/oid"
)

// Payment is an order of a membership and what became of it. It outlives its person, as the law asks of
// payments, and then names nobody; so it has no foreign key.
type Payment struct{ ent.Schema }

// Fields of the Payment.
func (Payment) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("id", oid.Payment{}).Default(oid.New[oid.Payment]).Immutable(),
		field.UUID("user_id", oid.User{}).Optional().Nillable().Comment("Null once the person's account is gone."),
		field.String("gateway").Immutable(),
		field.String("gateway_id").Unique().Immutable().MaxLen(40).Comment("The gateway's name for it; letters and digits."),
		field.String("reference").Default("").MaxLen(255).Comment("The gateway's own name for it; empty where it goes by ours, and before it is registered."),
		field.Enum("plan").NamedValues(plans...).Immutable(),
		field.Int64("amount").Immutable().Comment("In the currency's minor units, fixed when it was prepared."),
		field.String("currency").Immutable(),
		field.Int("days").Immutable(),
		field.String("order_name").Immutable(),
		field.Enum("status").NamedValues("Pending", "PENDING", "Paid", "PAID", "PartiallyRefunded", "PARTIALLY_REFUNDED",
			"Refunded", "REFUNDED", "Disputed", "DISPUTED", "Failed", "FAILED", "Rejected", "REJECTED", "Expired", "EXPIRED").Default("PENDING"),
		field.String("gateway_status").Default("").Comment("The gateway's last word on where it stands; empty when it knew of none."),
		field.Bool("is_test").Default(false),
		field.String("transaction_id").Default(""),
		field.Int64("refunded_amount").Default(0),
		field.Time("granted_at").Optional().Nillable().Comment("When its days were granted; it happens once."),
		field.Int64("taken_back").Default(0).Comment("How much of the amount was taken back from the membership."),
		field.Time("dispute_told_at").Optional().Nillable().Comment("When that happened of which the newest notice on a dispute told, by the gateway's clock."),
		field.Int("checks").Default(0).Comment("How often the recovery asked the gateway."),
		field.Time("next_check_at").Optional().Nillable().Comment("Null when the recovery need not look."),
		created(),
		field.Time("expires_at").Immutable(),
		field.Time("paid_at").Optional().Nillable(),
		field.Time("updated_at").Default(now),
		field.Int("revision").Default(1).Comment("Counts the answers of the gateway that were taken, those without news too: what was asked before one is not believed after it."),
	}
}

// plans are the memberships that can be had.
var plans = []string{"Free", "FREE", "Standard", "STANDARD", "Premium", "PREMIUM"}

// Edges of the Payment.
func (Payment) Edges() []ent.Edge { return []ent.Edge{edge.To("steps", PaymentStep.Type)} }

// Indexes of the Payment.
func (Payment) Indexes() []ent.Index {
	return []ent.Index{index.Fields("user_id", "id"), index.Fields("next_check_at"), index.Fields("status", "id"),
		index.Fields("reference"), index.Fields("transaction_id")}
}

// Annotations of the Payment.
func (Payment) Annotations() []schema.Annotation { return table("payments") }

// PaymentStep is something that happened to a payment, and from where it was known.
type PaymentStep struct{ ent.Schema }

// Fields of the PaymentStep.
func (PaymentStep) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("id", oid.Row{}).Default(oid.New[oid.Row]).Immutable(),
		field.UUID("payment_id", oid.Payment{}).Immutable(),
		field.Enum("type").NamedValues("Prepared", "PREPARED", "Checked", "CHECKED", "Paid", "PAID", "Granted", "GRANTED",
			"PartiallyRefunded", "PARTIALLY_REFUNDED", "Refunded", "REFUNDED", "TakenBack", "TAKEN_BACK", "Disputed", "DISPUTED",
			"DisputeResolved", "DISPUTE_RESOLVED", "RefundRequested", "REFUND_REQUESTED", "RefundRefused", "REFUND_REFUSED",
			"VirtualAccountIssued", "VIRTUAL_ACCOUNT_ISSUED", "Failed", "FAILED", "Rejected", "REJECTED",
			"Expired", "EXPIRED").Immutable(),
		field.Enum("source").NamedValues("Client", "CLIENT", "Webhook", "WEBHOOK", "Recovery", "RECOVERY", "Operator", "OPERATOR").Immutable(),
		field.Int64("amount").Optional().Nillable().Immutable(),
		field.String("detail").Default("").Immutable().Comment("In English, for people; nothing of the gateway's inside."),
		field.JSON("detail_text", json.RawMessage{}).Optional().Immutable().Comment("The detail before it has a language: its text and arguments."),
		created(),
	}
}

// Edges of the PaymentStep.
func (PaymentStep) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("payment", Payment.Type).Ref("steps").Field("payment_id").Unique().Required().Immutable(),
	}
}

// Indexes of the PaymentStep.
func (PaymentStep) Indexes() []ent.Index { return []ent.Index{index.Fields("payment_id", "id")} }

// Annotations of the PaymentStep.
func (PaymentStep) Annotations() []schema.Annotation { return table("payment_steps") }

// PaymentNotice is a delivery of a gateway's webhook that was worked off: a repetition of it does nothing.
type PaymentNotice struct{ ent.Schema }

// Fields of the PaymentNotice.
func (PaymentNotice) Fields() []ent.Field {
	return []ent.Field{
		field.String("id").Immutable().MaxLen(300).Comment("Gateway and delivery."),
		created(),
	}
}

// Indexes of the PaymentNotice.
func (PaymentNotice) Indexes() []ent.Index { return []ent.Index{index.Fields("created_at")} }

// Annotations of the PaymentNotice.
func (PaymentNotice) Annotations() []schema.Annotation { return table("payment_notices") }

// SandboxPayment is what the sandbox gateway knows of an order.
type SandboxPayment struct{ ent.Schema }

// Fields of the SandboxPayment.
func (SandboxPayment) Fields() []ent.Field {
	return []ent.Field{
		field.String("id").Immutable().MaxLen(40),
		field.Text("state"),
		field.Int("revision").Default(1),
		field.Time("updated_at").Default(now),
	}
}

// Annotations of the SandboxPayment.
func (SandboxPayment) Annotations() []schema.Annotation { return table("sandbox_payments") }

// MembershipChange is a change of a person's membership. The rows are only ever added.
type MembershipChange struct{ ent.Schema }

// Fields of the MembershipChange.
func (MembershipChange) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("id", oid.Row{}).Default(oid.New[oid.Row]).Immutable(),
		field.UUID("user_id", oid.User{}).Immutable(),
		field.UUID("payment_id", oid.Payment{}).Optional().Nillable().Immutable(),
		field.Enum("kind").NamedValues("Grant", "GRANT", "TakeBack", "TAKE_BACK", "Gift", "GIFT").Immutable(),
		field.Enum("plan").NamedValues(plans...).Immutable().Comment("What was bought, given or taken back."),
		field.Int64("micros").Immutable().Comment("The time of that plan that was added, below zero where it was taken back."),
		field.Enum("type_after").NamedValues(plans...).Immutable(),
		field.Time("expires_after").Optional().Nillable().Immutable(),
		created(),
	}
}

// Indexes of the MembershipChange.
func (MembershipChange) Indexes() []ent.Index {
	return []ent.Index{index.Fields("user_id", "id"), index.Fields("payment_id")}
}

// Annotations of the MembershipChange.
func (MembershipChange) Annotations() []schema.Annotation { return table("membership_changes") }
