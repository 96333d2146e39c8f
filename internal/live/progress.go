package live

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"time"
)

// ProgressGap is the shortest time between two published progress updates of a run: at most four a second,
// which is as many as a progress bar can show.
const ProgressGap = 250 * time.Millisecond

// ProgressTopic is where the progress of a job is published.
func ProgressTopic(job string) string { return "job:" + job }

// Progress is the progress of a job as published on its topic, encoded as JSON.
type Progress struct {
	Run string `json:"run"`
	// Value is from 0 to 1; nil when the provider reports none.
	Value *float64 `json:"value,omitempty"`
	// Phase describes the current step in a few words for users.
	Phase string    `json:"phase,omitempty"`
	At    time.Time `json:"at"`
}

// ProgressWriter publishes the progress of a run, at most every ProgressGap. Of updates that come faster, the
// newest is published. It belongs to one goroutine, whose loop selects on Due beside its other signals.
type ProgressWriter struct {
	bus   Bus
	topic string
	log   *slog.Logger
	now   Progress
	dirty bool      // now is not published yet
	last  time.Time // when it was published last
	due   *time.Timer
}

// NewProgressWriter returns the writer of a run's progress on a job. The timer is created stopped: until the
// first Set nothing is due.
func NewProgressWriter(bus Bus, job, run string, log *slog.Logger) *ProgressWriter {
	due := time.NewTimer(time.Hour)
	due.Stop()
	return &ProgressWriter{bus: bus, topic: ProgressTopic(job), log: log, now: Progress{Run: run}, due: due}
}

// Set replaces the newest progress. The next Publish sends it, which is due at once, or when ProgressGap has
// passed since the last one.
func (w *ProgressWriter) Set(value *float64, phase string) {
	w.now.Value, w.now.Phase = value, phase
	if !w.dirty {
		w.dirty = true
		w.due.Reset(max(0, ProgressGap-time.Since(w.last)))
	}
}

// Due receives a value when Publish is to be called.
func (w *ProgressWriter) Due() <-chan time.Time { return w.due.C }

// Publish sends the newest progress if it was not sent yet. A failure is logged at debug level only: the next
// update contains more than the lost one.
func (w *ProgressWriter) Publish(ctx context.Context) {
	if !w.dirty {
		return
	}
	w.dirty, w.last = false, time.Now()
	w.now.At = w.last.UTC().Truncate(time.Microsecond)
	payload, err := json.Marshal(w.now)
	if err == nil {
		err = w.bus.Publish(ctx, w.topic, payload)
	}
	if err != nil {
		w.log.DebugContext(ctx, "progress was not published", "error", err)
	}
}

// ProgressReader receives the progress of a job. Of the updates that wait, the newest is returned. All
// methods belong to one goroutine; what the bus delivers is taken in concurrently.
type ProgressReader struct {
	bus    Bus
	job    string
	notify func()
	cancel func() // nil until Listen

	mu     sync.Mutex
	newest *Progress
	last   Progress // the last that Next returned
}

// NewProgressReader returns a reader of a job's progress. notify is called when Next has a new value; it must
// not block.
func NewProgressReader(bus Bus, job string, notify func()) *ProgressReader {
	return &ProgressReader{bus: bus, job: job, notify: notify}
}

// Listen subscribes to the progress, unless it is subscribed already. It fails when ctx ends or the bus is
// closed. A lost message needs no action: the next update replaces it.
func (r *ProgressReader) Listen(ctx context.Context) error {
	if r.cancel != nil {
		return nil
	}
	cancel, err := r.bus.Subscribe(ctx, ProgressTopic(r.job), r.push, func() {})
	if err != nil {
		return err
	}
	r.cancel = cancel
	return nil
}

// Close ends the subscription.
func (r *ProgressReader) Close() {
	if r.cancel != nil {
		r.cancel()
	}
}

// Next returns the newest progress that it has not returned yet.
func (r *ProgressReader) Next() (Progress, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.newest == nil {
		return Progress{}, false
	}
	r.last, r.newest = *r.newest, nil
	return r.last, true
}

// Offer adds the progress that the database has. It is ignored when a newer update waits, when it was
// returned already, or when it is behind the last one of its run. The database is updated less often than the
// bus, so without this rule the progress would move back during an outage.
func (r *ProgressReader) Offer(p Progress) {
	r.mu.Lock()
	news := r.newest == nil && !p.equals(r.last) && !p.isBehind(r.last)
	if news {
		r.newest = &p
	}
	r.mu.Unlock()
	if news {
		r.notify()
	}
}

// equals reports whether two updates show the same. The time does not count.
func (p Progress) equals(q Progress) bool {
	same := p.Value == nil && q.Value == nil || p.Value != nil && q.Value != nil && *p.Value == *q.Value
	return same && p.Run == q.Run && p.Phase == q.Phase
}

// isBehind reports whether p shows less progress of the same run than q.
func (p Progress) isBehind(q Progress) bool {
	return p.Run == q.Run && q.Value != nil && (p.Value == nil || *p.Value < *q.Value)
}

// push takes a published update; it never blocks. A message that cannot be decoded is ignored: another
// version of the program may publish on the same topic.
func (r *ProgressReader) push(payload []byte) {
	var p Progress
	if json.Unmarshal(payload, &p) != nil {
		return
	}
	r.mu.Lock()
	r.newest = &p
	r.mu.Unlock()
	r.notify()
}
