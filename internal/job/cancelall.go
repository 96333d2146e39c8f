package job

import (
	"context"
	"errors"

	entjob "github.com/weav-ai/weav/ent/job"
	"github.com/weav-ai/weav/internal/oid"
)

// CancelAll asks for the end of all unfinished jobs of a person, those that wait for a place first, so that
// none moves up. It does not wait for workers: each ends its job as with [Service.Cancel].
func (s *Service) CancelAll(ctx context.Context, user oid.User) error {
	var faults []error
	for _, waiting := range []bool{true, false} {
		ids, err := s.store.Client().Job.Query().
			Where(entjob.UserID(user), entjob.IsWaiting(waiting),
				entjob.StatusIn(entjob.StatusInQueue, entjob.StatusInProgress)).
			Order(entjob.ByID()).IDs(ctx)
		if err != nil {
			return wrap("cancel all", err)
		}
		for _, id := range ids {
			faults = append(faults, s.requestCancel(ctx, id, nothing))
		}
	}
	return errors.Join(faults...)
}
