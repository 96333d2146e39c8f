package contract

import (
	"encoding/base64"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/weav-ai/weav/internal/client"
	"github.com/weav-ai/weav/internal/oid"
)

// stream is one of the three subscriptions, with an operation's variables.
type stream struct {
	union, operation string
	variables        object
}

func viewerStream() stream {
	return stream{"ViewerEvent", `subscription ($after: EventCursor) { e: viewerEvents(after: $after) { __typename ... on Event { cursor }
		... on PromptSaved { prompt { title } } } }`, object{}}
}

func chatStream(chat string) stream {
	return stream{"ChatEvent", `subscription ($id: ID!, $after: EventCursor) { e: chatEvents(chatId: $id, after: $after) { __typename ... on Event { cursor }
		... on ReplyDelta { runId offset text } ... on ReplyEnded { runId length } ... on ChatSaved { chat { title } } } }`, object{"id": chat}}
}

func jobStream(job string) stream {
	return stream{"JobEvent", `subscription ($id: ID!, $after: EventCursor) { e: jobEvents(jobId: $id, after: $after) { __typename ... on Event { cursor }
		... on JobTextDelta { runId offset text } ... on JobEnded { length } } }`, object{"id": job}}
}

// happening is an event of any kind.
type happening struct {
	Typename     string `json:"__typename"`
	Cursor       string
	RunID        string `json:"runId"`
	Text         string
	Offset       int
	Length       int
	Prompt, Chat *struct{ Title string }
}

// place is a cursor as the server reads it.
type place struct {
	epoch string
	seq   int64
}

func placeOf(cursor string) (place, error) {
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	parts := strings.Split(string(raw), ".")
	if err != nil || len(parts) < 4 {
		return place{}, fmt.Errorf("the cursor %q, %w", cursor, err)
	}
	seq, err := strconv.ParseInt(parts[3], 36, 64)
	return place{parts[2], seq}, err
}

// values are kinds that show a value as of now and stand in no feed: a newer one takes the place of an older.
var values = []string{"QuotaChanged", "ReplyDelta", "JobTextDelta", "JobProgressed"}

// reading is what somebody was told over a stream, and what was wrong with it.
type reading struct {
	kinds  map[string]bool
	stored []string // the events of the feed, by kind and place
	texts  map[string]*client.Text
	last   place
	cursor string
	faults []string
}

func (r *reading) fault(format string, args ...any) {
	r.faults = append(r.faults, fmt.Sprintf(format, args...))
}

// note takes an event, and checks what holds for every one.
func (r *reading) note(h happening) {
	at, err := placeOf(h.Cursor)
	if err != nil {
		r.fault("%s: %v", h.Typename, err)
	}
	if at.epoch == r.last.epoch && at.seq < r.last.seq && !strings.HasSuffix(h.Typename, "Snapshot") && h.Typename != "Resync" {
		r.fault("%s has the cursor %d behind one of %d", h.Typename, at.seq, r.last.seq)
	}
	r.kinds[h.Typename], r.last, r.cursor = true, at, h.Cursor
	text := r.texts[h.RunID]
	switch {
	case h.Typename == "ReplyDelta" || h.Typename == "JobTextDelta":
		if text == nil {
			text = &client.Text{}
			r.texts[h.RunID] = text
		}
		if text.Apply(h.Offset, h.Text) || r.kinds["ended "+h.RunID] {
			r.fault("a piece of %s at %d behind %d, ended: %t", h.RunID, h.Offset, text.Len(), r.kinds["ended "+h.RunID])
		}
	case h.Typename == "ReplyEnded" && h.RunID != "":
		r.kinds["ended "+h.RunID] = true
		if text == nil || text.Len() != h.Length {
			r.fault("%s ended with %d units, of which not all were told", h.RunID, h.Length)
		}
	}
	if !slices.Contains(values, h.Typename) {
		r.stored = append(r.stored, fmt.Sprint(h.Typename, " ", at.seq))
	}
}

func newReading(after string) *reading {
	return &reading{kinds: map[string]bool{}, texts: map[string]*client.Text{}, cursor: after}
}

// readDropping follows a stream until done says so or it completes, each event over another socket, with the last cursor received.
func (p *person) readDropping(t *testing.T, s stream, after string, done func(happening) bool) (*reading, error) {
	r := newReading(after)
	for {
		socket, err := p.Dial(t.Context())
		switch {
		case t.Context().Err() != nil:
			return r, err
		case err != nil: // The dropped ones may still count among those that one person may have.
			continue
		}
		over, err := r.session(socket, s, true, done)
		_ = socket.Drop()
		if over || err != nil {
			return r, err
		}
	}
}

