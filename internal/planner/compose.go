package planner

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/weav-ai/weav/ent"
	entjob "github.com/weav-ai/weav/ent/job"
	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/auth"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/chat"
	"github.com/weav-ai/weav/internal/job"
	"github.com/weav-ai/weav/internal/store"
)

// maxPlanTokens is the most tokens of a plan's answer. Eight steps at their longest fit.
const maxPlanTokens = 8192

// Composer composes the results of jobs that make plans and prompts.
type Composer struct {
	Parts
}

// NewComposer returns the composer of the jobs of plans and prompts.
func NewComposer(p Parts) *Composer { return &Composer{Parts: p} }

// Kinds are the kinds of jobs that it composes.
func (c *Composer) Kinds() map[entjob.Kind]job.Composer {
	return map[entjob.Kind]job.Composer{entjob.KindPlan: c, entjob.KindPrompts: c}
}

// Compose implements the composer of package job.
func (c *Composer) Compose(ctx context.Context, j *ent.Job, report job.ReportProgress) (*job.Composed, error) {
	model, ok := c.Catalog.Get(j.Model)
	if !ok {
		return nil, &ai.Error{Kind: ai.ModelGone, Provider: j.Provider}
	}
	router, err := c.Router.For(ctx, j.UserID, model.Provider, j.IsOwnKey)
	if err != nil {
		return nil, err
	}
	streamer, err := router.Text(model.Provider)
	if err != nil {
		return nil, err
	}
	d := &dialogue{streamer: streamer, report: report, request: ai.TextRequest{
		Model: model.ProviderModel, MaxOutputTokens: maxPlanTokens,
		EndUser: chat.EndUser(j.UserID), JobKey: j.ID.String(),
	}}
	if j.Kind == entjob.KindPrompts {
		return c.composePrompts(ctx, j, d)
	}
	return c.composePlan(ctx, j, d)
}

// composePlan makes a plan, with one correction if needed.
func (c *Composer) composePlan(ctx context.Context, j *ent.Job, d *dialogue) (*job.Composed, error) {
	args, err := planArguments(j)
	if err != nil {
		return nil, err
	}
	before, err := c.before(ctx, j, args)
	if err != nil {
		return nil, err
	}
	// The rights of the request that ordered the job hold, not those of a session.
	open, err := c.isOpenTo(ctx, c.Store.Client(), j.UserID, &auth.Grant{IsTest: args.IsTest, Models: args.Models})
	if err != nil {
		return nil, err
	}
	b := bounds{models: c.offer(args, open), kept: len(before.kept), budget: before.left(args.BudgetMicros)}
	d.request.Purpose, d.request.Answer = ai.PurposePlan, shape(b.models)
	d.request.Instruction = instruction(b, before)
	d.request.Turns = []ai.Turn{{Role: ai.RoleUser, Text: goalText(args)}}
	d.onText = reportChanges(planProgress, d.report)
	var plan *answer
	err = d.run(ctx, "Mending the plan", func(text string) (faults []string) {
		if plan, err = parse(text); err != nil {
			return []string{err.Error()}
		}
		return b.check(plan)
	})
	if err != nil {
		return nil, err
	}
	return d.composed(func(ctx context.Context, tx *store.Tx) error { return c.save(ctx, tx, j, args, before, plan) }), nil
}

// reportChanges returns a function that measures a growing text and reports the progress whenever its phase
// changes. Each report is stored and published, so repeating a phase would only cost.
func reportChanges(measure func(text string) (*float64, string), report job.ReportProgress) func(text string) {
	last := ""
	return func(text string) {
		progress, phase := measure(text)
		if phase == last {
			return
		}
		last = phase
		report(progress, phase)
	}
}

// offer returns the models that steps may use: those that are open to the user and usable now, real models
// before those of the sandbox. With a budget it offers models with a price, if there are any, because only
// their cost can be limited.
func (c *Composer) offer(args *job.PlanArguments, open func(catalog.Model) bool) []catalog.Model {
	var offered []catalog.Model
	for _, m := range c.Catalog.Models() {
		if _, err := c.Catalog.Usable(m.Kind, m.ID); err == nil && open(m) {
			offered = append(offered, m)
		}
	}
	// Made-up results are offered only where nothing else can make that kind.
	offered = preferred(offered, func(m catalog.Model) bool { return !m.IsSandbox })
	if args.BudgetMicros == nil {
		return offered
	}
	return preferred(offered, func(m catalog.Model) bool { return m.PriceAt(store.Now()) != nil })
}

