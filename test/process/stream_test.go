package process

import (
	"fmt"
	"math/rand/v2"
	"syscall"
	"testing"
	"time"

	"github.com/weav-ai/weav/internal/client"
	"github.com/weav-ai/weav/internal/servicetest"
)

// long is a prompt whose reply takes a few seconds.
const long = "tell me a long story [sandbox:tokens=150]"

func TestASubscriberOnEachServerGetsTheSameText(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	one, two := h.start("serve"), h.start("serve")
	a := h.person(one, "a@example.com")
	b := h.person(two, "a@example.com")
	chatID := h.newChat(a)
	first, second := h.watch(a, chatID, ""), h.watch(b, chatID, "")
	replyID := h.send(a, chatID, long)
	first.pieces(5)
	late := h.watch(b, chatID, "")
	first.end(replyID, "COMPLETED")
	second.end(replyID, "COMPLETED")
	late.end(replyID, "COMPLETED")
	if first.text.String() != second.text.String() || first.text.String() != late.text.String() {
		t.Error("the subscribers' texts differ")
	}
	h.only()
}

func TestAReloadInMidStreamLosesNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	one, two := h.start("serve"), h.start("serve", "--workers=false")
	a, b := h.person(one, "a@example.com"), h.person(two, "a@example.com")
	chatID := h.newChat(a)
	before := h.watch(a, chatID, "")
	replyID := h.send(a, chatID, long)
	before.pieces(4)
	must(t, before.socket.Drop())
	after := h.watch(b, chatID, before.cursor)
	after.text = before.text
	after.end(replyID, "COMPLETED")
	for seen := range after.seen {
		if before.seen[seen] {
			t.Error("an event came again behind its cursor")
		}
	}
}

func TestStopFromTheOtherServer(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	one, two := h.start("serve"), h.start("serve", "--workers=false")
	a, b := h.person(one, "a@example.com"), h.person(two, "a@example.com")
	chatID := h.newChat(a)
	w := h.watch(a, chatID, "")
	replyID := h.send(a, chatID, long)
	w.pieces(4)
	began := time.Now()
	receipt, err := b.Stop(t.Context(), replyID)
	must(t, err)
	if took := time.Since(began); took > time.Second {
		t.Errorf("the stop took %v; want less than a second", took)
	}
	w.end(replyID, "STOPPED")
	again, err := a.Stop(t.Context(), replyID)
	must(t, err)
	if receipt != again || receipt.Text != w.text.String() || !receipt.ProviderCancelled {
		t.Errorf("the receipts are %+v and %+v; want the same, with the text shown", receipt, again)
	}
	h.only()
}

func TestAStopOutlivesAFrozenWorker(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	web, worker := h.start("serve", "--workers=false"), h.start("worker")
	a := h.person(web, "a@example.com")
	chatID := h.newChat(a)
	w := h.watch(a, chatID, "")
	replyID := h.send(a, chatID, long)
	w.pieces(4)
	worker.signal(syscall.SIGSTOP)
	receipt, err := a.Stop(t.Context(), replyID)
	must(t, err)
	w.end(replyID, "STOPPED")
	worker.signal(syscall.SIGCONT)
	// The worker finds that the reply is not its own any more; another reply shows that it works on.
	w.text = client.Text{}
	next := h.send(a, chatID, "[sandbox:echo] and now")
	w.end(next, "COMPLETED")
	if text, status, err := a.MessageText(t.Context(), replyID); err != nil || text != receipt.Text || status != "STOPPED" {
		t.Errorf("the stopped reply is now %s with %d bytes (%v); the receipt had %d", status, len(text), err, len(receipt.Text))
	}
}

func TestAKilledWorkerKeepsWhatWasShown(t *testing.T) {
	t.Parallel()
	for round := range servicetest.Rounds() {
		t.Run(fmt.Sprintf("round %d", round), func(t *testing.T) {
			h := newHouse(t)
			web, worker := h.start("serve", "--workers=false"), h.start("worker")
			a := h.person(web, "a@example.com")
			chatID := h.newChat(a)
			w := h.watch(a, chatID, "")
			replyID := h.send(a, chatID, long)
			w.pieces(1 + rand.IntN(40))
			worker.kill()
			began := time.Now()
			h.start("worker")
			w.end(replyID, "INTERRUPTED")
			if took := time.Since(began); took > 25*time.Second {
				t.Errorf("the reply ended after %v; want 25 s at most", took)
			}
			h.only()
		})
	}
}

