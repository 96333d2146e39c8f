package job

import (
	"context"

	entjob "github.com/weav-ai/weav/ent/job"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/usage"
)

// margin is what a provider adds to a prompt of its own, in tokens.
const margin = 64

// Metered is a composer whose jobs use a model.
type Metered interface {
	// Most is what a job of a person can use at most.
	Most(ctx context.Context, tx *store.Tx, user oid.User, c InternalOrder) (catalog.Consumed, error)
}

// hold has the ledger let an order through. A job without a model holds nothing.
func (s *Service) hold(ctx context.Context, tx *store.Tx, user oid.User, run oid.Run, p placing) (usage.Held, error) {
	if p.model.ID == "" {
		return usage.Held{}, nil
	}
	most, err := s.most(ctx, tx, user, p)
	if err != nil {
		return usage.Held{}, err
	}
	o := usage.Order{User: user, Run: run, Model: p.model, Most: most, MaxCost: p.maxCost}
	if p.resumes != nil {
		o.IsOwnKey = &p.resumes.IsOwnKey // Only the account that ordered it can fetch it.
	}
	return s.ledger.Hold(ctx, tx, o)
}

// most is what an order can use at most.
func (s *Service) most(ctx context.Context, tx *store.Tx, user oid.User, p placing) (catalog.Consumed, error) {
	if p.internal == nil {
		return p.order.most()
	}
	composer, ok := s.composers[p.kind].(Metered)
	if !ok {
		return catalog.Consumed{}, nil
	}
	c := *p.internal
	c.Kind, c.Model, c.Args = p.kind, p.model, p.args
	return composer.Most(ctx, tx, user, c)
}

// most is what a text, an image or a video can use at most.
func (o order) most() (catalog.Consumed, error) {
	switch o.kind {
	case entjob.KindImage:
		args, err := decode[ImageArguments](o.args)
		if err != nil {
			return catalog.Consumed{}, err
		}
		return o.model.ImageAtMost(args.Size, args.Quality, usage.AtMost(args.Prompt)+margin), nil
	case entjob.KindVideo:
		args, err := decode[VideoArguments](o.args)
		if err != nil {
			return catalog.Consumed{}, err
		}
		return catalog.Consumed{VideoMs: int64(args.Seconds) * 1000, Resolution: args.Resolution}, nil
	default:
		args, err := decode[TextArguments](o.args)
		if err != nil {
			return catalog.Consumed{}, err
		}
		in := usage.AtMost(args.Prompt) + usage.AtMost(args.SystemPrompt) + margin
		return catalog.Consumed{Input: in, Output: int64(args.MaxOutputTokens)}, nil
	}
}

// captionTokens is about the longest that a provider says of a picture or a film.
const captionTokens = 1000

// resultTokens is how many tokens the result may add to the prompt of a chat's next turns.
func (o order) resultTokens() (int64, error) {
	if o.kind != entjob.KindText {
		return captionTokens, nil
	}
	most, err := o.most()
	return most.Output, err
}

// Quote says what [Service.Create] would take.
func (s *Service) Quote(ctx context.Context, user oid.User, in CreateInput) (*usage.Quote, error) {
	return s.ledger.Quote(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := s.Order(ctx, tx, user, in)
		return err
	})
}

// QuoteAs says what a transaction would take that orders something, with what else it does.
func (s *Service) QuoteAs(ctx context.Context, act func(ctx context.Context, tx *store.Tx) error) (*usage.Quote, error) {
	return s.ledger.Quote(ctx, act)
}

// QuoteRetry says what [Service.Retry] would take.
func (s *Service) QuoteRetry(ctx context.Context, user oid.User, in RetryInput) (*usage.Quote, error) {
	return s.ledger.Quote(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := s.reorder(ctx, tx, user, in)
		return err
	})
}
