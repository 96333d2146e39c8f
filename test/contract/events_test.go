package contract

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/weav-ai/weav/internal/client"
)

const (
	// followFor bounds how long a stream is followed. It takes seconds; the rest is room for a busy machine.
	followFor = 3 * time.Minute
	// redialAfter is how long a client waits that was refused a socket, since its dropped ones still count.
	redialAfter = 50 * time.Millisecond
)

// stream is one of the three subscriptions, with an operation's variables.
type stream struct {
	union, operation string
	variables        object
}

func viewerStream() stream {
	return stream{"ViewerEvent", `subscription ($after: EventCursor) { e: viewerEvents(after: $after) { __typename ... on Event { cursor } } }`, object{}}
}

func chatStream(chat string) stream {
	return stream{"ChatEvent", `subscription ($id: ID!, $after: EventCursor) { e: chatEvents(chatId: $id, after: $after) { __typename ... on Event { cursor }
		... on ReplyDelta { runId offset text } ... on ReplyEnded { runId length } } }`, object{"id": chat}}
}

func jobStream(job string) stream {
	return stream{"JobEvent", `subscription ($id: ID!, $after: EventCursor) { e: jobEvents(jobId: $id, after: $after) { __typename ... on Event { cursor }
		... on JobTextDelta { runId offset text } ... on JobEnded { length } } }`, object{"id": job}}
}

// streamEvent is an event of any kind.
type streamEvent struct {
	Typename string `json:"__typename"`
	Cursor   string
	RunID    string `json:"runId"`
	Text     string
	Offset   int
	Length   int
}

// values are kinds that show a value as of now and have no row in the feed: a newer one takes the place of an older.
var values = []string{"QuotaChanged", "ReplyDelta", "JobTextDelta", "JobProgressed"}

// reading is what one reader received of a stream, and what was wrong with it.
type reading struct {
	kinds  map[string]bool
	stored []string // the events of the feed, by kind and place
	texts  map[string]*client.Text
	ended  map[string]bool // runs
	last   place
	cursor string
	faults []string
}

func newReading(after string) *reading {
	return &reading{kinds: map[string]bool{}, texts: map[string]*client.Text{}, ended: map[string]bool{}, cursor: after}
}

func (r *reading) fault(format string, args ...any) {
	r.faults = append(r.faults, fmt.Sprintf(format, args...))
}

// note takes an event, and checks what holds for every one.
func (r *reading) note(e streamEvent) {
	at, err := placeOf(e.Cursor)
	if err != nil {
		r.fault("%s: %v", e.Typename, err)
	}
	if at.epoch == r.last.epoch && at.seq < r.last.seq && !strings.HasSuffix(e.Typename, "Snapshot") && e.Typename != "Resync" {
		r.fault("%s has the cursor %d behind one of %d", e.Typename, at.seq, r.last.seq)
	}
	r.kinds[e.Typename], r.last, r.cursor = true, at, e.Cursor
	switch e.Typename {
	case "ReplyDelta", "JobTextDelta":
		r.noteText(e)
	case "ReplyEnded":
		r.noteEnd(e.RunID, e.Length)
	case "JobEnded":
		for run := range r.texts {
			r.noteEnd(run, e.Length)
		}
	}
	if !slices.Contains(values, e.Typename) {
		r.stored = append(r.stored, fmt.Sprint(e.Typename, " ", at.seq))
	}
}

func (r *reading) noteText(e streamEvent) {
	text := r.texts[e.RunID]
	if text == nil {
		text = &client.Text{}
		r.texts[e.RunID] = text
	}
	if text.Apply(e.Offset, e.Text) || r.ended[e.RunID] {
		r.fault("a piece of %s at %d behind %d, ended: %t", e.RunID, e.Offset, text.Len(), r.ended[e.RunID])
	}
}

func (r *reading) noteEnd(run string, length int) {
	if run == "" { // A reply that a job makes has no run of its own.
		return
	}
	r.ended[run] = true
	if text := r.texts[run]; text == nil || text.Len() != length {
		r.fault("%s ended with %d units, of which not all were received", run, length)
	}
}

