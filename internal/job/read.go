package job

import (
	"context"
	"slices"
	"time"

	"github.com/weav-ai/weav/ent"
	entjob "github.com/weav-ai/weav/ent/job"
	"github.com/weav-ai/weav/ent/jobstep"
	"github.com/weav-ai/weav/internal/oid"
)

// maxPosition is as far as places in line are counted.
const maxPosition = 1000

// Attempt is one attempt at a job.
type Attempt struct {
	Number    int
	StartedAt time.Time
	EndedAt   *time.Time
	Failure   *Failure
	// WaitMs is the wait before the next attempt.
	WaitMs *int
}

// Steps returns the timelines of jobs, the oldest entry first.
func (s *Service) Steps(ctx context.Context, jobs []oid.Job) (map[oid.Job][]*ent.JobStep, error) {
	rows, err := s.store.Client().JobStep.Query().Where(jobstep.JobIDIn(jobs...)).Order(jobstep.ByID()).All(ctx)
	if err != nil {
		return nil, wrap("timeline", err)
	}
	byJob := make(map[oid.Job][]*ent.JobStep, len(jobs))
	for _, r := range rows {
		byJob[r.JobID] = append(byJob[r.JobID], r)
	}
	return byJob, nil
}

// Attempts reads the attempts out of a timeline. One that another run went on with is one attempt.
func Attempts(steps []*ent.JobStep) []*Attempt {
	attempts := []*Attempt{}
	for _, st := range steps {
		if st.Type == jobstep.TypeStarted && len(attempts) > 0 && attempts[len(attempts)-1].Number == *st.Attempt {
			continue
		}
		if st.Type == jobstep.TypeStarted {
			attempts = append(attempts, &Attempt{Number: *st.Attempt, StartedAt: st.CreatedAt})
			continue
		}
		if len(attempts) == 0 {
			continue
		}
		if last := attempts[len(attempts)-1]; last.EndedAt == nil {
			last.close(st)
		}
	}
	return attempts
}

// close ends an attempt if the entry says so.
func (a *Attempt) close(st *ent.JobStep) {
	switch st.Type {
	case jobstep.TypeAttemptFailed, jobstep.TypeCompleted, jobstep.TypeFailed, jobstep.TypeCancelled:
	default:
		return
	}
	a.EndedAt = &st.CreatedAt
	if st.Code != nil {
		f := FailureOf(*st.Code)
		a.Failure = &f
	}
	if st.WaitMs != nil {
		ms := int(*st.WaitMs)
		a.WaitMs = &ms
	}
}

// Positions returns the places in line of jobs, from 1; those that are not IN_QUEUE, or stand behind
// the first 1,000, are absent. A job that waits for one of its person's places stands behind the whole
// queue and behind the person's older waiting ones.
func (s *Service) Positions(ctx context.Context, jobs []*ent.Job) (map[oid.Job]int, error) {
	lines, own := map[entjob.Kind][]oid.Job{}, map[oid.User][]oid.Job{}
	positions := make(map[oid.Job]int, len(jobs))
	for _, j := range jobs {
		if j.Status != entjob.StatusInQueue {
			continue
		}
		line, err := s.line(ctx, lines, j.Kind)
		if err != nil {
			return nil, err
		}
		if j.IsWaiting {
			waiting, err := s.waiting(ctx, own, j.UserID)
			if err != nil {
				return nil, err
			}
			line = append(slices.Clone(line), waiting...)
		}
		if i := slices.Index(line, j.ID); i >= 0 && i < maxPosition {
			positions[j.ID] = i + 1
		}
	}
	return positions, nil
}

// line is the queue of a kind in the order it is worked in.
func (s *Service) line(ctx context.Context, read map[entjob.Kind][]oid.Job, kind entjob.Kind) ([]oid.Job, error) {
	if line, ok := read[kind]; ok {
		return line, nil
	}
	line, err := s.store.Client().Job.Query().
		Where(entjob.KindEQ(kind), entjob.StatusEQ(entjob.StatusInQueue), entjob.IsWaiting(false)).
		Order(entjob.ByPriority(), entjob.ByQueuedAt(), entjob.ByID()).Limit(maxPosition).IDs(ctx)
	if err != nil {
		return nil, wrap("queue", err)
	}
	read[kind] = line
	return line, nil
}

// waiting are a person's jobs that wait for a place, the oldest first.
func (s *Service) waiting(ctx context.Context, read map[oid.User][]oid.Job, user oid.User) ([]oid.Job, error) {
	if line, ok := read[user]; ok {
		return line, nil
	}
	line, err := s.store.Client().Job.Query().Where(ofPerson(user, true)).Order(entjob.ByID()).IDs(ctx)
	if err != nil {
		return nil, wrap("queue", err)
	}
	read[user] = line
	return line, nil
}

// CurrentText is what a reader sees of a text job now: while it is written the live text, else the row's.
func (s *Service) CurrentText(ctx context.Context, j *ent.Job) (string, error) {
	if j.Status != entjob.StatusInProgress {
		return j.Text, nil
	}
	return s.runs.ShownText(ctx, j.RunID, j.Text), nil
}

// ByIDs returns jobs of user, in no order.
func (s *Service) ByIDs(ctx context.Context, user oid.User, jobs []oid.Job) ([]*ent.Job, error) {
	rows, err := s.store.Client().Job.Query().Where(entjob.IDIn(jobs...), entjob.UserID(user)).All(ctx)
	return rows, wrap("read", err)
}