func (r *reading) session(socket *client.Socket, s stream, drops bool, done func(happening) bool) (over bool, err error) {
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
			var out struct{ E happening }
			if err := client.Decode(payload, &out); err != nil {
				return false, err
			}
			r.note(out.E)
			if done(out.E) {
				return true, nil
			}
			if drops {
				return false, nil
			}
		case <-time.After(time.Minute):
			return false, errors.New("nothing more was told")
		}
	}
}

// unseen are kinds that a stream tells only in a moment that no client can arrange: jobEvents ends with JobEnded, so JobDeleted
// is told only to who subscribes while the job goes. The job's own tests do it.
var unseen = map[string]bool{"JobEvent JobDeleted": true}

// TestResumedStreamsTellEverythingOnce changes everything at once, at random, while all three subscriptions are followed twice: by one
// who stays, and by one who drops after every event and resumes with its cursor. Both are told the same, once and in order; cursors never
// go back; every kind of the schema is seen.
func TestResumedStreamsTellEverythingOnce(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		p := w.person(t, "ada")
		f := p.watchedThings(t)
		kinds := map[string]bool{}
		var mu sync.Mutex
		var readers, writers sync.WaitGroup
		steady := p.socket(t) // One for all: a person has ten.
		follow := func(s stream, done func(happening) bool) {
			stayed, stays := newReading(f.cursor), make(chan error, 1)
			go func() {
				_, err := stayed.session(steady, s, false, done)
				stays <- err
			}()
			dropped, err := p.readDropping(t, s, f.cursor, done)
			if err = errors.Join(err, <-stays); err != nil {
				t.Errorf("%s: %v", s.union, err)
			}
			mu.Lock()
			defer mu.Unlock()
			sameTold(t, s, stayed, dropped, kinds)
		}
		never := func(happening) bool { return false }
		readers.Go(func() { follow(jobStream(f.text), never) })
		readers.Go(func() { follow(jobStream(f.picture), never) })
		readers.Go(func() {
			follow(chatStream(f.chat), func(h happening) bool { return h.Typename == "ChatSaved" && h.Chat != nil && h.Chat.Title == "the end" })
		})
		readers.Go(func() {
			follow(viewerStream(), func(h happening) bool {
				return h.Typename == "PromptSaved" && h.Prompt != nil && h.Prompt.Title == "the end"
			})
		})
		seed := uint64(time.Now().UnixNano())
		t.Logf("seed %d", seed)
		for i := range 2 {
			writers.Go(func() { p.changeAtRandom(t, rand.New(rand.NewPCG(seed, uint64(i))), f) })
		}
		p.changeEverything(t, w, f)
		writers.Wait()
		p.change(t, "renameChat", object{"chatId": f.chat, "title": "the end"}, "chat { id }")
		p.change(t, "createPrompt", object{"title": "the end", "content": "c", "idempotencyKey": key()}, "prompt { id }")
		readers.Wait()
		p.beginAgain(t, f, kinds)
		for _, union := range []string{"ViewerEvent", "ChatEvent", "JobEvent"} {
			for _, kind := range schema(t).Types[union].Types {
				if name := union + " " + kind; !kinds[name] && !unseen[name] {
					t.Errorf("%s was never seen", name)
				}
			}
		}
	}, map[string]string{"SANDBOX_PACE": "0.3"})
}

// sameTold compares who stayed with who dropped.
func sameTold(t *testing.T, s stream, stayed, dropped *reading, kinds map[string]bool) {
	t.Helper()
	for _, fault := range append(stayed.faults, dropped.faults...) {
		t.Errorf("%s: %s", s.union, fault)
	}
	if !slices.Equal(stayed.stored, dropped.stored) {
		t.Errorf("%s: who stayed was told\n%q\nwho dropped\n%q", s.union, stayed.stored, dropped.stored)
	}
	for _, kind := range values[:1] {
		if stayed.kinds[kind] != dropped.kinds[kind] {
			t.Errorf("%s: %s was told only to one", s.union, kind)
		}
	}
	for run, text := range stayed.texts {
		if other := dropped.texts[run]; other == nil || other.String() != text.String() {
			t.Errorf("%s: the texts of %s differ", s.union, run)
		}
	}
	for _, r := range []*reading{stayed, dropped} {
		for kind := range r.kinds {
			kinds[s.union+" "+kind] = true
		}
	}
}

