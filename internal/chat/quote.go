package chat

import (
	"context"

	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/usage"
)

// QuoteSend says what [Service.Send] would take.
func (s *Service) QuoteSend(ctx context.Context, user oid.User, in SendInput) (*usage.Quote, error) {
	return s.quote(ctx, s.sending(user, in))
}

// QuoteEdit says what [Service.Edit] would take.
func (s *Service) QuoteEdit(ctx context.Context, user oid.User, in EditInput) (*usage.Quote, error) {
	return s.quote(ctx, s.editing(user, in))
}

// QuoteRegenerate says what [Service.Regenerate] would take.
func (s *Service) QuoteRegenerate(ctx context.Context, user oid.User, in RegenerateInput) (*usage.Quote, error) {
	return s.quote(ctx, s.regenerating(user, in))
}

func (s *Service) quote(ctx context.Context, add adding) (*usage.Quote, error) {
	return s.ledger.Quote(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := add(ctx, tx)
		return err
	})
}
