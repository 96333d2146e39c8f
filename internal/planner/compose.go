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

// maxPlanTokens is the most tokens of a plan's answer: eight steps at their longest are within it.
const maxPlanTokens = 8192

// Composer is the author of jobs that make plans and prompts.
type Composer struct {
	Parts
}

// NewComposer returns the author of the jobs of plans and prompts.
func NewComposer(p Parts) *Composer { return &Composer{Parts: p} }

// Kinds are the kinds of jobs it works on.
func (c *Composer) Kinds() map[entjob.Kind]job.Composer {
	return map[entjob.Kind]job.Composer{entjob.KindPlan: c, entjob.KindPrompts: c}
}

// Compose implements job.Composer.
func (c *Composer) Compose(ctx context.Context, j *ent.Job, tell job.ReportProgress) (*job.Composed, error) {
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
	d := &dialogue{streamer: streamer, tell: tell, request: ai.TextRequest{
		Model: model.ProviderModel, MaxOutputTokens: maxPlanTokens,
		EndUser: chat.EndUser(j.UserID), JobKey: j.ID.String(),
	}}
	if j.Kind == entjob.KindPrompts {
		return c.composePrompts(ctx, j, d)
	}
	return c.composePlan(ctx, j, d)
}

// composePlan has a plan made, mended once if need be.
func (c *Composer) composePlan(ctx context.Context, j *ent.Job, d *dialogue) (*job.Composed, error) {
	args, err := planArguments(j)
	if err != nil {
		return nil, err
	}
	before, err := c.before(ctx, j, args)
	if err != nil {
		return nil, err
	}
	open, err := c.isOpenTo(ctx, c.Store.Client(), j.UserID, &auth.Grant{IsTest: args.IsTest, Models: args.Models})
	if err != nil {
		return nil, err
	}
	b := bounds{models: c.offer(args, open), kept: len(before.kept), budget: before.left(args.BudgetMicros)}
	d.request.Purpose, d.request.Answer = ai.PurposePlan, shape(b.models)
	d.request.Instruction = instruction(b, before)
	d.request.Turns = []ai.Turn{{Role: ai.RoleUser, Text: goalText(args)}}
	d.heard = told(planProgress, d.tell)
	var plan *answer
	err = d.settle(ctx, "Mending the plan", func(text string) (faults []string) {
		if plan, err = parse(text); err != nil {
			return []string{err.Error()}
		}
		return b.check(plan)
	})
	if err != nil {
		return nil, err
	}
	return d.composed(func(ctx context.Context, tx *store.Tx) error { return c.keep(ctx, tx, j, args, before, plan) }), nil
}

// told tells what a measure makes of a growing text, whenever that changes.
func told(measure func(text string) (*float64, string), tell job.ReportProgress) func(text string) {
	last := ""
	return func(text string) {
		progress, phase := measure(text)
		if phase == last {
			return
		}
		last = phase
		tell(progress, phase)
	}
}

// offer are the models that the steps may be made with: what is open and can be asked now, real models before made-up ones. With a
// budget only models with a price are offered, if there are any.
func (c *Composer) offer(args *job.PlanArguments, open func(catalog.Model) bool) []catalog.Model {
	var offered []catalog.Model
	for _, m := range c.Catalog.Models() {
		if _, err := c.Catalog.Usable(m.Kind, m.ID); err == nil && open(m) {
			offered = append(offered, m)
		}
	}
	offered = preferred(offered, func(m catalog.Model) bool { return !m.IsSandbox })
	if args.BudgetMicros == nil {
		return offered
	}
	return preferred(offered, func(m catalog.Model) bool { return m.PriceAt(store.Now()) != nil })
}

// preferred are the models that are good, and of kinds without a good one all.
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

// dialogue is what is said with the model for one job.
type dialogue struct {
	streamer ai.TextStreamer
	request  ai.TextRequest
	tell     job.ReportProgress
	heard    func(text string) // the answer so far, as it grows

	text  string // the last answer
	final *ai.TextResult
	usage ai.Usage // of all rounds
	asked int
}

// settle asks, and once more when the answer has faults; what is unusable then is a failure, never half a result.
func (d *dialogue) settle(ctx context.Context, mending string, check func(text string) []string) error {
	if err := d.ask(ctx); err != nil {
		return err
	}
	faults := check(d.text)
	if len(faults) == 0 {
		return nil
	}
	d.tell(nil, mending)
	d.request.Turns = append(d.request.Turns,
		ai.Turn{Role: ai.RoleAssistant, Text: d.text},
		ai.Turn{Role: ai.RoleUser, Text: mendText(faults)})
	if err := d.ask(ctx); err != nil {
		return err
	}
	if faults = check(d.text); len(faults) == 0 {
		return nil
	}
	if d.final.Finish == ai.FinishLength {
		return d.spent(job.ErrCutOff)
	}
	return d.spent(fmt.Errorf("%w: %d faults after a second round", job.ErrUnusable, len(faults)))
}

// spent is a failure with what all rounds consumed.
func (d *dialogue) spent(err error) error {
	return &job.Spent{Err: err, Usage: d.usage, Model: d.final.Model}
}

// ask reads one whole answer.
func (d *dialogue) ask(ctx context.Context) error {
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
		if d.heard != nil {
			d.heard(text.String())
		}
	}
	return &ai.Error{Kind: ai.Interrupted, Accepted: true, Cause: errors.New("the stream ended without a result")}
}

// add sums up what the rounds consumed. It is known only when it is for all of them.
func (d *dialogue) add(u ai.Usage) {
	known := u.Known && (d.asked == 0 || d.usage.Known)
	d.asked++
	d.usage.Known = known
	d.usage.Input += u.Input
	d.usage.Output += u.Output
	d.usage.CachedInput += u.CachedInput
	d.usage.Reasoning += u.Reasoning
}

// withUsage is a failure with what was consumed in all. Nothing of an answer is shown to anybody before it is whole,
// so it may be asked again.
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

// refused is a model or a filter that would not answer. One that reached its limit gave half an answer, which check finds.
func (d *dialogue) refused() error {
	switch d.final.Finish {
	case ai.FinishRefusal:
		return d.spent(job.ErrRefused)
	case ai.FinishContentFilter:
		return d.spent(&ai.Error{Kind: ai.ContentBlocked, Model: d.final.Model, Accepted: true, Usage: d.usage})
	}
	return nil
}

// composed is the dialogue's outcome.
func (d *dialogue) composed(keep func(ctx context.Context, tx *store.Tx) error) *job.Composed {
	return &job.Composed{
		Text: d.text, Model: d.final.Model, Finish: d.final.Finish, Usage: d.usage, Request: d.request, Keep: keep,
	}
}
