package systemtest

import (
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/gorilla/websocket"
)

func TestStoppedServerSendsItsSocketsElsewhere(t *testing.T) {
	t.Parallel()
	c := newCluster(t, 2, 1)
	p := c.newPerson(t)
	chat := p.chat()
	moved, other := p.follow(chat, "", 1), p.follow(chat, "", 0)
	sent := p.send(chat, long)
	moved.pieces(sent.ReplyID, 3)
	c.servers[1].signal(syscall.SIGTERM)
	if code := c.servers[1].exit(); code != 0 {
		t.Errorf("the server ended with %d", code)
	}
	for _, tab := range []*follower{moved, other} {
		tab.end(sent.ReplyID)
		c.wantWhole(t, tab, sent.ReplyID)
	}
	moved.read(func(r *record) {
		if !slices.Contains(r.codes, websocket.CloseServiceRestart) {
			t.Errorf("the socket was closed with %v, want 1012", r.codes)
		}
	})
}

func TestStoppedServerAloneResumesItsWorkElsewhere(t *testing.T) {
	t.Parallel()
	c := newCluster(t, 1, 0)
	both := start(t, c.settings, serving, "serve") // It works jobs too.
	c.urls = append(c.urls, both.url)
	p := c.newPerson(t)
	chat := p.chat()
	tab := p.follow(chat, "", 1)
	sent := p.send(chat, "[sandbox:first_after=8000][sandbox:tokens=20] It takes its time")
	c.claimed(t, sent.ReplyID)
	c.worker()
	both.signal(syscall.SIGTERM)
	if code := both.exit(); code != 0 {
		t.Errorf("the server ended with %d", code)
	}
	if end := tab.end(sent.ReplyID); end.Status != "COMPLETED" {
		t.Errorf("the reply is %s", end.Status)
	}
	c.wantWhole(t, tab, sent.ReplyID)
	c.wantOnce(t, sent.MessageID, sent.ReplyID)
}

func TestStoppedWorkerLetsGoOfItsReplies(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, prompt string
		shown        bool
		want         string
		runs         int
		cut          bool // the worker says that it did not wait for the end
	}{
		{"what is soon done is finished", "[sandbox:tokens=40] Short", true, "COMPLETED", 1, false},
		{"what is long is kept as it stands", "[sandbox:tokens=1000] Long", true, "INTERRUPTED", 1, true},
		{"what was not shown runs elsewhere", "[sandbox:first_after=8000][sandbox:tokens=20] Late", false, "COMPLETED", 2, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := newCluster(t, 2, 1)
			p := c.newPerson(t)
			chat := p.chat()
			tab := p.follow(chat, "", 0)
			sent := p.send(chat, tt.prompt)
			c.claimed(t, sent.ReplyID)
			if tt.shown {
				tab.pieces(sent.ReplyID, 1)
			}
			run := "reply " + c.row(t, sent.ReplyID).RunID.String()
			c.workers[0].signal(syscall.SIGTERM)
			c.worker() // Behind the signal: a short reply does not wait for a process to start.
			if code := c.workers[0].exit(); code != 0 {
				t.Errorf("the worker ended with %d", code)
			}
			c.workers[0].wantFarewell(run, tt.cut)
			end := tab.end(sent.ReplyID)
			if row := c.row(t, sent.ReplyID); end.Status != tt.want || row.RunCount != tt.runs {
				t.Errorf("the reply is %s after %d runs, want %s after %d", end.Status, row.RunCount, tt.want, tt.runs)
			}
			c.wantWhole(t, tab, sent.ReplyID)
			c.wantOnce(t, sent.MessageID, sent.ReplyID)
		})
	}
}

// wantFarewell checks that a stopped process reported a run that it waited for, and whether it cut it off.
func (p *process) wantFarewell(run string, cut bool) {
	p.t.Helper()
	received := map[string]bool{}
	for line := range strings.Lines(p.output()) {
		for _, words := range []string{"stopping: ", "cut off", "left behind"} {
			if strings.Contains(line, words) && strings.Contains(line, run) {
				received[words] = true
			}
		}
	}
	if !received["stopping: "] || received["cut off"] != cut || received["left behind"] {
		p.t.Errorf("of %s the process told %v, want cut off %v", run, received, cut)
	}
}
