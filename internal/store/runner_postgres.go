package store

import (
	"context"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
)

// runnerConns serve the queue's own statements; one of them listens.
const runnerConns = 6

// postgresRunner uses a small pgx pool of its own, since River cannot LISTEN over lib/pq.
func (s *Store) postgresRunner(cfg RunnerConfig) (*runner, error) {
	pool, err := s.QueuePool(context.Background(), runnerConns) //nolint:forbidigo // The pool lives as long as its runner.
	if err != nil {
		return nil, err
	}
	config := s.riverConfig(cfg)
	client, err := river.NewClient(riverpgxv5.New(pool), config)
	if err != nil {
		pool.Close()
		return nil, err
	}
	const reclaim = `UPDATE river_job SET state = 'available', scheduled_at = now()
		WHERE state = 'running' AND attempted_by[array_upper(attempted_by, 1)] = $1`
	return &runner{worker: client, close: pool.Close, log: config.Logger, reclaim: func(ctx context.Context) (int64, error) {
		tag, err := pool.Exec(ctx, reclaim, cfg.NodeID)
		return tag.RowsAffected(), err
	}}, nil
}

// QueuePool returns a pool of pgx to the Postgres that holds the queue, which the caller closes. It opens no connection yet.
func (s *Store) QueuePool(ctx context.Context, conns int32) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig(s.url)
	if err != nil {
		return nil, errBadURL // The cause would contain the URL.
	}
	config.MaxConns = conns
	params := config.ConnConfig.RuntimeParams
	if params["application_name"] == "" {
		params["application_name"] = "weav-queue"
	}
	params["timezone"] = "UTC"
	return pgxpool.NewWithConfig(ctx, config)
}
