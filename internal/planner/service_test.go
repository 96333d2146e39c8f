package planner_test

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/weav-ai/weav/ent"
	entjob "github.com/weav-ai/weav/ent/job"
	"github.com/weav-ai/weav/ent/message"
	"github.com/weav-ai/weav/ent/planstep"
	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/ai/sandboxai"
	"github.com/weav-ai/weav/internal/auth"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/chat"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/file"
	"github.com/weav-ai/weav/internal/folder"
	"github.com/weav-ai/weav/internal/job"
	"github.com/weav-ai/weav/internal/membership"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/planner"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/store/storetest"
	"github.com/weav-ai/weav/internal/usage"
	"github.com/weav-ai/weav/test/servicetest"
)

func TestMain(m *testing.M) { servicetest.Main(m) }

type noMetrics struct{}

func (noMetrics) ObjectsRepaired(string, int) {}

// fixture is the domain of plans over a real database and the sandbox, with one user.
type fixture struct {
	*planner.Service
	t        *testing.T
	st       *store.Store
	composer *planner.Composer
	user     oid.User
	made     int
}

func each(t *testing.T, test func(d *fixture)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, st *store.Store) { test(newFixture(t, st)) })
}

func newFixture(t *testing.T, st *store.Store) *fixture {
	t.Helper()
	return newFixtureWith(t, st, sandboxai.New(sandboxai.Cadence(0)))
}

// newFixtureWith is newFixture with another provider for the plans.
func newFixtureWith(t *testing.T, st *store.Store, writes ai.TextStreamer) *fixture {
	t.Helper()
	d := &fixture{t: t, st: st, user: storetest.User(t, st)}
	models, err := catalog.Load(catalog.Settings{})
	d.must(err)
	members, err := membership.Load(membership.Settings{})
	d.must(err)
	log := slog.New(slog.DiscardHandler)
	ledger := usage.NewLedger(usage.Parts{Store: st, Catalog: models, Plans: members})
	router := ai.NewRouter(ai.Providers{Text: map[string]ai.TextStreamer{catalog.Sandbox: writes}})
	files := file.New(st, nil, log, noMetrics{}, file.Config{})
	chats := chat.New(chat.Parts{Store: st, Catalog: models, Router: router, Files: files, Ledger: ledger, Log: log}, chat.Config{})
	parts := planner.Parts{
		Store: st, Catalog: models, Router: router, Folders: folder.New(st, chats.StopRunning), Chats: chats, Memberships: members, Log: log,
	}
	d.composer = planner.NewComposer(parts)
	d.Service = planner.New(parts, job.New(job.Parts{
		Store: st, Catalog: models, Router: router, Files: files, Chats: chats, Ledger: ledger, Log: log, Composers: d.composer.Kinds(),
	}, job.Config{}))
	return d
}

func (d *fixture) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d *fixture) key() string {
	d.made++
	return fmt.Sprint("key-", d.made)
}

func (d *fixture) wantCode(what string, err error, want errs.Code) {
	d.t.Helper()
	if errs.CodeOf(err) != want {
		d.t.Errorf("%s: %v, want %q", what, err, want)
	}
}

// wantFault requires an input error at a field, and no other.
func (d *fixture) wantFault(what string, err error, field string) {
	d.t.Helper()
	faults, _ := errs.InputOf(err)
	if len(faults) != 1 || strings.Join(faults[0].Path, ".") != "input."+field {
		d.t.Errorf("%s: %v, want a fault of %s", what, err, field)
	}
}

// draft stores a plan with n steps of text, each of which depends on the one before.
func (d *fixture) draft(n int) (*ent.Plan, []*ent.PlanStep) {
	d.t.Helper()
	p, err := d.st.Client().Plan.Create().SetUserID(d.user).SetJobID(oid.New[oid.Job]()).SetGoal("g").SetTitle("A plan").SetSummary("s").SetLanguage("en").Save(d.t.Context())
	d.must(err)
	steps := make([]*ent.PlanStep, n)
	for i := range steps {
		c := d.st.Client().PlanStep.Create().SetPlanID(p.ID).SetUserID(d.user).SetPosition(i + 1).SetTitle(string(rune('a' + i))).
			SetKind(planstep.KindText).SetModel("sandbox-writer").SetPrompts([]string{"p", "q"}).SetDependsOn([]oid.PlanStep{})
		if i > 0 {
			c.SetDependsOn([]oid.PlanStep{steps[i-1].ID})
		}
		steps[i], err = c.Save(d.t.Context())
		d.must(err)
	}
	return p, steps
}

