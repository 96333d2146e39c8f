package planner

import (
	"context"
	"encoding/json"
	"fmt"

	entjob "github.com/weav-ai/weav/ent/job"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/job"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/usage"
)

const (
	// instructionTokens is the most tokens of the instructions without models and goal, modelTokens what each
	// model adds, stepTokens what each existing step adds.
	instructionTokens = 2000
	modelTokens       = 120
	stepTokens        = 400
)

// Most implements the metering of package job: both rounds of a dialogue at their longest. The second round
// sends the first answer again.
func (c *Composer) Most(ctx context.Context, tx *store.Tx, _ oid.User, order job.InternalOrder) (catalog.Consumed, error) {
	answer := int64(promptTokens)
	var input int64
	var err error
	if order.Kind == entjob.KindPrompts {
		input, err = c.Chats.DigestTokens(ctx, tx, order.Chat, promptTurns, promptSource)
		input += instructionTokens
	} else {
		answer = maxPlanTokens
		input, err = c.planTokens(order)
	}
	// Both rounds send the instructions. The second one also sends the first answer.
	return catalog.Consumed{Input: 2*input + answer, Output: 2 * answer}, err
}

// planTokens is the most tokens that a model receives for a plan.
func (c *Composer) planTokens(order job.InternalOrder) (int64, error) {
	// The arguments are read from JSON, because package job declares the field as any value.
	raw, err := json.Marshal(order.Args)
	if err != nil {
		return 0, fmt.Errorf("planner: arguments: %w", err)
	}
	var args job.PlanArguments
	if err := json.Unmarshal(raw, &args); err != nil {
		return 0, fmt.Errorf("planner: arguments: %w", err)
	}
	// All models are counted, also those that are not open to the user: an upper bound needs no query.
	models := int64(len(c.offer(&args, func(catalog.Model) bool { return true })))
	return instructionTokens + models*modelTokens + MaxSteps*stepTokens + usage.AtMost(args.Goal) + usage.AtMost(args.Wish), nil
}

// QuoteProposal returns what [Service.Propose] would take.
func (s *Service) QuoteProposal(ctx context.Context, user oid.User, in ProposeInput) (*usage.Quote, error) {
	return s.quote(ctx, user, s.proposing(user, in))
}

// QuoteReplan returns what [Service.Replan] would take.
func (s *Service) QuoteReplan(ctx context.Context, user oid.User, in ReplanInput) (*usage.Quote, error) {
	return s.quote(ctx, user, s.replanning(user, in))
}

// QuotePrompts returns what [Service.Recommend] would take.
func (s *Service) QuotePrompts(ctx context.Context, user oid.User, in RecommendInput) (*usage.Quote, error) {
	return s.quote(ctx, user, s.recommending(user, in))
}

// QuoteRun returns what [Service.Run] would take.
func (s *Service) QuoteRun(ctx context.Context, user oid.User, in RunInput) (*usage.Quote, error) {
	return s.jobs.QuoteAs(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := s.run(ctx, tx, user, in)
		return err
	})
}

// quote quotes an order by placing it in a transaction that package job rolls back.
func (s *Service) quote(ctx context.Context, user oid.User, order ordering) (*usage.Quote, error) {
	return s.jobs.QuoteAs(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := s.place(ctx, tx, user, order)
		return err
	})
}