// read follows a stream over a socket until done returns true or the stream completes; with drops only up to its first event.
func (r *reading) read(ctx context.Context, socket *client.Socket, s stream, drops bool, done func(streamEvent) bool) (over bool, err error) {
	variables := object{}
	for name, v := range s.variables {
		variables[name] = v
	}
	if r.cursor != "" {
		variables["after"] = r.cursor
	}
	events, err := socket.Subscribe(s.operation, variables)
	if err != nil {
		return false, err
	}
	for {
		select {
		case payload, ok := <-events:
			if !ok {
				return true, socket.Err()
			}
			var out struct{ E streamEvent }
			if err := client.Decode(payload, &out); err != nil {
				return false, err
			}
			r.note(out.E)
			if over := done(out.E); over || drops {
				return over, nil
			}
		case <-ctx.Done():
			return false, fmt.Errorf("no end after %q: %w", r.stored, ctx.Err())
		}
	}
}

// readDropping follows a stream like [reading.read], each event over another socket, with the last cursor received.
func (p *person) readDropping(ctx context.Context, s stream, after string, done func(streamEvent) bool) (*reading, error) {
	r := newReading(after)
	for {
		socket, err := p.redial(ctx)
		if err != nil {
			return r, fmt.Errorf("no socket after %q: %w", r.stored, err)
		}
		over, err := r.read(ctx, socket, s, true, done)
		if err := errors.Join(err, socket.Drop()); over || err != nil {
			return r, err
		}
	}
}

// redial opens a socket. The server may not have noticed yet that earlier ones were dropped.
func (p *person) redial(ctx context.Context) (*client.Socket, error) {
	for {
		socket, err := p.Dial(ctx)
		if client.CloseCode(err) != 4429 { // Too many sockets of one person.
			return socket, err
		}
		select {
		case <-time.After(redialAfter):
		case <-ctx.Done():
			return nil, errors.Join(err, ctx.Err())
		}
	}
}

// unseen are kinds that a stream delivers only at a moment that no client can choose: jobEvents ends with JobEnded, so JobDeleted
// comes only to a reader that subscribes while the job goes. The tests of internal/job do it.
var unseen = map[string]bool{"JobEvent JobDeleted": true}

// TestResumedStreamsDeliverEverythingOnce changes everything at once, at random, while all three subscriptions are followed twice: by
// a reader that stays, and by one that drops after every event and resumes with its cursor. Both receive the same, once and in order;
// cursors never go back; every kind of the schema is seen.
func TestResumedStreamsDeliverEverythingOnce(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		ctx, cancel := context.WithTimeout(t.Context(), followFor)
		defer cancel()
		p := w.person(t, "ada")
		f := p.newFollowed(t)
		readers := &readers{person: p, steady: p.socket(t), after: f.cursor, kinds: map[string]bool{}}
		readers.last.Store(1 << 40) // Not known yet.
		readers.follow(ctx, t, jobStream(f.text), "")
		readers.follow(ctx, t, jobStream(f.video), "")
		readers.follow(ctx, t, chatStream(f.chat), "ChatSaved")
		readers.follow(ctx, t, viewerStream(), "PromptSaved")
		var writers sync.WaitGroup
		seed := uint64(time.Now().UnixNano())
		t.Logf("seed %d", seed)
		for i := range 2 {
			writers.Go(func() { p.changeAtRandom(t, rand.New(rand.NewPCG(seed, uint64(i))), f) })
		}
		p.changeEverything(t, w, f)
		writers.Wait()
		head, err := placeOf(p.get(t, `{ viewer { eventCursor } }`, nil).text("viewer.eventCursor"))
		must(t, err)
		readers.last.Store(head.seq)
		p.change(t, "renameChat", object{"chatId": f.chat, "title": "the end"}, "chat { id }")
		p.change(t, "createPrompt", object{"title": "the end", "content": "c", "idempotencyKey": key()}, "prompt { id }")
		readers.Wait()
		p.beginAgain(ctx, t, f, readers.kinds)
		readers.deleteChat(ctx, t, f.chat)
		wantEveryKind(t, readers.kinds)
	}, map[string]string{"SANDBOX_PACE": "0.3"})
}

// readers are those of one person's streams.
type readers struct {
	sync.WaitGroup
	person *person
	steady *client.Socket // of all that stay: a person has ten sockets
	after  string
	last   atomic.Int64 // the place behind which a stream's last event stands

	mu    sync.Mutex
	kinds map[string]bool // of all streams, with their union
}

