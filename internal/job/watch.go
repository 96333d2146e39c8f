package job

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/weav-ai/weav/ent"
	entjob "github.com/weav-ai/weav/ent/job"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/feed"
	"github.com/weav-ai/weav/internal/live"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
)

// Event is what a subscriber of a job is told: exactly one of the fields behind At is set.
type Event struct {
	Cursor feed.Cursor
	At     time.Time
	// Snapshot says to begin with the job as of now.
	Snapshot bool
	// Resync says why what was told before does not join what follows; a snapshot follows.
	Resync feed.ResyncReason
	// Feed is a durable event of the job.
	Feed *feed.Event
	// Progress is how far the job is.
	Progress *live.Progress
	// Delta is a piece of a text job's text.
	Delta *Delta
}

// Delta is a piece of a job's text; applying it twice changes nothing.
type Delta struct {
	Run oid.Run
	// Offset is where Text belongs, in UTF-16 code units.
	Offset int
	Text   string
}

// retryRead is how long a subscriber waits before it reads again after a fault.
const retryRead = 500 * time.Millisecond

// Watch follows a job to its end, or until ctx ends: a snapshot, or all events of the job behind after, then
// what happens, with its progress and text. The channel closes behind the job's end; of a job that has
// ended, a snapshot and the end are told. The channel is unbuffered: while nobody receives, text gathers
// and only the newest progress is kept.
func (s *Service) Watch(ctx context.Context, user oid.User, id string, after *feed.Cursor) (<-chan Event, error) {
	j, err := s.own(ctx, s.store.Client(), user, id)
	if err != nil {
		return nil, err
	}
	reader, err := s.feed.Open(ctx, user, after)
	var resync *feed.ResyncError
	if err != nil && !errors.As(err, &resync) {
		return nil, err
	}
	w := &watcher{
		s: s, job: j.ID, writes: j.Kind == entjob.KindText, reader: reader, told: reader.Cursor(), out: make(chan Event), news: make(chan struct{}, 1),
	}
	w.owesEnd = after != nil && after.Owed == feed.OwedEnd
	go w.run(ctx, after.IsFresh(), resync)
	return w.out, nil
}

// errOver says that the job's end was told.
var errOver = errors.New("job: over")

// watcher is one subscription; its goroutine alone touches it.
type watcher struct {
	s        *Service
	job      oid.Job
	writes   bool // it is a text job
	reader   *feed.Reader
	told     feed.Cursor // where the subscriber stands: up to here every event of the job was told
	out      chan Event
	untold   []feed.Event     // taken from the feed, not told yet
	current  oid.Run          // the run that works on the job, as far as was told
	text     *live.TextReader // of the run; nil for other kinds
	progress *live.ProgressReader
	found    atomic.Pointer[ent.Job] // the row as it was last looked up
	leave    func()                  // ends the look-ups; nil until it is heard
	news     chan struct{}           // has a value when text or progress may have more
	retry    *time.Timer             // fires when something is to be tried again
	owesEnd  bool                    // of a job that ended before this place, the end is still to be told
	joined   bool                    // it has caught up, and follows the job; until then its row is to be read
	resyncs  int
}

// run is the subscription's life: catch up, then follow.
func (w *watcher) run(ctx context.Context, fresh bool, resync *feed.ResyncError) {
	defer close(w.out)
	defer w.reader.Close()
	w.retry = time.NewTimer(time.Hour)
	w.retry.Stop()
	defer w.retry.Stop()
	w.progress = live.NewProgressReader(w.s.bus, w.job.String(), w.notify)
	defer w.quiet()
	err := w.begin(ctx, fresh, resync)
	for !errors.Is(err, errOver) && ctx.Err() == nil {
		if err != nil {
			w.again(ctx, err)
		}
		err = w.step(ctx)
	}
}

// again has what failed tried once more a little later. A bus out of reach is in the log already.
func (w *watcher) again(ctx context.Context, err error) {
	level := slog.LevelWarn
	if errs.CodeOf(err) == errs.Unavailable {
		level = slog.LevelDebug
	}
	w.s.log.Log(ctx, level, "a job subscription reads again", "error", err)
	w.retry.Reset(retryRead)
}

func (w *watcher) step(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-w.reader.Wake():
	case <-w.news:
	case <-w.retry.C:
	}
	if w.joined {
		if err := w.follow(ctx); err != nil {
			return err
		}
	}
	if !w.joined { // Not yet, or not since a resync.
		return w.join(ctx)
	}
	return w.tellLive(ctx)
}

// begin tells what the subscriber is to begin with.
func (w *watcher) begin(ctx context.Context, fresh bool, resync *feed.ResyncError) error {
	switch {
	case resync != nil:
		if err := w.resync(ctx, resync.Reason); err != nil {
			return err
		}
	case fresh:
		if err := w.snapshot(ctx); err != nil {
			return err
		}
	}
	return w.join(ctx)
}

// snapshot tells the job as of now. If that has ended, its end is owed.
func (w *watcher) snapshot(ctx context.Context) error {
	w.owesEnd = true
	return w.send(ctx, Event{At: store.Now(), Snapshot: true})
}

