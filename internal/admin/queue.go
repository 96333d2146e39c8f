package admin

import (
	"context"

	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
)

// NoteQueueChange writes down that an operator has the queue's page do something. The page is not ours and writes on its
// own, so this comes before it: what then fails has an entry too.
func (s *Service) NoteQueueChange(ctx context.Context, actor oid.User, what, detail string) error {
	return s.Store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		return record(ctx, tx, deed{actor: actor, action: QueueChanged, subject: what, detail: errs.Verbatim(detail)})
	})
}