// follow has a stream followed by one reader that stays and one that drops: to its completion, or to the first event of the
// kind last behind the place last.
func (r *readers) follow(ctx context.Context, t *testing.T, s stream, last string) {
	done := func(e streamEvent) bool {
		at, err := placeOf(e.Cursor)
		return err == nil && e.Typename == last && at.seq > r.last.Load()
	}
	r.Go(func() {
		stayed, stays := newReading(r.after), make(chan error, 1)
		go func() {
			_, err := stayed.read(ctx, r.steady, s, false, done)
			stays <- err
		}()
		dropped, err := r.person.readDropping(ctx, s, r.after, done)
		if err := errors.Join(err, <-stays); err != nil {
			t.Errorf("%s: %v", s.union, err)
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		wantSame(t, s, stayed, dropped)
		for _, one := range []*reading{stayed, dropped} {
			for kind := range one.kinds {
				r.kinds[s.union+" "+kind] = true
			}
		}
	})
}

// deleteChat deletes a chat under its reader. One that comes back to it later gets NOT_FOUND.
func (r *readers) deleteChat(ctx context.Context, t *testing.T, chat string) {
	t.Helper()
	s, reading := chatStream(chat), newReading("")
	_, err := reading.read(ctx, r.steady, s, false, func(e streamEvent) bool {
		if e.Typename == "ChatSnapshot" {
			r.person.change(t, "deleteChat", object{"chatId": chat}, "chat { id }")
		}
		return e.Typename == "ChatDeleted"
	})
	if err != nil {
		t.Errorf("%s: %v", s.union, err)
	}
	for kind := range reading.kinds {
		r.kinds[s.union+" "+kind] = true
	}
}

// wantSame compares what the reader that stayed and the one that dropped received.
func wantSame(t *testing.T, s stream, stayed, dropped *reading) {
	t.Helper()
	for _, fault := range append(stayed.faults, dropped.faults...) {
		t.Errorf("%s: %s", s.union, fault)
	}
	if !slices.Equal(stayed.stored, dropped.stored) {
		t.Errorf("%s: the reader that stayed received\n%q\nthe one that dropped\n%q", s.union, stayed.stored, dropped.stored)
	}
	if stayed.kinds["QuotaChanged"] != dropped.kinds["QuotaChanged"] {
		t.Errorf("%s: only one reader received QuotaChanged", s.union)
	}
	for run, text := range stayed.texts {
		if other := dropped.texts[run]; other == nil || other.String() != text.String() {
			t.Errorf("%s: the texts of %s differ", s.union, run)
		}
	}
}

func wantEveryKind(t *testing.T, kinds map[string]bool) {
	t.Helper()
	for _, union := range []string{"ViewerEvent", "ChatEvent", "JobEvent"} {
		for _, kind := range schema(t).Types[union].Types {
			if name := union + " " + kind; !kinds[name] && !unseen[name] {
				t.Errorf("%s was never seen", name)
			}
		}
	}
}

// beginAgain begins each stream without a cursor and with one that the feed cannot go on from, and drops after every event: the rest of
// what belongs to a place comes with the next session.
func (p *person) beginAgain(ctx context.Context, t *testing.T, f followed, kinds map[string]bool) {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(f.cursor)
	must(t, err)
	parts := strings.Split(string(raw), ".")
	parts[3] = strconv.FormatInt(1<<40, 36)
	ahead := base64.RawURLEncoding.EncodeToString([]byte(strings.Join(parts, ".")))
	cases := []struct {
		stream stream
		kinds  []string // behind a resync, if there is one
	}{
		{viewerStream(), []string{"ViewerSnapshot", "QuotaChanged"}},
		{jobStream(f.text), []string{"JobSnapshot", "JobEnded"}},
		{chatStream(f.chat), []string{"ChatSnapshot"}},
	}
	for _, c := range cases {
		for _, after := range []string{"", ahead} {
			want := c.kinds
			if after != "" {
				want = append([]string{"Resync"}, want...)
			}
			var got []string
			_, err := p.readDropping(ctx, c.stream, after, func(e streamEvent) bool {
				got = append(got, e.Typename)
				kinds[c.stream.union+" "+e.Typename] = true
				return len(got) == len(want)
			})
			if err != nil || !slices.Equal(got, want) {
				t.Errorf("%s after %q: %q, %v, want %q", c.stream.union, after, got, err, want)
			}
		}
	}
}