// join catches up and listens to the live side of the job, or ends the subscription to one that has ended. The job is
// read before the feed's head, so an end that the row has is in the feed up to that head, and no text or
// progress is told before what the feed has up to there.
func (w *watcher) join(ctx context.Context) error {
	j, err := w.s.store.Client().Job.Get(ctx, w.job)
	if err != nil && !ent.IsNotFound(err) {
		return err
	}
	begun := w.resyncs
	if err := w.catchUp(ctx); err != nil {
		return err
	}
	switch {
	case w.resyncs != begun:
		return w.join(ctx)
	case j != nil && unfinished(j.Status):
		if !w.owesEnd { // It came back without a snapshot: how far the job is was perhaps not told.
			w.found.Store(j)
		}
		w.joined, w.owesEnd, w.current = true, false, j.RunID
		return w.tellLive(ctx)
	case w.owesEnd:
		return w.tellOver(ctx, j)
	default:
		return errOver // Its end stands before the cursor: it was told already.
	}
}

// catchUp tells the events up to the feed's head of now.
func (w *watcher) catchUp(ctx context.Context) error {
	head, err := w.s.feed.Head(ctx, w.reader.Cursor().User)
	if err != nil {
		return err
	}
	w.reader.Expect(head)
	for w.reader.Cursor().Epoch == head.Epoch && w.reader.Cursor().Seq < head.Seq || len(w.untold) > 0 {
		if err := w.follow(ctx); err != nil {
			return err
		}
	}
	return nil
}

// tellOver tells the end of a job that had ended before the subscription began; a deleted one just ends.
func (w *watcher) tellOver(ctx context.Context, j *ent.Job) error {
	w.owesEnd = false
	if j == nil {
		return errOver
	}
	e := feed.Event{Type: feed.JobEnded, At: *j.EndedAt, Facts: endFacts(j, j.Status, j.Text)}
	if err := w.send(ctx, Event{At: e.At, Feed: &e}); err != nil {
		return err
	}
	return errOver
}

// follow tells the next durable events. What a fault keeps it from telling waits for the next call.
func (w *watcher) follow(ctx context.Context) error {
	if len(w.untold) == 0 {
		events, err := w.reader.Take(ctx)
		var resync *feed.ResyncError
		if errors.As(err, &resync) {
			return w.resync(ctx, resync.Reason)
		}
		if err != nil {
			return err
		}
		w.untold = events
	}
	for ; len(w.untold) > 0; w.untold = w.untold[1:] {
		e := w.untold[0]
		if e.Facts.Job != w.job || !ofJob(e.Type) {
			w.told = e.Cursor()
			continue
		}
		if err := w.tell(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

// ofJob tells whether a job's subscribers hear of events of this type.
func ofJob(t feed.Type) bool {
	switch t {
	case feed.JobSaved, feed.JobEnded, feed.JobDeleted, feed.ArtifactAdded:
		return true
	default:
		return false
	}
}

// tell passes a durable event on, and with it what it means for the live text.
func (w *watcher) tell(ctx context.Context, e feed.Event) error {
	if e.Type == feed.JobEnded {
		if err := w.tellRest(ctx, e.Facts.Run); err != nil {
			return err
		}
		w.owesEnd = false
	}
	w.told = e.Cursor()
	if err := w.send(ctx, Event{At: e.At, Feed: &e}); err != nil {
		return err
	}
	switch e.Type {
	case feed.JobEnded, feed.JobDeleted:
		return errOver
	case feed.JobSaved:
		w.change(e.Facts.Run)
	}
	return nil
}

// resync tells that what was told does not join what follows. Nobody knows whether the job's end was missed, so its
// row is read again.
func (w *watcher) resync(ctx context.Context, reason feed.ResyncReason) error {
	w.silence()
	w.resyncs++
	w.joined, w.owesEnd, w.told = false, false, w.reader.Cursor().Owing(feed.OwedSnapshot)
	if err := w.send(ctx, Event{At: store.Now(), Resync: reason}); err != nil {
		return err
	}
	w.told = w.told.Owing("")
	return w.snapshot(ctx)
}

// send hands an event to the subscriber. It alone stamps cursors, with where the subscriber then stands, so they
// never go back.
func (w *watcher) send(ctx context.Context, e Event) error {
	e.Cursor = w.told
	if w.owesEnd {
		e.Cursor = w.told.Owing(feed.OwedEnd)
	}
	select {
	case w.out <- e:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// notify makes step look at text and progress.
func (w *watcher) notify() {
	select {
	case w.news <- struct{}{}:
	default:
	}
}

// finalText is a job's text as the table has it; empty when it was deleted.
func (w *watcher) finalText(ctx context.Context) (string, error) {
	j, err := w.s.store.Client().Job.Query().Where(entjob.ID(w.job)).
		Select(entjob.FieldID, entjob.FieldText).Only(ctx)
	if ent.IsNotFound(err) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return j.Text, nil
}
