package redislive

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"
)

// reprobeEvery is the pause between two probes during an outage. A quarter of a second keeps the recovery
// under a second and costs Redis four writes a second per process.
const reprobeEvery = 250 * time.Millisecond

// errOutOfReach is the cause of commands that are not sent during an outage.
var errOutOfReach = errors.New("the server is out of reach")

// reach tracks whether Redis answers commands and whether a session is connected. The first failure starts
// probes, which run until Redis answers and a session is connected again. The log has one warning at the
// begin of an outage and one at its end. A failure that the first probe resolves is no outage and is not
// logged.
type reach struct {
	log   *slog.Logger
	probe func(ctx context.Context) error
	stop  chan struct{}
	work  sync.WaitGroup

	mu          sync.Mutex
	closed      bool
	isConnected bool // a session is connected
	silent      bool // the session has not answered its last ping yet
	probing     bool // probes run: an outage, or the suspicion of one
	failFast    bool // commands fail without being sent
}

// newReach returns the state of a process without a session.
func newReach(log *slog.Logger, probe func(ctx context.Context) error) *reach {
	return &reach{log: log, probe: probe, stop: make(chan struct{})}
}

// down reports whether commands fail without being sent.
func (r *reach) down() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.failFast
}

// outage reports whether probes run. Subscribe does not wait for a confirmation then.
func (r *reach) outage() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.probing
}

// reachable reports whether messages are received at this time. It is stricter than down: commands may work
// while no session is connected.
func (r *reach) reachable() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.isConnected && !r.silent && !r.probing
}

// failed records a command that Redis did not execute.
func (r *reach) failed(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failFast = true
	r.startProbes(err)
}

// connected records that a session is connected.
func (r *reach) connected() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.isConnected, r.silent = true, false
}

// disconnected records that a session has ended or could not be made.
func (r *reach) disconnected(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.isConnected, r.silent = false, false
	r.startProbes(err)
}

// answered records whether the session has answered its last ping.
func (r *reach) answered(yes bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.silent = !yes
}

// startProbes starts the probes unless they run. The caller holds r.mu. The goroutine is started at most once
// per outage.
func (r *reach) startProbes(cause error) {
	if r.probing || r.closed {
		return
	}
	r.probing = true
	r.work.Go(func() { r.watch(cause) })
}

// watch probes Redis until the outage is over. Its context is its own: it ends with the bus, not with the
// call that found the failure.
func (r *reach) watch(cause error) {
	ctx, cancel := context.WithCancel(context.Background()) //nolint:forbidigo // It ends with the bus, not with a call.
	defer cancel()
	go func() {
		select {
		case <-r.stop:
			cancel()
		case <-ctx.Done():
		}
	}()
	// The first failed probe is logged, but not a single failed command: the client may only have lost one
	// connection.
	began, logged := time.Now(), false
	for n := 0; ; n++ {
		err := r.probe(ctx)
		if ctx.Err() != nil {
			return
		}
		if r.noteProbe(err == nil) {
			if logged {
				r.log.WarnContext(ctx, "Redis is in reach again", "after", time.Since(began).Round(time.Millisecond))
			}
			return
		}
		if !logged && (err != nil || n > 0) {
			logged = true
			r.log.WarnContext(ctx, "Redis is out of reach: events and text come from the database until it is back", "error", errors.Join(err, cause))
		}
		wait(ctx, reprobeEvery)
	}
}

// noteProbe records the result of a probe and reports whether the outage is over: Redis answers and a session
// is connected. Commands are allowed as soon as Redis answers, without waiting for the session.
func (r *reach) noteProbe(answers bool) (over bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failFast = !answers
	over = answers && r.isConnected
	r.probing = !over
	return over
}

// close ends the probes and waits for their goroutine.
func (r *reach) close() {
	r.mu.Lock()
	if !r.closed {
		r.closed = true
		close(r.stop)
	}
	r.mu.Unlock()
	r.work.Wait()
}
