package admin

import (
	"context"

	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
)

// RecordQueueChange records an operator's action on the queue's page. The page belongs to River and writes by
// itself, so the entry is written first. An action that then fails has an entry, too.
func (s *Service) RecordQueueChange(ctx context.Context, actor oid.User, what, detail string) error {
	return s.Store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		return record(ctx, tx, auditRecord{actor: actor, action: QueueChanged, subject: what, detail: errs.Verbatim(detail)})
	})
}
