package admin

import (
	"context"

	"entgo.io/ent/dialect/sql"

	"github.com/weav-ai/weav/ent"
	entjob "github.com/weav-ai/weav/ent/job"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/page"
	"github.com/weav-ai/weav/internal/store"
)

// jobsKind binds cursors to the list of all users' jobs.
const jobsKind = "administration.jobs"

// JobCursor is the position of a job in the list of all users' jobs, which begins with the newest.
func JobCursor(j *ent.Job) string { return page.Encode(jobsKind, j.ID.String()) }

// SearchJobs returns a page of jobs, the newest first. of restricts it to one user. No statuses means all of
// them.
func (s *Service) SearchJobs(ctx context.Context, of *string, statuses []entjob.Status, args page.Args) (*page.Result[*ent.Job], error) {
	w, err := page.Parse(jobsKind, args)
	if err != nil {
		return nil, err
	}
	user, err := parseUser(of)
	if err != nil {
		return nil, err
	}
	q := s.Store.Client().Job.Query().Order(entjob.ByID(sql.OrderDesc()))
	if user != nil {
		q.Where(entjob.UserID(*user))
	}
	if len(statuses) > 0 {
		q.Where(entjob.StatusIn(statuses...))
	}
	if w.After != nil {
		after, err := page.ID[oid.Job]("after", w.After)
		if err != nil {
			return nil, err
		}
		q.Where(entjob.IDLT(after))
	}
	rows, err := q.Limit(w.Limit + 1).All(ctx)
	if err != nil {
		return nil, wrap("list jobs", err)
	}
	return page.Of(rows, w), s.checkUser(ctx, user, len(rows))
}

// Unfinished counts the jobs of users that have not ended. Users without any are left out.
func (s *Service) Unfinished(ctx context.Context, of []oid.User) (map[oid.User]int, error) {
	var rows []struct {
		UserID oid.User `json:"user_id"`
		Count  int      `json:"count"`
	}
	// One query counts for a whole page of users.
	err := s.Store.Client().Job.Query().Where(entjob.UserIDIn(of...), entjob.StatusIn(entjob.StatusInQueue, entjob.StatusInProgress)).
		GroupBy(entjob.FieldUserID).Aggregate(ent.Count()).Scan(ctx, &rows)
	if err != nil {
		return nil, wrap("count jobs", err)
	}
	out := make(map[oid.User]int, len(rows))
	for _, r := range rows {
		out[r.UserID] = r.Count
	}
	return out, nil
}

// CancelJob cancels a job of any user and returns it as it ended. A job that has ended before stays
// unchanged, and no action is recorded.
func (s *Service) CancelJob(ctx context.Context, actor oid.User, id, reason string) (*ent.Job, error) {
	if err := checkReason(reason); err != nil {
		return nil, err
	}
	return s.Jobs.CancelAny(ctx, id, func(ctx context.Context, tx *store.Tx, j *ent.Job) error {
		return record(ctx, tx, auditRecord{
			actor: actor, action: JobCancelled, user: &j.UserID, subject: j.ID.String(), reason: reason,
			detail: errs.Textf("A job of the kind %s.", j.Kind),
		})
	})
}
