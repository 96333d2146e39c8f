package graph

import (
	"context"
	"time"

	"github.com/weav-ai/weav/ent"
	entjob "github.com/weav-ai/weav/ent/job"
	"github.com/weav-ai/weav/ent/payment"
	"github.com/weav-ai/weav/ent/user"
	"github.com/weav-ai/weav/internal/admin"
	"github.com/weav-ai/weav/internal/auth"
	"github.com/weav-ai/weav/internal/billing"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/job"
	"github.com/weav-ai/weav/internal/membership"
	"github.com/weav-ai/weav/internal/page"
)

// Administration is the root of the administration. The directive has checked the role.
func (r *queryResolver) Administration(context.Context) (*Administration, error) {
	return &Administration{}, nil
}

// Users pages through all users.
func (r *administrationResolver) Users(ctx context.Context, _ *Administration, first *int, after, email, id *string) (*AccountConnection, error) {
	rows, err := r.s.Administration.Users(ctx, admin.UserFilter{Email: email, ID: id}, page.Args{First: first, After: after})
	if err != nil {
		return nil, err
	}
	return connect(rows, admin.UserCursor), nil
}

// Payments pages through payments.
func (r *administrationResolver) Payments(ctx context.Context, _ *Administration, first *int, after, userID *string, statuses []payment.Status) (*AccountPaymentConnection, error) {
	rows, err := r.s.Administration.Payments(ctx, userID, statuses, page.Args{First: first, After: after})
	if err != nil {
		return nil, err
	}
	c := connect(rows, billing.Cursor)
	out := &AccountPaymentConnection{PageInfo: c.PageInfo, Nodes: []*AccountPayment{}, Edges: []*AccountPaymentEdge{}}
	for _, e := range c.Edges {
		one := &AccountPayment{Payment: e.Node}
		out.Nodes, out.Edges = append(out.Nodes, one), append(out.Edges, &AccountPaymentEdge{Cursor: e.Cursor, Node: one})
	}
	return out, nil
}

// Jobs pages through jobs.
func (r *administrationResolver) Jobs(ctx context.Context, _ *Administration, first *int, after, userID *string, statuses []entjob.Status) (*AccountJobConnection, error) {
	rows, err := r.s.Administration.SearchJobs(ctx, userID, statuses, page.Args{First: first, After: after})
	if err != nil {
		return nil, err
	}
	return connect(rows, admin.JobCursor), nil
}

// AuditLog pages through the audit log.
func (r *administrationResolver) AuditLog(ctx context.Context, _ *Administration, first *int, after, userID *string) (*AuditEntryConnection, error) {
	rows, err := r.s.Administration.Audit(ctx, userID, page.Args{First: first, After: after})
	if err != nil {
		return nil, err
	}
	return connect(rows, admin.AuditCursor), nil
}

// Membership is the membership that holds now.
func (r *accountResolver) Membership(_ context.Context, u *ent.User) (*membership.Membership, error) {
	m := r.s.Memberships.Of(u, time.Now())
	return &m, nil
}

// Role is the user's role, settings included. It reads the row at hand: a page has many users.
func (r *accountResolver) Role(_ context.Context, u *ent.User) (user.Role, error) {
	return r.s.Administration.RoleOf(u), nil
}

// UnfinishedJobs is how many of the user's jobs have not ended.
func (r *accountResolver) UnfinishedJobs(ctx context.Context, u *ent.User) (int, error) {
	return loadersOf(ctx).unfinished.Load(ctx, u.ID)
}

// Model is the job's model.
func (r *accountJobResolver) Model(_ context.Context, j *ent.Job) (*catalog.Model, error) {
	return r.model(&j.Model), nil
}

// Failure is why the job failed.
func (r *accountJobResolver) Failure(_ context.Context, j *ent.Job) (*job.Failure, error) {
	return job.FailureOfJob(j), nil
}

// User is who submitted the job.
func (r *accountJobResolver) User(ctx context.Context, j *ent.Job) (*ent.User, error) {
	return loadUser(ctx, &j.UserID)
}

// User is who paid; nil after the account was erased.
func (r *accountPaymentResolver) User(ctx context.Context, p *AccountPayment) (*ent.User, error) {
	return loadUser(ctx, p.Payment.UserID)
}

// Action is what was done.
func (r *auditEntryResolver) Action(_ context.Context, e *ent.AuditEntry) (AuditAction, error) {
	return AuditAction(e.Action), nil
}

// User is the user that the action was about; nil when there was none, and after the account was erased.
func (r *auditEntryResolver) User(ctx context.Context, e *ent.AuditEntry) (*ent.User, error) {
	return loadUser(ctx, e.UserID)
}

// GrantMembership grants a user days of a membership.
func (r *mutationResolver) GrantMembership(ctx context.Context, in GrantMembershipInput) (*GrantMembershipPayload, error) {
	out := &GrantMembershipPayload{}
	return out, mutate(ctx, &out.UserErrors, func(ctx context.Context, p auth.Principal) (err error) {
		out.Account, err = r.s.Administration.Grant(ctx, p.User, admin.GrantInput{
			UserID: in.UserID, Plan: in.Plan, Days: in.Days, Reason: in.Reason, Key: in.IdempotencyKey,
		})
		return err
	})
}

// RefundPayment pays back at the gateway.
func (r *mutationResolver) RefundPayment(ctx context.Context, in RefundPaymentInput) (*RefundPaymentPayload, error) {
	out := &RefundPaymentPayload{}
	return out, mutate(ctx, &out.UserErrors, func(ctx context.Context, p auth.Principal) (err error) {
		asked := admin.RefundInput{PaymentID: in.PaymentID, Reason: in.Reason, Key: in.IdempotencyKey}
		if amount := in.Amount.Value(); amount != nil {
			minor := int64(*amount)
			asked.Amount = &minor
		}
		out.Payment, err = r.s.Administration.Refund(ctx, p.User, asked)
		return err
	})
}

// SetRole changes the role of a user.
func (r *mutationResolver) SetRole(ctx context.Context, in SetRoleInput) (*SetRolePayload, error) {
	out := &SetRolePayload{}
	return out, mutate(ctx, &out.UserErrors, func(ctx context.Context, p auth.Principal) (err error) {
		out.Account, err = r.s.Administration.SetRole(ctx, p.User, in.UserID, in.Role, in.Reason)
		return err
	})
}

// CancelUserJob cancels a job of any user.
func (r *mutationResolver) CancelUserJob(ctx context.Context, in CancelUserJobInput) (*CancelUserJobPayload, error) {
	out := &CancelUserJobPayload{}
	return out, mutate(ctx, &out.UserErrors, func(ctx context.Context, p auth.Principal) (err error) {
		out.Job, err = r.s.Administration.CancelJob(ctx, p.User, in.JobID, in.Reason)
		return err
	})
}

// EndUserSessions ends all sessions and API keys of a user.
func (r *mutationResolver) EndUserSessions(ctx context.Context, in EndUserSessionsInput) (*EndUserSessionsPayload, error) {
	out := &EndUserSessionsPayload{}
	return out, mutate(ctx, &out.UserErrors, func(ctx context.Context, p auth.Principal) (err error) {
		out.Account, err = r.s.Administration.EndSessions(ctx, p.User, in.UserID, in.Reason)
		return err
	})
}
