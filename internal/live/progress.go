package live

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"time"
)

// ProgressGap is the shortest time between two published progresses of a run: at most 4 a second.
const ProgressGap = 250 * time.Millisecond

// ProgressTopic is where the progress of a job is published.
func ProgressTopic(job string) string { return "job:" + job }

// Progress is how far a job is, as published on its topic, JSON encoded.
type Progress struct {
	Run string `json:"run"`
	// Value is from 0 to 1; nil when nobody tells.
	Value *float64 `json:"value,omitempty"`
	// Phase says what is being done, in a few words for people.
	Phase string    `json:"phase,omitempty"`
	At    time.Time `json:"at"`
}

// ProgressWriter publishes the progress of a run, at most every ProgressGap; of what comes faster the newest
// wins. It belongs to one goroutine, whose loop waits for Due beside its other signals.
type ProgressWriter struct {
	bus   Bus
	topic string
	log   *slog.Logger
	now   Progress
	dirty bool      // now was not published
	last  time.Time // of the last publishing
	due   *time.Timer
}

// NewProgressWriter returns the writer of a run's progress on a job.
func NewProgressWriter(bus Bus, job, run string, log *slog.Logger) *ProgressWriter {
	due := time.NewTimer(time.Hour)
	due.Stop()
	return &ProgressWriter{bus: bus, topic: ProgressTopic(job), log: log, now: Progress{Run: run}, due: due}
}

// Set takes the newest progress. It is published with the next Publish, which is due at once or when the gap is over.
func (w *ProgressWriter) Set(value *float64, phase string) {
	w.now.Value, w.now.Phase = value, phase
	if !w.dirty {
		w.dirty = true
		w.due.Reset(max(0, ProgressGap-time.Since(w.last)))
	}
}

// Due has a value when Publish is to be called.
func (w *ProgressWriter) Due() <-chan time.Time { return w.due.C }

// Publish sends the newest progress, if it was not sent yet. A failure costs nothing: the next one tells more.
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

// ProgressReader hears the progress of a job; of what waits, the newest wins. All methods belong to one
// goroutine; what the bus delivers is taken in beside it.
type ProgressReader struct {
	bus    Bus
	job    string
	notify func()
	cancel func() // nil until Listen

	mu     sync.Mutex
	newest *Progress
	last   Progress // the last that was returned
}

// NewProgressReader returns a reader of a job's progress. notify is called when there is some to tell; it must not block.
func NewProgressReader(bus Bus, job string, notify func()) *ProgressReader {
	return &ProgressReader{bus: bus, job: job, notify: notify}
}

// Listen begins to hear the progress, unless it is heard. It fails when ctx ends or the bus is closed.
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

// Close ends the listening.
func (r *ProgressReader) Close() {
	if r.cancel != nil {
		r.cancel()
	}
}

// Next returns the newest progress that was not returned yet.
func (r *ProgressReader) Next() (Progress, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.newest == nil {
		return Progress{}, false
	}
	r.last, r.newest = *r.newest, nil
	return r.last, true
}

// Offer brings the progress that the database has. It counts unless something newer waits, it was returned
// already, or it is behind what was: the database is told less often than the bus.
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

// equals reports whether two progresses show the same.
func (p Progress) equals(q Progress) bool {
	same := p.Value == nil && q.Value == nil || p.Value != nil && q.Value != nil && *p.Value == *q.Value
	return same && p.Run == q.Run && p.Phase == q.Phase
}

// isBehind reports whether p shows less of the same run than q.
func (p Progress) isBehind(q Progress) bool {
	return p.Run == q.Run && q.Value != nil && (p.Value == nil || *p.Value < *q.Value)
}

// push takes what was published; it never blocks. What cannot be read is no progress.
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