func TestAReplyNotYetShownRunsAgainAfterAKill(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	web, worker := h.start("serve", "--workers=false"), h.start("worker")
	a := h.person(web, "a@example.com")
	chatID := h.newChat(a)
	w := h.watch(a, chatID, "")
	replyID := h.send(a, chatID, "[sandbox:first_after=4000] think first")
	h.eventually("the reply is claimed", `SELECT count(*) FROM messages WHERE lease_until_ms IS NOT NULL`, 1)
	worker.kill()
	h.start("worker")
	w.end(replyID, "COMPLETED")
	h.only()
}

// eventually waits until a count in the database is as wanted.
func (h *house) eventually(what, query string, want int) {
	h.t.Helper()
	deadline := time.After(patience)
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for {
		var n int
		must(h.t, h.db.QueryRow(query).Scan(&n))
		if n == want {
			return
		}
		select {
		case <-deadline:
			h.t.Fatalf("not so in time: %s (%d; want %d)", what, n, want)
		case <-look.C:
		}
	}
}

func TestARestartOfRedisLosesNoText(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	one, two := h.start("serve"), h.start("serve")
	a, b := h.person(one, "a@example.com"), h.person(two, "a@example.com")
	chatID := h.newChat(a)
	first, second := h.watch(a, chatID, ""), h.watch(b, chatID, "")
	replyID := h.send(a, chatID, long)
	first.pieces(4)
	h.redis.Restart()
	first.end(replyID, "COMPLETED")
	second.end(replyID, "COMPLETED")
	h.only()
}

func TestARepliesEndIsToldWithoutRedis(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	one := h.start("serve")
	a := h.person(one, "a@example.com")
	chatID := h.newChat(a)
	w := h.watch(a, chatID, "")
	h.redis.Kill()
	replyID := h.send(a, chatID, "[sandbox:echo] is anybody there?")
	w.end(replyID, "COMPLETED")
}

func TestAStoppingServerSendsItsSocketsElsewhere(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	one, two := h.start("serve", "--workers=false"), h.start("serve")
	a, b := h.person(one, "a@example.com"), h.person(two, "a@example.com")
	chatID := h.newChat(a)
	w := h.watch(a, chatID, "")
	replyID := h.send(a, chatID, long)
	w.pieces(3)
	one.signal(syscall.SIGTERM)
	<-w.socket.Gone()
	if code := client.CloseCode(w.socket.Err()); code != 1012 {
		t.Errorf("the socket closed with %d; want 1012", code)
	}
	after := h.watch(b, chatID, w.cursor)
	after.text = w.text
	after.end(replyID, "COMPLETED")
}

func TestFourRepliesOfOnePersonRunAtOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	one := h.start("serve")
	h.start("worker")
	a := h.person(one, "a@example.com")
	var chats, replies []string
	for range 6 {
		chats = append(chats, h.newChat(a))
	}
	var watchers []*watcher
	for _, id := range chats {
		watchers = append(watchers, h.watch(a, id, ""))
	}
	for _, id := range chats {
		replies = append(replies, h.send(a, id, "[sandbox:tokens=60] go"))
	}
	var most int
	for done := 0; done < 6; {
		var n int
		must(t, h.db.QueryRow(`SELECT count(*) FILTER (WHERE lease_until_ms IS NOT NULL),
			count(*) FILTER (WHERE status = 'COMPLETED') FROM messages WHERE role = 'ASSISTANT'`).Scan(&n, &done))
		most = max(most, n)
	}
	if most != 4 {
		t.Errorf("%d replies ran at once; want 4", most)
	}
	for i, w := range watchers {
		w.end(replies[i], "COMPLETED")
	}
}

func TestSigningOutClosesTheSocketOnEveryServer(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	one, two := h.start("serve"), h.start("serve")
	a := h.person(one, "a@example.com")
	chatID := h.newChat(a)
	other := *a
	other.URL = two.url
	w := h.watch(&other, chatID, "")
	must(t, a.Do(t.Context(), `mutation { signOut(input: {}) { endedSessionIds } }`, nil, nil))
	<-w.socket.Gone()
	if code := client.CloseCode(w.socket.Err()); code != 4403 {
		t.Errorf("the socket closed with %d; want 4403", code)
	}
	if err := a.Do(t.Context(), `{ viewer { id } }`, nil, nil); client.CodeOf(err) != "UNAUTHENTICATED" {
		t.Errorf("the token still answers: %v", err)
	}
}