// preferred returns the models that satisfy good. A kind without any keeps all of its models, so that a goal
// that needs this kind can still be planned.
func preferred(models []catalog.Model, good func(catalog.Model) bool) []catalog.Model {
	has := map[catalog.Kind]bool{}
	for _, m := range models {
		has[m.Kind] = has[m.Kind] || good(m)
	}
	var out []catalog.Model
	for _, m := range models {
		if good(m) || !has[m.Kind] {
			out = append(out, m)
		}
	}
	return out
}

// dialogue is the conversation with the model for one job.
type dialogue struct {
	streamer ai.TextStreamer
	request  ai.TextRequest
	report   job.ReportProgress
	onText   func(text string) // receives the answer so far, as it grows

	text   string // the last answer
	final  *ai.TextResult
	usage  ai.Usage // of all rounds
	rounds int
}

// run requests an answer, and once more with the faults when it has some. An answer that is unusable after
// that is a failure, never half a result. The user pays for each further round, so there is one correction.
func (d *dialogue) run(ctx context.Context, mending string, check func(text string) []string) error {
	if err := d.stream(ctx); err != nil {
		return err
	}
	faults := check(d.text)
	if len(faults) == 0 {
		return nil
	}
	d.report(nil, mending)
	// The model receives its own answer with the faults, so that it corrects instead of starting over.
	d.request.Turns = append(d.request.Turns,
		ai.Turn{Role: ai.RoleAssistant, Text: d.text},
		ai.Turn{Role: ai.RoleUser, Text: mendText(faults)})
	if err := d.stream(ctx); err != nil {
		return err
	}
	if faults = check(d.text); len(faults) == 0 {
		return nil
	}
	// An answer that was cut at the limit cannot be repaired by a retry, which the code says.
	if d.final.Finish == ai.FinishLength {
		return d.spent(job.ErrCutOff)
	}
	return d.spent(fmt.Errorf("%w: %d faults after a second round", job.ErrUnusable, len(faults)))
}

// spent is a failure that carries the usage of all rounds, since they are charged.
func (d *dialogue) spent(err error) error {
	return &job.Spent{Err: err, Usage: d.usage, Model: d.final.Model}
}

// stream reads one whole answer.
func (d *dialogue) stream(ctx context.Context) error {
	var text strings.Builder
	for event, err := range d.streamer.StreamText(ctx, d.request) {
		if err != nil {
			return d.withUsage(err)
		}
		if event.Final != nil {
			d.text, d.final = text.String(), event.Final
			d.add(event.Final.Usage)
			return d.refused()
		}
		text.WriteString(event.Delta)
		if d.onText != nil {
			d.onText(text.String())
		}
	}
	// The provider accepted the request, so it may bill it.
	return &ai.Error{Kind: ai.Interrupted, Accepted: true, Cause: errors.New("the stream ended without a result")}
}

// add sums up the usage of the rounds. The sum is known only when the usage of every round is.
func (d *dialogue) add(u ai.Usage) {
	known := u.Known && (d.rounds == 0 || d.usage.Known)
	d.rounds++
	d.usage.Known = known
	d.usage.Input += u.Input
	d.usage.Output += u.Output
	d.usage.CachedInput += u.CachedInput
	d.usage.Reasoning += u.Reasoning
}

// withUsage adds the total usage to a failure. Nothing of an answer is shown before it is complete, so the
// call may be repeated.
func (d *dialogue) withUsage(err error) error {
	var failed *ai.Error
	if !errors.As(err, &failed) {
		return err
	}
	d.add(failed.Usage)
	whole := *failed
	whole.Usage, whole.Shown = d.usage, false
	return &whole
}

// refused is the error of a model or filter that refuses. An answer that reached its limit is incomplete,
// which check finds.
func (d *dialogue) refused() error {
	switch d.final.Finish {
	case ai.FinishRefusal:
		return d.spent(job.ErrRefused)
	case ai.FinishContentFilter:
		return d.spent(&ai.Error{Kind: ai.ContentBlocked, Model: d.final.Model, Accepted: true, Usage: d.usage})
	}
	return nil
}

// composed is the result of the dialogue; save stores it in the transaction that ends the job.
func (d *dialogue) composed(save func(ctx context.Context, tx *store.Tx) error) *job.Composed {
	return &job.Composed{
		Text: d.text, Model: d.final.Model, Finish: d.final.Finish, Usage: d.usage, Request: d.request, Save: save,
	}
}
