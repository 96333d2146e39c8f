package store

import (
	"context"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riversqlite"
)

// sqliteRunner uses the store's own pool. The queue's writes wait for the file's lock beside the gate's one
// writer. New jobs are found by reading a table every 50 ms. The polls of the queues write, so they are as
// rare as on Postgres.
func (s *Store) sqliteRunner(cfg RunnerConfig) (*runner, error) {
	config := s.riverConfig(cfg)
	client, err := river.NewClient(riversqlite.New(s.db), config)
	if err != nil {
		return nil, err
	}
	const reclaim = `UPDATE river_job SET state = 'available', scheduled_at = datetime('now', 'subsec')
		WHERE state = 'running' AND json_extract(attempted_by, '$[#-1]') = $1`
	return &runner{worker: client, close: func() {}, log: config.Logger, reclaim: func(ctx context.Context) (int64, error) {
		done, err := s.db.ExecContext(ctx, reclaim, cfg.NodeID)
		if err != nil {
			return 0, err
		}
		return done.RowsAffected()
	}}, nil
}
