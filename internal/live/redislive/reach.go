package redislive

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"
)

// reprobeEvery is the pause between two probes during an outage.
const reprobeEvery = 250 * time.Millisecond

// errOutOfReach is why a command is not sent during an outage.
var errOutOfReach = errors.New("the server is out of reach")

// reach is what a process knows of whether Redis answers commands and is heard. The first sign of an outage
// starts probes, which run until Redis both answers and is heard again. The log has one warning as
// an outage begins and one as it ends; what a single probe puts right is no outage and is not logged.
type reach struct {
	log   *slog.Logger
	probe func(ctx context.Context) error
	stop  chan struct{}
	work  sync.WaitGroup

	mu      sync.Mutex
	closed  bool
	hears   bool // a session is connected
	silent  bool // the session has not answered its last probe yet
	probing bool // an outage, or a sign of one
	mute    bool // commands are not sent
}

func newReach(log *slog.Logger, probe func(ctx context.Context) error) *reach {
	return &reach{log: log, probe: probe, stop: make(chan struct{})}
}

// down reports whether commands would fail.
func (r *reach) down() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.mute
}

// outage reports whether Redis is being probed: nothing is waited for then.
func (r *reach) outage() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.probing
}

func (r *reach) reachable() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.hears && !r.silent && !r.probing
}

// failed notes a command that Redis did not carry out.
func (r *reach) failed(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.mute = true
	r.begin(err)
}

// heard notes that a session is connected.
func (r *reach) heard() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.hears, r.silent = true, false
}

// unheard notes that a session has ended, or could not be made.
func (r *reach) unheard(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.hears, r.silent = false, false
	r.begin(err)
}

// answered notes whether the session has answered its last probe.
func (r *reach) answered(yes bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.silent = !yes
}

// begin starts the probes, unless they run. The caller holds r.mu.
func (r *reach) begin(cause error) {
	if r.probing || r.closed {
		return
	}
	r.probing = true
	r.work.Go(func() { r.watch(cause) })
}

// watch probes Redis until it is back.
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
	began, logged := time.Now(), false
	for n := 0; ; n++ {
		err := r.probe(ctx)
		if ctx.Err() != nil {
			return
		}
		if r.settle(err == nil) {
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

// settle notes what a probe found, and reports whether the outage is over.
func (r *reach) settle(answers bool) (over bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.mute = !answers
	over = answers && r.hears
	r.probing = !over
	return over
}

// close ends the probes.
func (r *reach) close() {
	r.mu.Lock()
	if !r.closed {
		r.closed = true
		close(r.stop)
	}
	r.mu.Unlock()
	r.work.Wait()
}
