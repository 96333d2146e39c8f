package systemtest

import (
	"database/sql"
	"testing"
	"time"

	"github.com/google/uuid"
	_ "github.com/lib/pq" // The driver of the URLs.

	"github.com/weav-ai/weav/ent/message"
	"github.com/weav-ai/weav/internal/client"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/store/storetest"
	"github.com/weav-ai/weav/test/servicetest"
)

func TestPostgresRestartsBetweenSends(t *testing.T) {
	t.Parallel()
	server := servicetest.PostgresServer(t)
	if code := start(t, map[string]string{"DATABASE_URL": server.URL()}, upToDate, "migrate").exit(); code != 0 {
		t.Fatalf("weav migrate ended with %d", code)
	}
	c := clusterOn(t, server.URL(), 2, 1)
	p := c.newPerson(t)
	var chats []string
	for range 10 * servicetest.Rounds() {
		chats = append(chats, p.chat())
	}
	asked, done := make(chan string, len(chats)), make(chan []client.Sent)
	go func() { done <- p.insist(chats, asked) }()
	for range servicetest.Rounds() {
		for range 5 {
			<-asked
		}
		server.Restart()
	}
	for i, sent := range <-done {
		if sent.ReplyID == "" {
			t.Fatalf("send %d was never acknowledged", i)
		}
		row := c.await(t, sent.ReplyID)
		if row.Status != message.StatusCompleted && row.Status != message.StatusInterrupted {
			t.Errorf("a reply ended %s", row.Status)
		}
		c.wantOnce(t, sent.MessageID, sent.ReplyID)
		if n := c.messages(t, chats[i]); n != 2 {
			t.Errorf("the chat has %d messages, want 2", n)
		}
	}
}

// insist sends a message to each chat, again and again with the same key until it is
// acknowledged, by the servers in turn. asked hears of each chat as its turn comes.
func (p *person) insist(chats []string, asked chan<- string) []client.Sent {
	out := make([]client.Sent, len(chats))
	deadline := time.Now().Add(patience)
	for i, chat := range chats {
		asked <- chat
		key := uuid.NewString()
		for try := 0; time.Now().Before(deadline); try++ {
			sent, err := p.clients[try%2].Send(p.t.Context(), chat, "[sandbox:fast][sandbox:tokens=20] Once", key)
			if err == nil {
				out[i] = sent
				break
			}
			if code := client.CodeOf(err); code != "UNAVAILABLE" {
				p.t.Errorf("a send during a restart ended with %v", err)
			}
			<-time.After(again)
		}
	}
	return out
}

// messages counts those of a chat.
func (h house) messages(t *testing.T, chat string) int {
	t.Helper()
	n, err := h.store.Client().Message.Query().Where(message.ChatID(parse[oid.Chat](t, chat))).Count(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestJobOfADeadWorkerIsTakenUp covers the moment between the queue's fetch and the claim, which
// a kill hits too rarely: the queue says that the job runs, and nobody runs it.
func TestJobOfADeadWorkerIsTakenUp(t *testing.T) {
	t.Parallel()
	url := storetest.URL(t, store.Postgres)
	c := clusterOn(t, url, 2, 0)
	p := c.newPerson(t)
	chat := p.chat()
	tab := p.follow(chat, "", 0)
	sent := p.send(chat, "[sandbox:tokens=20] Fetched, then forgotten")
	db, err := sql.Open("postgres", url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }() // Nothing of it is needed any more.
	_, err = db.ExecContext(t.Context(), `UPDATE river_job SET state = 'running', attempt = 1,
		attempted_at = now(), attempted_by = '{dead}' WHERE kind = 'chat_reply'`)
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	c.worker()
	end := tab.end(sent.ReplyID)
	if took := time.Since(began); end.Status != "COMPLETED" || took > orphaned {
		t.Errorf("the reply is %s after %v", end.Status, took)
	}
	c.wantWhole(t, tab, sent.ReplyID)
	c.wantOnce(t, sent.MessageID, sent.ReplyID)
}
