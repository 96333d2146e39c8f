package store

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

const (
	// jobTimeout bounds a run of a worker without a Timeout of its own.
	jobTimeout = time.Minute
	// rescueAfter is when a job of a dead process runs again. It is just after jobTimeout, so that no live
	// run is taken for dead. Workers with a longer Timeout are rescued after that.
	rescueAfter = 65 * time.Second
	// fetchCooldown is the shortest time between two fetches of a queue.
	fetchCooldown = 10 * time.Millisecond
	// pollInterval finds jobs that no notification announces: retries and jobs for later.
	pollInterval = 250 * time.Millisecond
)

// RunnerConfig configures a runner.
type RunnerConfig struct {
	Workers *river.Workers
	// Queues maps each queue to how many of its jobs run at once in this process.
	Queues map[string]int
	// NodeID identifies this process and is the same after a restart: at the start, jobs that the last
	// process of this name left running are requeued at once. No two live processes may share it.
	NodeID   string
	Periodic []*river.PeriodicJob
	// Logger receives the queue's own messages; nil: the store's logger.
	Logger *slog.Logger
	// PollInterval is how often the queues are polled without a notification; 0: 250 ms. It bounds how late
	// retries and jobs for later start.
	PollInterval time.Duration
	// TestOnly removes the random delays of the queue's maintenance at its start.
	TestOnly bool
}

// Runner works jobs until it is stopped. It can be started once.
type Runner interface {
	// Start requeues what the last process of the same name left running, and begins. The end of ctx does not
	// stop the runner: a shutdown must be able to let jobs finish.
	Start(ctx context.Context) error
	// Stop fetches no more jobs and waits for the running ones, until ctx ends.
	Stop(ctx context.Context) error
	// StopAndCancel cancels the contexts of the running jobs, and waits for them.
	StopAndCancel(ctx context.Context) error
}

// NewRunner returns a runner over the store's queue.
func (s *Store) NewRunner(cfg RunnerConfig) (Runner, error) {
	r, err := s.newRunner(cfg)
	if err != nil {
		return nil, fmt.Errorf("store: runner: %w", err)
	}
	return r, nil
}

func (s *Store) newRunner(cfg RunnerConfig) (*runner, error) {
	if s.dialect == SQLite {
		return s.sqliteRunner(cfg)
	}
	return s.postgresRunner(cfg)
}

// worker is the common part of the river.Client of both drivers.
type worker interface {
	Start(ctx context.Context) error
	Stop(ctx context.Context) error
	StopAndCancel(ctx context.Context) error
}

// runner is a river.Client with what is opened and closed with it.
type runner struct {
	worker
	reclaim func(ctx context.Context) (int64, error)
	close   func()
	log     *slog.Logger
}

// Start implements [Runner].
func (r *runner) Start(ctx context.Context) error {
	n, err := r.reclaim(ctx)
	if err != nil {
		return fmt.Errorf("store: reclaim jobs: %w", err)
	}
	if n > 0 {
		r.log.InfoContext(ctx, "jobs of the last process of this name run again", "jobs", n)
	}
	// WithoutCancel: Stop ends the runner, so that running jobs can finish.
	if err := r.worker.Start(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("store: start runner: %w", err)
	}
	return nil
}

// Stop implements [Runner].
func (r *runner) Stop(ctx context.Context) error {
	return r.stopped(r.worker.Stop(ctx))
}

// StopAndCancel implements [Runner].
func (r *runner) StopAndCancel(ctx context.Context) error {
	return r.stopped(r.worker.StopAndCancel(ctx))
}

// stopped closes what the runner opened, unless its jobs still run.
func (r *runner) stopped(err error) error {
	if err != nil {
		return fmt.Errorf("store: stop runner: %w", err)
	}
	r.close()
	return nil
}

// riverConfig is the configuration that both dialects share.
func (s *Store) riverConfig(cfg RunnerConfig) *river.Config {
	queues := make(map[string]river.QueueConfig, len(cfg.Queues))
	for name, n := range cfg.Queues {
		queues[name] = river.QueueConfig{MaxWorkers: n}
	}
	log := cfg.Logger
	if log == nil {
		log = s.opts.log
	}
	return &river.Config{
		ID:                   cfg.NodeID,
		Workers:              cfg.Workers,
		Queues:               queues,
		PeriodicJobs:         cfg.Periodic,
		Logger:               log,
		TestOnly:             cfg.TestOnly,
		FetchCooldown:        fetchCooldown,
		FetchPollInterval:    cmp.Or(cfg.PollInterval, pollInterval),
		JobTimeout:           jobTimeout,
		MaxAttempts:          defaultAttempts,
		RescueStuckJobsAfter: rescueAfter,
		RetryPolicy:          doubling{},
	}
}

// doubling waits 1 s before the second attempt, then twice as long before each further one.
type doubling struct{}

// NextRetry implements river.ClientRetryPolicy.
func (doubling) NextRetry(job *rivertype.JobRow) time.Time {
	const longest = 10 // 2^10 s is 17 minutes.
	waits := min(max(len(job.Errors), 1), longest) - 1
	return time.Now().Add(time.Second << waits)
}
