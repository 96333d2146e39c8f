package systemtest

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/weav-ai/weav/internal/app/apptest"
	"github.com/weav-ai/weav/internal/client"
)

// keptWithin is the promise that what was shown is kept 250 ms later, with room for a busy machine.
const keptWithin = 3 * time.Second

// TestKilledServerKeepsTheTextShown kills the embedded server right behind a text's first piece, and in the midst of the text. The
// next one over the same folder has what was shown, for a reply and for a text job.
func TestKilledServerKeepsTheTextShown(t *testing.T) {
	t.Parallel()
	const prompt = "[sandbox:tokens=2000] A text that is cut short"
	texts := map[string]struct {
		follow func(p *person) *shownText
		read   func(p *person, id string) (text, status string, err error)
		status string
	}{
		"reply": {func(p *person) *shownText { return p.followReply(prompt) }, func(p *person, id string) (text, status string, err error) {
			return p.clients[0].MessageText(p.t.Context(), id)
		}, "INTERRUPTED"},
		"text job": {func(p *person) *shownText { return p.followWriting(prompt) }, func(p *person, id string) (text, status string, err error) {
			job, err := p.clients[0].Job(p.t.Context(), id)
			if job.Text != nil {
				text = *job.Text
			}
			return text, job.Status, err
		}, "FAILED"},
	}
	for moment, pieces := range map[string]int{"behind its first piece": 1, "in the midst of it": 150} {
		for name, text := range texts {
			t.Run(name+", "+moment, func(t *testing.T) {
				t.Parallel()
				e := newEmbedded(t)
				shown := text.follow(e.person(t))
				shown.read(t, pieces)
				e.server.kill()
				killed := time.Now()

				e.start(t)
				p := e.person(t)
				kept, status := "", ""
				house{}.eventually(t, "the text ended", func() (ended bool) {
					var err error
					if kept, status, err = text.read(p, shown.id); err != nil {
						t.Fatal(err)
					}
					return status == text.status
				})
				shown.wantKept(t, kept, killed)
			})
		}
	}
}

// embedded is a server of the embedded mode, whose folder stays when it is killed.
type embedded struct {
	settings map[string]string
	server   *process
}

func newEmbedded(t *testing.T) *embedded {
	t.Helper()
	e := &embedded{settings: map[string]string{"DATA_DIR": t.TempDir(), "LISTEN_ADDR": "127.0.0.1:0", "NODE_ID": "embedded", "LOG_FORMAT": "text"}}
	maps.Copy(e.settings, apptest.WideRates())
	e.start(t)
	return e
}

func (e *embedded) start(t *testing.T) {
	t.Helper()
	e.server = start(t, e.settings, serving, "serve")
}

// person signs the same person in, each time.
func (e *embedded) person(t *testing.T) *person {
	t.Helper()
	h := house{urls: []string{e.server.url}}
	return &person{t: t, h: h, clients: h.clients(t, "ada@example.com")}
}

// shownText is a text as its reader receives it.
type shownText struct {
	id     string // of the message or job
	events <-chan json.RawMessage
	delta  func(json.RawMessage) (offset int, text string, err error) // text is empty for other events
	pieces []shownPiece
}

// shownPiece is the text up to the end of a piece, and when that came.
type shownPiece struct {
	text string
	at   time.Time
}

// followReply sends a message and follows its reply.
func (p *person) followReply(prompt string) *shownText {
	p.t.Helper()
	chat := p.chat()
	_, events := p.tail(0, chat, "")
	sent := p.send(chat, prompt)
	return &shownText{id: sent.ReplyID, events: events, delta: func(raw json.RawMessage) (int, string, error) {
		e, err := client.EventOf(raw)
		return e.Offset, e.Text, err
	}}
}

// followWriting orders a text job and follows it.
func (p *person) followWriting(prompt string) *shownText {
	p.t.Helper()
	job := p.order(0, writing(prompt))
	socket, err := p.clients[0].Dial(p.t.Context())
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = socket.Close() }) // Its server is killed.
	events, err := socket.FollowJob(job.ID, "")
	if err != nil {
		p.t.Fatal(err)
	}
	return &shownText{id: job.ID, events: events, delta: func(raw json.RawMessage) (int, string, error) {
		e, err := client.JobEventOf(raw)
		return e.Offset, e.Text, err
	}}
}

// read receives n pieces.
func (s *shownText) read(t *testing.T, n int) {
	t.Helper()
	deadline := time.After(patience)
	var text client.Text
	for len(s.pieces) < n {
		select {
		case raw, ok := <-s.events:
			if !ok {
				t.Fatalf("the subscription ended after %d pieces", len(s.pieces))
			}
			offset, piece, err := s.delta(raw)
			if err != nil {
				t.Fatal(err)
			}
			if piece != "" {
				text.Apply(offset, piece)
				s.pieces = append(s.pieces, shownPiece{text.String(), time.Now()})
			}
		case <-deadline:
			t.Fatalf("%d pieces after %v, want %d", len(s.pieces), patience, n)
		}
	}
}

// wantKept compares what was kept with what was shown.
func (s *shownText) wantKept(t *testing.T, kept string, killed time.Time) {
	t.Helper()
	last := s.pieces[len(s.pieces)-1].text
	if !strings.HasPrefix(kept, s.pieces[0].text) {
		t.Errorf("%q was shown first, %q is kept", s.pieces[0].text, kept)
	}
	if !strings.HasPrefix(last, kept) && !strings.HasPrefix(kept, last) {
		t.Errorf("%q was shown, another text is kept: %q", last, kept)
	}
	for _, piece := range s.pieces {
		if strings.HasPrefix(kept, piece.text) {
			continue
		}
		age := killed.Sub(piece.at)
		t.Logf("%d bytes were shown, %d are kept; the oldest piece that is lost was shown %v before the kill", len(last), len(kept), age)
		if age > keptWithin {
			t.Errorf("a piece is lost that was shown %v before the kill", age)
		}
		return
	}
}