// things are what is followed and changed.
type things struct {
	cursor, chat, text, picture, otherSession string
}

func (p *person) watchedThings(t *testing.T) things {
	t.Helper()
	other := *p
	_, err := other.SignIn(t.Context(), address("ada"))
	must(t, err)
	f := things{chat: p.newChat(t, object{"title": "named"})}
	for _, s := range p.get(t, `{ viewer { sessions { id isCurrent } } }`, nil).at("viewer.sessions").([]any) {
		if at(s, "isCurrent") != true {
			f.otherSession = at(s, "id").(string)
		}
	}
	f.cursor = p.get(t, `{ viewer { eventCursor } }`, nil).text("viewer.eventCursor")
	f.text = p.order(t, object{"text": object{"prompt": "[sandbox:tokens=60] A text"}}, nil)
	f.picture = p.order(t, object{"video": object{"prompt": "A film"}}, nil)
	return f
}

// changeAtRandom writes what needs nothing else, in any order.
func (p *person) changeAtRandom(t *testing.T, random *rand.Rand, f things) {
	writes := []func() (name, selection string, input object){
		func() (string, string, object) {
			return "createPrompt", "prompt { id }", object{"title": "t", "content": "c", "idempotencyKey": key()}
		},
		func() (string, string, object) {
			return "createFolder", "folder { id }", object{"name": "n", "idempotencyKey": key()}
		},
		func() (string, string, object) {
			return "pinChat", "chat { id }", object{"chatId": f.chat, "pinned": random.IntN(2) == 0}
		},
		func() (string, string, object) {
			return "updateProfile", "viewer { id }", object{"firstName": fmt.Sprint(random.IntN(1000)), "lastName": "n"}
		},
		func() (string, string, object) {
			return "preparePayment", "payment { id }", object{"plan": "STANDARD", "idempotencyKey": key()}
		},
	}
	for range 25 {
		name, selection, input := writes[random.IntN(len(writes))]()
		if err := p.Do(t.Context(), mutation(name, selection), object{"input": input}, nil); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// changeEverything does what brings each kind of event.
func (p *person) changeEverything(t *testing.T, w *world, f things) {
	t.Helper()
	for range 3 {
		p.exchange(t, f.chat, "[sandbox:tokens=40] hello")
	}
	prompt := p.change(t, "createPrompt", object{"title": "t", "content": "c", "idempotencyKey": key()}, "prompt { id }").text("result.prompt.id")
	p.change(t, "deletePrompt", object{"promptId": prompt}, "promptId")
	p.change(t, "deleteFolder", object{"folderId": p.newFolder(t, "f"), "mode": "KEEP_CHATS"}, "folder { id }")
	p.change(t, "deleteChat", object{"chatId": p.newChat(t, nil)}, "chat { id }")
	p.change(t, "revokeSession", object{"sessionId": f.otherSession}, "sessionId")
	_, artifact := p.picture(t, "kept")
	p.change(t, "favouriteArtifact", object{"artifactId": artifact, "favourite": true}, "artifact { id }")
	p.change(t, "deleteArtifact", object{"artifactId": artifact}, "artifactId")
	file := p.uploadOf(t, "cat.png", pixels(t))
	p.change(t, "completeUpload", object{"fileId": file}, "file { id }")
	p.change(t, "deleteFile", object{"fileId": file}, "fileId")
	plan, _ := p.newPlan(t, "a goal")
	p.change(t, "deletePlan", object{"planId": plan}, "planId")
	old, _ := p.picture(t, "old")
	id, err := oid.Parse[oid.Job](old)
	must(t, err)
	w.rows.Job.UpdateOneID(id).SetEndedAt(time.Now().AddDate(0, 0, -31)).ExecX(t.Context())
	must(t, w.app.Clean(t.Context()))
}

// beginAgain begins each stream without a cursor and with one that the feed cannot go on from, and drops after every event: what
// belongs to a place that was told half comes with the next session.
func (p *person) beginAgain(t *testing.T, f things, kinds map[string]bool) {
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
			_, err := p.readDropping(t, c.stream, after, func(h happening) bool {
				got = append(got, h.Typename)
				kinds[c.stream.union+" "+h.Typename] = true
				return len(got) == len(want)
			})
			if err != nil || !slices.Equal(got, want) {
				t.Errorf("%s after %q: %q, %v, want %q", c.stream.union, after, got, err, want)
			}
		}
	}
}
