package systemtest

import (
	"fmt"
	"math/rand/v2"
	"syscall"
	"testing"
	"time"

	"github.com/weav-ai/weav/ent/message"
	"github.com/weav-ai/weav/internal/client"
	"github.com/weav-ai/weav/internal/run"
	"github.com/weav-ai/weav/test/servicetest"
)

// orphaned is how soon a reply must end whose worker died.
const orphaned = 25 * time.Second

func TestWorkerKilledInMidReplyKeepsTheTextShown(t *testing.T) {
	t.Parallel()
	c := newCluster(t, 2, 1)
	var struck []*victim
	for range servicetest.Rounds() {
		v := c.victim(t)
		v.tab.pieces(v.sent.ReplyID, 1+rand.IntN(12))
		worker := c.workers[0]
		c.workers[0] = c.worker()
		worker.kill()
		v.at = time.Now()
		v.tab.read(func(r *record) { v.shown = r.shown(v.sent.ReplyID) })
		struck = append(struck, v)
	}
	for i, v := range struck {
		end := v.tab.end(v.sent.ReplyID)
		row := c.row(t, v.sent.ReplyID)
		took := row.EndedAt.Sub(v.at)
		t.Logf("round %d ended %s %v after the kill", i, end.Status, took)
		switch {
		case row.Status != message.StatusInterrupted:
			t.Errorf("round %d: the reply is %s", i, row.Status)
		case took > orphaned:
			t.Errorf("round %d: the end came after %v", i, took)
		case len(row.Text) < len(v.shown) || row.Text[:len(v.shown)] != v.shown:
			t.Errorf("round %d: %d bytes were shown, %d are kept", i, len(v.shown), len(row.Text))
		case row.FailureCode == nil || *row.FailureCode != "WORKER_LOST":
			t.Errorf("round %d: the failure is %v", i, row.FailureCode)
		}
		c.wantWhole(t, v.tab, v.sent.ReplyID)
		c.wantOnce(t, v.sent.MessageID, v.sent.ReplyID)
	}
}

// victim is a reply whose worker is about to die, and what was seen of it.
type victim struct {
	tab   *follower
	sent  client.Sent
	shown string
	at    time.Time
}

// victim sends a message of somebody new, with a tab open on the second server.
func (c *cluster) victim(t *testing.T) *victim {
	t.Helper()
	p := c.newPerson(t)
	chat := p.chat()
	v := &victim{tab: p.follow(chat, "", 1)}
	v.sent = p.send(chat, "[sandbox:tokens=2000] A reply that is cut short")
	return v
}

func TestWorkerKilledBeforeAnythingWasShownRunsAgain(t *testing.T) {
	t.Parallel()
	c := newCluster(t, 2, 1)
	p := c.newPerson(t)
	chat := p.chat()
	tab := p.follow(chat, "", 0)
	sent := p.send(chat, "[sandbox:first_after=8000][sandbox:tokens=20] It takes its time")
	c.claimed(t, sent.ReplyID)
	c.workers[0].kill()
	c.worker()

	end := tab.end(sent.ReplyID)
	row := c.row(t, sent.ReplyID)
	if end.Status != "COMPLETED" || row.RunCount != 2 {
		t.Errorf("the reply is %s after %d runs", end.Status, row.RunCount)
	}
	c.wantWhole(t, tab, sent.ReplyID)
	c.wantOnce(t, sent.MessageID, sent.ReplyID)
}

// claimed waits until a run holds the lease of a reply; no event says so.
func (h house) claimed(t *testing.T, reply string) {
	t.Helper()
	h.eventually(t, "a worker took the reply", func() bool { return h.row(t, reply).LeaseUntilMs != nil })
}

// TestWorkersKilledAtRandom strikes whenever it likes: before the claim, between any two
// writes, at the end. Whatever was hit, a reply ends once and is counted once.
func TestWorkersKilledAtRandom(t *testing.T) {
	t.Parallel()
	c := newCluster(t, 2, 2)
	var struck []*victim
	for round := range servicetest.Rounds() {
		p := c.newPerson(t)
		for i := range 3 {
			chat := p.chat()
			v := &victim{tab: p.follow(chat, "", i%2)}
			v.sent = p.send(chat, fmt.Sprintf("[sandbox:tokens=%d] Any length", 2+rand.IntN(40)))
			struck = append(struck, v)
		}
		moment := time.NewTimer(rand.N(700 * time.Millisecond))
		<-moment.C // Chance is what this test is about.
		c.workers[round%2].kill()
		c.workers[round%2] = c.worker()
	}
	for _, v := range struck {
		end := v.tab.end(v.sent.ReplyID)
		if end.Status != "COMPLETED" && end.Status != "INTERRUPTED" {
			t.Errorf("a reply ended %s", end.Status)
		}
		c.wantWhole(t, v.tab, v.sent.ReplyID)
		c.wantOnce(t, v.sent.MessageID, v.sent.ReplyID)
	}
}

// TestReplyOutlivesACrashLoop ends one worker after another, more often than a reply may end its workers, none of them by the reply's
// doing: each run had renewed its lease, or its worker was asked to stop.
func TestReplyOutlivesACrashLoop(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(worker *process, proven func()){
		"killed while it waits": func(worker *process, proven func()) {
			proven()
			worker.kill()
		},
		"asked to stop, killed within its grace": func(worker *process, proven func()) {
			worker.signal(syscall.SIGTERM)
			proven()
			worker.kill()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCluster(t, 1, 0)
			c.settings["NODE_ID"] = "crashing" // Its next worker takes its replies back at once.
			p := c.newPerson(t)
			tab := p.follow(p.chat(), "", 0)
			sent := p.send(tab.chat, "[sandbox:first_after=8000][sandbox:tokens=20] It takes its time")
			const kills = run.MaxUnproven + 1
			for n := range kills {
				worker := c.worker()
				c.eventually(t, "a worker took the reply", func() bool { return c.row(t, sent.ReplyID).RunCount == n+1 })
				end(worker, func() {
					c.eventually(t, "the run does not count", func() bool { return c.row(t, sent.ReplyID).UnprovenRuns == 0 })
				})
			}
			c.worker()
			if end, row := tab.end(sent.ReplyID), c.row(t, sent.ReplyID); end.Status != "COMPLETED" || row.RunCount != kills+1 {
				t.Errorf("the reply is %s after %d runs", end.Status, row.RunCount)
			}
			c.wantWhole(t, tab, sent.ReplyID)
			c.wantOnce(t, sent.MessageID, sent.ReplyID)
		})
	}
}