// order is the titles of a plan's steps, in their order.
func (d *fixture) order(p oid.Plan) string {
	d.t.Helper()
	all, err := d.Steps(d.t.Context(), []oid.Plan{p})
	d.must(err)
	titles := ""
	for i, st := range all[p] {
		if st.Position != i+1 {
			d.t.Errorf("step %d stands at %d", i+1, st.Position)
		}
		titles += st.Title
	}
	return titles
}

func names(steps []*ent.PlanStep, places ...int) []string {
	ids := make([]string, len(places))
	for i, place := range places {
		ids[i] = steps[place-1].ID.String()
	}
	return ids
}

func ptr[T any](v T) *T { return &v }

// TestProposeChecksItsInput before anything is ordered.
func TestProposeChecksItsInput(t *testing.T) {
	t.Parallel()
	each(t, func(d *fixture) {
		for name, tt := range map[string]struct {
			in    planner.ProposeInput
			field string
		}{
			"no goal":              {planner.ProposeInput{}, "goal"},
			"a longer goal":        {planner.ProposeInput{Goal: strings.Repeat("가", planner.MaxGoalChars+1)}, "goal"},
			"no budget":            {planner.ProposeInput{Goal: "g", Budget: &planner.Budget{Currency: "USD"}}, "budget.amountMicros"},
			"a budget in won":      {planner.ProposeInput{Goal: "g", Budget: &planner.Budget{AmountMicros: 1, Currency: "KRW"}}, "budget.currency"},
			"a painter":            {planner.ProposeInput{Goal: "g", ModelID: ptr("sandbox-painter")}, "modelId"},
			"a model that has end": {planner.ProposeInput{Goal: "g", ModelID: ptr("sandbox-classic")}, "modelId"},
		} {
			tt.in.Key = d.key()
			_, err := d.Propose(d.t.Context(), d.user, tt.in)
			d.wantFault(name, err, tt.field)
		}
		_, err := d.Propose(d.t.Context(), d.user, planner.ProposeInput{Goal: "g", ModelID: ptr("gpt-9"), Key: d.key()})
		d.wantCode("an unknown model", err, errs.ModelNotAllowed)
		ctx := auth.With(d.t.Context(), auth.Principal{User: d.user, Grant: &auth.Grant{Key: oid.New[oid.APIKey](), Models: []string{"sandbox-painter"}}})
		_, err = d.Propose(ctx, d.user, planner.ProposeInput{Goal: "g", Key: d.key()})
		d.wantCode("a key whose models cannot plan", err, errs.Forbidden)
		if n := d.st.Client().Job.Query().CountX(d.t.Context()); n != 0 {
			d.t.Errorf("%d jobs were ordered all the same", n)
		}
	})
}

// TestAGoalBecomesAPlan by the sandbox, once per key of idempotency, and in the transaction that ends the
// job.
func TestAGoalBecomesAPlan(t *testing.T) {
	t.Parallel()
	each(t, func(d *fixture) {
		in := planner.ProposeInput{Goal: "Open a small bakery", Key: d.key()}
		j, err := d.Propose(d.t.Context(), d.user, in)
		d.must(err)
		again, err := d.Propose(d.t.Context(), d.user, in)
		if err != nil || again.ID != j.ID || j.Kind != entjob.KindPlan || j.Status != entjob.StatusInQueue {
			d.t.Errorf("ordered %v, again %v, %v", j, again, err)
		}
		in.Goal = "Another"
		_, err = d.Propose(d.t.Context(), d.user, in)
		d.wantCode("another goal with the same key", err, errs.IdempotencyConflict)
		quote, err := d.QuoteProposal(d.t.Context(), d.user, planner.ProposeInput{Goal: "g"})
		if err != nil || quote.Model.ID != "sandbox-writer" || quote.MostMicros == nil || *quote.MostMicros != 0 || quote.Most.Tokens < 1 {
			d.t.Errorf("it is quoted at %+v, %v", quote, err)
		}
		last := -1.0
		made, err := d.composer.Compose(d.t.Context(), j, func(progress *float64, _ string) {
			if progress != nil && *progress < last {
				d.t.Errorf("the progress is %v after %v", *progress, last)
			}
			if progress != nil {
				last = *progress
			}
		})
		d.must(err)
		if n := d.st.Client().Plan.Query().CountX(d.t.Context()); n != 0 {
			d.t.Error("a plan is there before its job has ended")
		}
		d.must(d.st.Tx(d.t.Context(), made.Save))
		p := d.st.Client().Plan.Query().OnlyX(d.t.Context())
		steps, err := d.Steps(d.t.Context(), []oid.Plan{p.ID})
		d.must(err)
		if p.UserID != d.user || p.Goal != "Open a small bakery" || p.JobID != j.ID || planner.StatusOf(p) != planner.Draft || len(steps[p.ID]) < 2 {
			d.t.Errorf("made %v with %d steps", p, len(steps[p.ID]))
		}
		for _, st := range steps[p.ID] {
			if n := len(st.Prompts); n < 2 || n > planner.MaxPrompts || st.Instruction == "" {
				d.t.Errorf("step %d has %d prompts and the instruction %q", st.Position, n, st.Instruction)
			}
		}
	})
}

