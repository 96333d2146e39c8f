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
	// wordsTokens is what the instructions of a plan have at most beside the models and the goal, modelTokens what each model
	// adds to them, stepTokens what each step adds that stands already.
	wordsTokens = 2000
	modelTokens = 120
	stepTokens  = 400
)

// Most implements job.Metered: both rounds that a dialogue may have, at their longest. The second is told the first
// answer too.
func (c *Composer) Most(ctx context.Context, tx *store.Tx, _ oid.User, order job.InternalOrder) (catalog.Consumed, error) {
	answer := int64(promptTokens)
	var told int64
	var err error
	if order.Kind == entjob.KindPrompts {
		told, err = c.Chats.DigestTokens(ctx, tx, order.Chat, promptTurns, promptSource)
		told += wordsTokens
	} else {
		answer = maxPlanTokens
		told, err = c.planTokens(order)
	}
	return catalog.Consumed{Input: 2*told + answer, Output: 2 * answer}, err
}

// planTokens is at most how many tokens a model is told for a plan.
func (c *Composer) planTokens(order job.InternalOrder) (int64, error) {
	raw, err := json.Marshal(order.Args)
	if err != nil {
		return 0, fmt.Errorf("planner: arguments: %w", err)
	}
	var args job.PlanArguments
	if err := json.Unmarshal(raw, &args); err != nil {
		return 0, fmt.Errorf("planner: arguments: %w", err)
	}
	models := int64(len(c.offer(&args, func(catalog.Model) bool { return true })))
	return wordsTokens + models*modelTokens + MaxSteps*stepTokens + usage.AtMost(args.Goal) + usage.AtMost(args.Wish), nil
}

// QuoteProposal says what [Service.Propose] would take.
func (s *Service) QuoteProposal(ctx context.Context, user oid.User, in ProposeInput) (*usage.Quote, error) {
	return s.quote(ctx, user, s.proposing(user, in))
}

// QuoteReplan says what [Service.Replan] would take.
func (s *Service) QuoteReplan(ctx context.Context, user oid.User, in ReplanInput) (*usage.Quote, error) {
	return s.quote(ctx, user, s.replanning(user, in))
}

// QuotePrompts says what [Service.Recommend] would take.
func (s *Service) QuotePrompts(ctx context.Context, user oid.User, in RecommendInput) (*usage.Quote, error) {
	return s.quote(ctx, user, s.recommending(user, in))
}

// QuoteRun says what [Service.Run] would take.
func (s *Service) QuoteRun(ctx context.Context, user oid.User, in RunInput) (*usage.Quote, error) {
	return s.jobs.QuoteAs(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := s.run(ctx, tx, user, in)
		return err
	})
}

func (s *Service) quote(ctx context.Context, user oid.User, order ordering) (*usage.Quote, error) {
	return s.jobs.QuoteAs(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := s.place(ctx, tx, user, order)
		return err
	})
}
