package systemtest

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/weav-ai/weav/ent/message"
)

const (
	// soon is the promise of stop, under a second, with room for a busy machine.
	soon = 5 * time.Second
	// taken is the promise of a stop whose worker does not answer, 2 to 3 s, with the same room.
	taken = 10 * time.Second
)

func TestStopFromTheOtherServerEndsTheReply(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, h house) {
		p := h.newPerson(t)
		chat := p.chat()
		tab := p.follow(chat, "", 0)
		sent := p.send(chat, "[sandbox:tokens=2000] A very long reply")
		tab.pieces(sent.ReplyID, 3)

		began := time.Now()
		receipt := p.stop(1, sent.ReplyID)
		took := time.Since(began)
		t.Logf("stopped after %v", took)
		if took > soon {
			t.Errorf("the stop took %v", took)
		}
		if receipt.Status != "STOPPED" || !receipt.ProviderCancelled || receipt.Text == "" {
			t.Errorf("the receipt says %s, cancelled %t, %d bytes", receipt.Status, receipt.ProviderCancelled, len(receipt.Text))
		}
		tab.end(sent.ReplyID)
		h.wantWhole(t, tab, sent.ReplyID)
		h.wantOnce(t, sent.MessageID, sent.ReplyID)
		if row := h.row(t, sent.ReplyID); row.Text != receipt.Text {
			t.Errorf("the receipt has %d bytes, stored are %d", len(receipt.Text), len(row.Text))
		}
		for server := range 2 {
			if second := p.stop(server, sent.ReplyID); second != receipt {
				t.Errorf("the second stop says %+v, the first %+v", second, receipt)
			}
		}
	})
}

func TestStopsAtOnceGiveOneReceipt(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, h house) {
		p := h.newPerson(t)
		chat := p.chat()
		tab := p.follow(chat, "", 0)
		sent := p.send(chat, "[sandbox:tokens=2000] A very long reply")
		tab.pieces(sent.ReplyID, 1)
		receipts := parallel(8, func(i int) string {
			receipt, err := p.clients[i%2].Stop(t.Context(), sent.ReplyID)
			return text(receipt, err)
		})
		for _, r := range receipts[1:] {
			if r != receipts[0] {
				t.Errorf("one stop says %s, another %s", r, receipts[0])
			}
		}
		tab.end(sent.ReplyID)
		h.wantWhole(t, tab, sent.ReplyID)
		h.wantOnce(t, sent.MessageID, sent.ReplyID)
	})
}

func TestStopOfAReplyThatWaitsInTheQueue(t *testing.T) {
	t.Parallel()
	c := newCluster(t, 2, 0)
	p := c.newPerson(t)
	chat := p.chat()
	tab := p.follow(chat, "", 0)
	sent := p.send(chat, "Nobody works here")
	receipt := p.stop(1, sent.ReplyID)
	if receipt.Status != "STOPPED" || receipt.Text != "" || receipt.Usage.OutputTokens != 0 {
		t.Errorf("the receipt says %+v", receipt)
	}
	tab.end(sent.ReplyID)

	c.worker() // Its job is still in the queue.
	next := p.send(chat, "[sandbox:fast][sandbox:tokens=20] Now somebody does")
	tab.end(next.ReplyID)
	c.wantWhole(t, tab, sent.ReplyID)
	c.wantOnce(t, sent.MessageID, sent.ReplyID)
	if again := p.stop(0, sent.ReplyID); again != receipt {
		t.Errorf("the second stop says %+v, the first %+v", again, receipt)
	}
}

func TestStopOfAStalledProvider(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, h house) {
		p := h.newPerson(t)
		chat := p.chat()
		tab := p.follow(chat, "", 1)
		sent := p.send(chat, "[sandbox:stall_after=3] It never ends")
		tab.pieces(sent.ReplyID, 1)
		began := time.Now()
		receipt := p.stop(1, sent.ReplyID)
		if took := time.Since(began); took > soon {
			t.Errorf("the stop took %v", took)
		}
		if receipt.Status != "STOPPED" || !receipt.ProviderCancelled {
			t.Errorf("the receipt says %+v", receipt)
		}
		tab.end(sent.ReplyID)
		h.wantWhole(t, tab, sent.ReplyID)
	})
}

func TestStopTakesOverFromAFrozenWorker(t *testing.T) {
	t.Parallel()
	c := newCluster(t, 2, 1)
	frozen := c.workers[0]
	p := c.newPerson(t)
	chat := p.chat()
	tab := p.follow(chat, "", 0)
	sent := p.send(chat, "[sandbox:tokens=2000] A very long reply")
	tab.pieces(sent.ReplyID, 3)
	frozen.signal(syscall.SIGSTOP)

	began := time.Now()
	receipt := p.stop(1, sent.ReplyID)
	took := time.Since(began)
	t.Logf("taken over after %v", took)
	if took < 2*time.Second || took > taken {
		t.Errorf("the stop took %v, want 2 to 3 s", took)
	}
	end := tab.end(sent.ReplyID)
	if receipt.Status != "STOPPED" || receipt.ProviderCancelled || end.Message.Text != receipt.Text {
		t.Errorf("the receipt says %s, cancelled %t", receipt.Status, receipt.ProviderCancelled)
	}
	before, usages := *c.row(t, sent.ReplyID), c.usages(t, sent.ReplyID)
	// That the resumed worker finishes another reply shows that it has had its time with the old one.
	frozen.signal(syscall.SIGCONT)
	frozen.until("a run was lost to another while it worked")
	next := p.send(chat, "[sandbox:fast][sandbox:tokens=20] And now a short one")
	tab.end(next.ReplyID)

	after := c.row(t, sent.ReplyID)
	if after.Text != before.Text || after.Status != message.StatusStopped || !after.EndedAt.Equal(*before.EndedAt) {
		t.Errorf("the resumed worker changed the reply: %s, %d bytes, was %d", after.Status, len(after.Text), len(before.Text))
	}
	c.wantOnce(t, sent.MessageID, sent.ReplyID)
	if got := c.usages(t, sent.ReplyID); len(got) != 1 || got[0].String() != usages[0].String() {
		t.Errorf("the resumed worker changed the usage: %v, was %v", got, usages)
	}
	c.wantWhole(t, tab, sent.ReplyID)
	if !strings.HasPrefix(before.Text, receipt.Text) {
		t.Error("the receipt is not what was stored")
	}
}

func TestStopWorksWhileRedisIsDown(t *testing.T) {
	t.Parallel()
	c := newCluster(t, 2, 1)
	p := c.newPerson(t)
	chat := p.chat()
	tab := p.follow(chat, "", 0)
	sent := p.send(chat, "[sandbox:tokens=2000] A very long reply")
	tab.pieces(sent.ReplyID, 3)
	c.redis.Kill()
	receipt := p.stop(1, sent.ReplyID)
	if receipt.Status != "STOPPED" || !receipt.ProviderCancelled {
		t.Errorf("the receipt says %s, cancelled %t", receipt.Status, receipt.ProviderCancelled)
	}
	tab.end(sent.ReplyID)
	c.wantWhole(t, tab, sent.ReplyID)
	c.wantOnce(t, sent.MessageID, sent.ReplyID)
}