// TestPlansUnderWayAreLimited by a limit of their own.
func TestPlansUnderWayAreLimited(t *testing.T) {
	t.Parallel()
	each(t, func(d *fixture) {
		for range job.DefaultMaxUnfinished {
			_, err := d.Propose(d.t.Context(), d.user, planner.ProposeInput{Goal: "g", Key: d.key()})
			d.must(err)
		}
		_, err := d.Propose(d.t.Context(), d.user, planner.ProposeInput{Goal: "g", Key: d.key()})
		d.wantCode("one more", err, errs.TooManyJobs)
		other := storetest.User(d.t, d.st)
		_, err = d.Propose(d.t.Context(), other, planner.ProposeInput{Goal: "g", Key: d.key()})
		d.must(err)
	})
}

// TestApplyMakesAFolderWithAChatForEachStep, once whatever the key.
func TestApplyMakesAFolderWithAChatForEachStep(t *testing.T) {
	t.Parallel()
	each(t, func(d *fixture) {
		draft, _ := d.draft(3)
		p, err := d.Apply(d.t.Context(), d.user, draft.ID.String(), d.key())
		d.must(err)
		again, err := d.Apply(d.t.Context(), d.user, draft.ID.String(), d.key())
		if err != nil || planner.StatusOf(p) != planner.Applied || *again.FolderID != *p.FolderID || p.Revision != 2 || again.Revision != 2 {
			d.t.Errorf("applied %v, again %v, %v", p, again, err)
		}
		c := d.st.Client()
		if f := c.Folder.Query().OnlyX(d.t.Context()); f.Name != "A plan" || f.Type != "PROJECT" {
			d.t.Errorf("the folder is %v", f)
		}
		if n := c.Chat.Query().CountX(d.t.Context()); n != 3 {
			d.t.Errorf("%d chats", n)
		}
		for _, m := range c.Message.Query().AllX(d.t.Context()) {
			if m.Role != message.RoleAssistant || m.ParentID != nil || m.Status != message.StatusCompleted {
				d.t.Errorf("a chat opens with %v", m)
			}
		}
	})
}

// TestAPlanWhoseModelEndedIsNotApplied, and nothing of it is created.
func TestAPlanWhoseModelEndedIsNotApplied(t *testing.T) {
	t.Parallel()
	each(t, func(d *fixture) {
		p, steps := d.draft(2)
		d.must(d.st.Client().PlanStep.UpdateOneID(steps[1].ID).SetModel("sandbox-classic").Exec(d.t.Context()))
		_, err := d.Apply(d.t.Context(), d.user, p.ID.String(), d.key())
		d.wantFault("a step's model has ended", err, "planId")
		if faults, _ := errs.InputOf(err); len(faults) == 1 && !strings.HasPrefix(faults[0].Message, "Step 2: ") {
			d.t.Errorf("it says %q", faults[0].Message)
		}
		if n := d.st.Client().Folder.Query().CountX(d.t.Context()); n != 0 {
			d.t.Errorf("%d folders", n)
		}
	})
}
