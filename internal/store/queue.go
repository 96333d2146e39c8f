package store

import (
	"context"
	"fmt"
	"time"

	"github.com/weav-ai/weav/internal/oid"
)

// QueueDepths counts the jobs that wait in each queue, without running ones. A queue without any is absent.
func (s *Store) QueueDepths(ctx context.Context) (map[string]int64, error) {
	const waiting = `SELECT queue, count(*) FROM river_job
		WHERE state IN ('available', 'retryable', 'scheduled', 'pending') GROUP BY queue`
	rows, err := s.db.QueryContext(ctx, waiting)
	if err != nil {
		return nil, fmt.Errorf("store: queue depths: %w", err)
	}
	defer func() { _ = rows.Close() }() // The error is returned by rows.Err.
	depths := map[string]int64{}
	for rows.Next() {
		var queue string
		var n int64
		if err := rows.Scan(&queue, &n); err != nil {
			return nil, fmt.Errorf("store: queue depths: %w", err)
		}
		depths[queue] = n
	}
	return depths, rows.Err()
}

// HasLiveJob reports whether a job of this kind whose args name run (as run_id) waits, or began to run within
// the last fresh. A job that runs for longer is not counted: before its timeout the queue cannot distinguish
// a dead worker's job from a long one, so the caller decides by its lease.
func (s *Store) HasLiveJob(ctx context.Context, kind string, run oid.Run, fresh time.Duration) (bool, error) {
	query := `SELECT EXISTS (SELECT 1 FROM river_job WHERE kind = $1 AND args->>'run_id' = $2
		AND (state IN ('available', 'pending', 'retryable', 'scheduled')
			OR state = 'running' AND ` + s.ms("attempted_at") + ` > ` + s.ClockMs() + ` - $3))`
	var live bool
	if err := s.db.QueryRowContext(ctx, query, kind, run.UUID().String(), fresh.Milliseconds()).Scan(&live); err != nil {
		return false, fmt.Errorf("store: live job: %w", err)
	}
	return live, nil
}
