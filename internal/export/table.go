package export

import (
	"context"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/jobstep"
	"github.com/weav-ai/weav/ent/planstep"
	"github.com/weav-ai/weav/ent/user"
	"github.com/weav-ai/weav/internal/oid"
)

// files are the uploads of the user.
func (g *gatherer) files() pages[*ent.File] {
	return ownedRows(g.user, "id", func(f *ent.File) any { return f.ID }, func(ctx context.Context, b batch) ([]*ent.File, error) {
		return g.db.File.Query().Where(b).All(ctx)
	})
}

// artifacts are the results of the user's jobs.
func (g *gatherer) artifacts() pages[*ent.Artifact] {
	return ownedRows(g.user, "id", func(a *ent.Artifact) any { return a.ID }, func(ctx context.Context, b batch) ([]*ent.Artifact, error) {
		return g.db.Artifact.Query().Where(b).All(ctx)
	})
}

// tables writes everything except chats.
func (g *gatherer) tables(ctx context.Context) error {
	for _, write := range []func(context.Context) error{
		g.account, g.folders, g.prompts, g.plans, g.jobs, g.stored, g.shares, g.usage, g.payments, g.memberships,
	} {
		if err := write(ctx); err != nil {
			return err
		}
	}
	return nil
}

// account writes account.json. Its lists are bounded by limits, so they are read into memory.
func (g *gatherer) account(ctx context.Context) error {
	u, err := g.db.User.Query().Where(user.ID(g.user)).Only(ctx)
	if err != nil {
		return wrap("account", err)
	}
	out := accountOf(u)
	for s, err := range ownedRows(g.user, "id", func(s *ent.Session) any { return s.ID }, func(ctx context.Context, b batch) ([]*ent.Session, error) {
		return g.db.Session.Query().Where(b).All(ctx)
	}).all(ctx) {
		if err != nil {
			return wrap("sessions", err)
		}
		out.Sessions = append(out.Sessions, sessionOf(s))
	}
	for k, err := range ownedRows(g.user, "id", func(k *ent.APIKey) any { return k.ID }, func(ctx context.Context, b batch) ([]*ent.APIKey, error) {
		return g.db.APIKey.Query().Where(b).All(ctx)
	}).all(ctx) {
		if err != nil {
			return wrap("API keys", err)
		}
		out.APIKeys = append(out.APIKeys, apiKeyOf(k))
	}
	for k, err := range ownedRows(g.user, "id", func(k *ent.ProviderKey) any { return k.ID }, func(ctx context.Context, b batch) ([]*ent.ProviderKey, error) {
		return g.db.ProviderKey.Query().Where(b).All(ctx)
	}).all(ctx) {
		if err != nil {
			return wrap("provider keys", err)
		}
		out.ProviderKeys = append(out.ProviderKeys, providerKeyOf(k))
	}
	return g.object("account.json", out)
}

func (g *gatherer) folders(ctx context.Context) error {
	return array(ctx, g.archive, "folders.json", ownedRows(g.user, "id", func(f *ent.Folder) any { return f.ID },
		func(ctx context.Context, b batch) ([]*ent.Folder, error) {
			return g.db.Folder.Query().Where(b).All(ctx)
		}), folderOf)
}

func (g *gatherer) prompts(ctx context.Context) error {
	return array(ctx, g.archive, "prompts.json", ownedRows(g.user, "id", func(p *ent.Prompt) any { return p.ID },
		func(ctx context.Context, b batch) ([]*ent.Prompt, error) {
			return g.db.Prompt.Query().Where(b).All(ctx)
		}), promptOf)
}

// planWithSteps is a plan with its steps.
type planWithSteps struct {
	*ent.Plan

	steps []*ent.PlanStep
}

// plans writes plans.json. The steps of a batch are read in one query.
func (g *gatherer) plans(ctx context.Context) error {
	return array(ctx, g.archive, "plans.json", ownedRows(g.user, "id", func(p planWithSteps) any { return p.ID },
		func(ctx context.Context, b batch) ([]planWithSteps, error) {
			rows, err := g.db.Plan.Query().Where(b).All(ctx)
			if err != nil || len(rows) == 0 {
				return nil, err
			}
			out, ids, at := make([]planWithSteps, len(rows)), make([]oid.Plan, len(rows)), map[oid.Plan]int{}
			for i, p := range rows {
				out[i], ids[i], at[p.ID] = planWithSteps{Plan: p}, p.ID, i
			}
			steps, err := g.db.PlanStep.Query().Where(planstep.PlanIDIn(ids...)).Order(planstep.ByPosition()).All(ctx)
			for _, s := range steps {
				p := &out[at[s.PlanID]]
				p.steps = append(p.steps, s)
			}
			return out, err
		}), planOf)
}

// jobs writes jobs.json. The timelines of a batch are read in one query.
func (g *gatherer) jobs(ctx context.Context) error {
	return array(ctx, g.archive, "jobs.json", ownedRows(g.user, "id", func(w jobWithSteps) any { return w.ID },
		func(ctx context.Context, b batch) ([]jobWithSteps, error) {
			rows, err := g.db.Job.Query().Where(b).All(ctx)
			if err != nil || len(rows) == 0 {
				return nil, err
			}
			out, ids, at := make([]jobWithSteps, len(rows)), make([]oid.Job, len(rows)), map[oid.Job]int{}
			for i, j := range rows {
				out[i], ids[i], at[j.ID] = jobWithSteps{Job: j}, j.ID, i
			}
			steps, err := g.db.JobStep.Query().Where(jobstep.JobIDIn(ids...)).Order(jobstep.ByID()).All(ctx)
			for _, s := range steps {
				w := &out[at[s.JobID]]
				w.steps = append(w.steps, s)
			}
			return out, err
		}), jobOf)
}

// stored writes the metadata of the objects.
func (g *gatherer) stored(ctx context.Context) error {
	if err := array(ctx, g.archive, "artifacts.json", g.artifacts(), g.artifactOf); err != nil {
		return err
	}
	return array(ctx, g.archive, "files.json", g.files(), g.fileOf)
}

func (g *gatherer) shares(ctx context.Context) error {
	return array(ctx, g.archive, "shares.json", ownedRows(g.user, "id", func(l *ent.ShareLink) any { return l.ID },
		func(ctx context.Context, b batch) ([]*ent.ShareLink, error) {
			return g.db.ShareLink.Query().Where(b).All(ctx)
		}), shareOf)
}

// usage writes usage.json. The primary key of usage is the run.
func (g *gatherer) usage(ctx context.Context) error {
	return array(ctx, g.archive, "usage.json", ownedRows(g.user, "run_id", func(u *ent.Usage) any { return u.ID },
		func(ctx context.Context, b batch) ([]*ent.Usage, error) { return g.db.Usage.Query().Where(b).All(ctx) }), usageOf)
}

func (g *gatherer) payments(ctx context.Context) error {
	return array(ctx, g.archive, "payments.json", ownedRows(g.user, "id", func(p *ent.Payment) any { return p.ID },
		func(ctx context.Context, b batch) ([]*ent.Payment, error) {
			return g.db.Payment.Query().Where(b).WithSteps(func(q *ent.PaymentStepQuery) { q.Order(ent.Asc("id")) }).All(ctx)
		}), paymentOf)
}

func (g *gatherer) memberships(ctx context.Context) error {
	return array(ctx, g.archive, "membership.json", ownedRows(g.user, "id", func(m *ent.MembershipChange) any { return m.ID },
		func(ctx context.Context, b batch) ([]*ent.MembershipChange, error) {
			return g.db.MembershipChange.Query().Where(b).All(ctx)
		}), membershipOf)
}
