package store

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// defaultAttempts allows three retries, after 1 s, 2 s and 4 s.
const defaultAttempts = 4

// Job is an entry of the queue. Jobs carry ids, not values, so that a worker always reads the current row.
type Job struct {
	// Kind selects the worker, Queue the queue.
	Kind, Queue string
	// Args are encoded as the job's JSON; the worker's river.JobArgs decodes the same form.
	Args any
	// RunAt is the earliest time to run; zero: now.
	RunAt time.Time
	// Priority is 1 (first) to 4; 0 is 1.
	Priority int
	// MaxAttempts is how often the job runs at most; 0 is 4.
	MaxAttempts int
}

// insertJobs stores the jobs and notifies their queues at commit. River's own insert would need a second
// driver on the same transaction. Its table and notifications are stable enough, and a test on each database
// works a job that was stored this way.
func (tx *Tx) insertJobs(ctx context.Context) error {
	woken := map[string]bool{}
	for _, job := range tx.jobs {
		if err := tx.insertJob(ctx, job); err != nil {
			return fmt.Errorf("%s: %w", job.Kind, err)
		}
		// A notification cannot be scheduled: polling finds the job when it is due.
		if !job.RunAt.IsZero() || woken[job.Queue] {
			continue
		}
		if err := tx.wake(ctx, job.Queue); err != nil {
			return fmt.Errorf("wake %s: %w", job.Queue, err)
		}
		woken[job.Queue] = true
	}
	return nil
}

// insertJob stores one job as River would.
func (tx *Tx) insertJob(ctx context.Context, job Job) error {
	args, err := json.Marshal(job.Args)
	if err != nil {
		return err
	}
	// A job for later is "available" too, with a time in the future: as "scheduled" it would wait
	// for River's scheduler, which runs every 5 s.
	query := `INSERT INTO river_job (args, kind, max_attempts, queue, priority, state, scheduled_at)
		VALUES ($1::jsonb, $2, $3, $4, $5, 'available', coalesce($6::timestamptz, now()))`
	if tx.dialect == SQLite {
		query = `INSERT INTO river_job (args, kind, max_attempts, queue, priority, state, scheduled_at)
			VALUES (jsonb($1), $2, $3, $4, $5, 'available', coalesce($6, datetime('now', 'subsec')))`
	}
	_, err = tx.sql.ExecContext(ctx, query, string(args), job.Kind, cmp.Or(job.MaxAttempts, defaultAttempts),
		job.Queue, cmp.Or(job.Priority, 1), tx.runAt(job.RunAt))
	return err
}

// runAt is the time in the format that River stores; nil is the database's now.
func (tx *Tx) runAt(t time.Time) any {
	switch {
	case t.IsZero():
		return nil
	case tx.dialect == SQLite:
		return t.UTC().Format("2006-01-02 15:04:05.000")
	default:
		return t.UTC()
	}
}

// wake notifies the queue's workers when the transaction commits. Without it they would find the job with
// their next poll.
func (tx *Tx) wake(ctx context.Context, queue string) error {
	payload, err := json.Marshal(map[string]string{"queue": queue})
	if err != nil {
		return err
	}
	query := `SELECT pg_notify(concat(current_schema(), '.river_insert'), $1)`
	if tx.dialect == SQLite {
		query = `INSERT INTO river_notification (payload, topic) VALUES ($1, 'river_insert')`
	}
	_, err = tx.sql.ExecContext(ctx, query, string(payload))
	return err
}
