package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/weav-ai/weav/internal/run"
	"github.com/weav-ai/weav/internal/worker"
)

const (
	// letGoTime is how long work that is cut off may take to write its end.
	letGoTime = 10 * time.Second
	// spareTime is how long a stopping process tries to write that its runs are not what ends it.
	spareTime = 5 * time.Second
)

// StopTime is the longest that a process takes to stop: a supervisor must not kill it sooner.
func (c Config) StopTime() time.Duration { return c.ShutdownTimeout + letGoTime }

// startWork begins to work the queue, after it has taken back what the last process of this name left behind.
func (a *App) startWork(ctx context.Context) error {
	if a.runner == nil {
		return nil
	}
	if err := errors.Join(a.chats.TakeBack(ctx), a.jobs.TakeBack(ctx)); err != nil {
		return fmt.Errorf("take back the runs of the last process named %s: %w", a.process.Node(), err)
	}
	for _, sweep := range []func(context.Context) error{a.chats.Sweep, a.chats.Reindex, a.jobs.Sweep, a.files.Sweep} {
		go worker.Sweeper(ctx, sweep, a.log)
	}
	if err := a.runner.Start(ctx); err != nil {
		return err
	}
	if !a.part.Serves { // A server says so by its greeting.
		a.log.InfoContext(ctx, "the worker takes jobs", "parts", a.cfg.Parts())
	}
	return nil
}

// stopWork claims no more work, and gives what runs the shutdown time to finish. The log says what is waited for.
func (a *App) stopWork(ctx context.Context) error {
	if a.runner == nil {
		return nil
	}
	a.process.Stop()
	a.log.InfoContext(ctx, "stopping: no more work is begun, what runs may finish",
		"runs", names(a.process.Active()), "count", len(a.process.Active()), "atMost", a.cfg.ShutdownTimeout)
	spared := make(chan struct{})
	go func() {
		defer close(spared)
		a.spare(ctx)
	}()
	err := a.runFor(ctx, a.cfg.ShutdownTimeout, a.runner.Stop)
	<-spared
	if err == nil {
		a.log.InfoContext(ctx, "all work has ended")
		return nil
	}
	left := a.process.Active()
	a.log.WarnContext(ctx, "the time to stop is over: what still runs is cut off", "runs", names(left), "count", len(left))
	err = a.runFor(ctx, letGoTime, a.runner.StopAndCancel)
	if left := a.process.Active(); len(left) > 0 {
		a.log.ErrorContext(ctx, "work is left behind; other processes find it when its lease is over", "runs", names(left), "count", len(left))
	}
	return err
}

func (a *App) runFor(ctx context.Context, d time.Duration, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	return do(ctx)
}

// spare writes that the runs of this process are not what ends it. Where it cannot, a run that is lost in its first second
// counts against its work.
func (a *App) spare(ctx context.Context) {
	err := a.runFor(ctx, spareTime, func(ctx context.Context) error {
		return errors.Join(a.chats.Spare(ctx), a.jobs.Spare(ctx))
	})
	if err != nil {
		a.log.WarnContext(ctx, "it could not be noted that the process is told to stop", "error", err)
	}
}

// names are the runs with what they work on, for the log.
func names(runs []run.Active) []string {
	list := make([]string, len(runs))
	for i, r := range runs {
		list[i] = r.Kind + " " + r.Run.String()
	}
	return list
}
