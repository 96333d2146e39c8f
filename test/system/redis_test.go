package systemtest

import (
	"testing"
	"time"
)

func TestRedisKilledInMidStreamLosesNothing(t *testing.T) {
	t.Parallel()
	c := newCluster(t, 2, 1)
	p := c.newPerson(t)
	chat := p.chat()
	tabs := []*follower{p.follow(chat, "", 0), p.follow(chat, "", 1)}
	sent := p.send(chat, long)
	for _, tab := range tabs {
		tab.pieces(sent.ReplyID, 3)
	}
	c.redis.Restart()
	c.redis.Restart()
	before := received(tabs[0], sent.ReplyID)
	for _, tab := range tabs {
		tab.end(sent.ReplyID)
		c.wantWhole(t, tab, sent.ReplyID)
	}
	c.wantOnce(t, sent.MessageID, sent.ReplyID)
	// The rest may come as one piece with the end; live text comes as many.
	if after := received(tabs[0], sent.ReplyID); after < before+5 {
		t.Errorf("%d pieces came after Redis was back: the text did not go on live", after-before)
	}
}

// received is how many pieces of a reply a tab received.
func received(tab *follower, reply string) (n int) {
	tab.read(func(r *record) { n = r.pieces[reply] })
	return n
}

func TestSendWhileRedisIsDownCompletes(t *testing.T) {
	t.Parallel()
	c := newCluster(t, 2, 1)
	p := c.newPerson(t)
	chat := p.chat()
	tabs := []*follower{p.follow(chat, "", 0), p.follow(chat, "", 1)}
	c.redis.Kill()
	sent := p.send(chat, "[sandbox:tokens=60] Nobody hears of this at once")
	c.await(t, sent.ReplyID)
	stored := time.Now()
	for _, tab := range tabs {
		tab.end(sent.ReplyID)
	}
	// Heads are compared every 5 s; the rest is room for a busy machine.
	if late := time.Since(stored); late > 15*time.Second {
		t.Errorf("the end was told %v after it was stored, want 5 s", late)
	}
	c.redis.Start()
	next := p.send(chat, "[sandbox:tokens=60] Now Redis is back")
	for _, tab := range tabs {
		tab.end(next.ReplyID)
		c.wantWhole(t, tab, sent.ReplyID)
		c.wantWhole(t, tab, next.ReplyID)
	}
}
