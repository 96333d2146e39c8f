package systemtest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/weav-ai/weav/internal/client"
	"github.com/weav-ai/weav/test/servicetest"
)

// lengthy is a reply of which several checkpoints are shown while it is written.
const lengthy = "[sandbox:tokens=400] A reply that is followed without Redis"

// TestEverythingGoesOnWithoutRedis has Redis gone from mid-life, or from the start of a server. People sign in, sockets open,
// messages are sent, text is shown while it is written, replies end and are stopped.
func TestEverythingGoesOnWithoutRedis(t *testing.T) {
	t.Parallel()
	c := newCluster(t, 2, 1)
	early := c.newPerson(t)
	old := early.follow(early.chat(), "", 0)

	c.redis.Kill()
	late := start(t, c.settings, serving, "serve", "--workers=false")
	c.urls = append(c.urls, late.url)
	for i, server := range []*process{c.servers[0], c.servers[1], late} {
		p := (house{urls: []string{c.urls[i]}, store: c.store}).newPerson(t) // Signs in there.
		wantShownWithoutRedis(t, c, p)
		server.until("Redis is out of reach")
		wantDegraded(t, server)
	}
	early.measureEvents(t, old.chat)
	sent := early.send(old.chat, lengthy)
	old.pieces(sent.ReplyID, 2)
	if receipt := early.stop(1, sent.ReplyID); receipt.Status != "STOPPED" || receipt.Text == "" {
		t.Errorf("stopped without Redis: %+v", receipt)
	}
	old.end(sent.ReplyID)
	c.wantWhole(t, old, sent.ReplyID)

	c.redis.Start()
	for _, server := range append(c.servers, late) {
		server.until("Redis is in reach again")
	}
	sent = early.send(old.chat, lengthy)
	old.pieces(sent.ReplyID, 20) // Live again: by checkpoints alone they would be fewer.
	old.end(sent.ReplyID)
	c.wantWhole(t, old, sent.ReplyID)
	c.wantOnce(t, sent.MessageID, sent.ReplyID)
	old.read(func(r *record) {
		if len(r.faults) > 0 || len(r.codes) > 0 {
			t.Errorf("faults %q, sockets closed with %v", r.faults, r.codes)
		}
	})
	for _, p := range append(append(c.servers, c.workers...), late) {
		wantTwoWarnings(t, p)
	}
}

// wantShownWithoutRedis opens a socket and follows a reply and a text job from their order to their end.
func wantShownWithoutRedis(t *testing.T, c *cluster, p *person) {
	t.Helper()
	tab := p.follow(p.chat(), "", 0)
	sent := p.send(tab.chat, lengthy)
	tab.pieces(sent.ReplyID, 2)
	tab.end(sent.ReplyID)
	c.wantWhole(t, tab, sent.ReplyID)

	socket, err := p.clients[0].Dial(t.Context())
	if err != nil {
		t.Fatalf("no socket without Redis: %v", err)
	}
	defer func() { _ = socket.Close() }() // It has served.
	job, err := p.clients[0].CreateJob(t.Context(), map[string]any{"idempotencyKey": "1", "work": map[string]any{"text": map[string]any{"prompt": lengthy}}})
	if err != nil {
		t.Fatalf("no job without Redis: %v", err)
	}
	events, err := socket.FollowJob(job.ID, "")
	if err != nil {
		t.Fatal(err)
	}
	var text client.Text
	last, longest := time.Now(), time.Duration(0)
	for pieces := 0; ; {
		e, err := client.JobEventOf(payload(t, events))
		if err != nil {
			t.Fatalf("the job is not followed without Redis: %v", err)
		}
		switch e.Typename {
		case "JobTextDelta":
			pieces++
			if pieces > 1 {
				longest = max(longest, time.Since(last))
			}
			last = time.Now()
			text.Apply(e.Offset, e.Text)
		case "JobEnded":
			if pieces < 2 || e.Status != "COMPLETED" || text.Len() != e.Length {
				t.Errorf("a job ended %s, %d of %d units in %d pieces", e.Status, text.Len(), e.Length, pieces)
			}
			t.Logf("without Redis a text came in %d pieces, at most %v apart", pieces, longest)
			return
		}
	}
}

// measureEvents logs how long events of one server take to a socket of another. The schedule that bounds it is tested
// in internal/live.
func (p *person) measureEvents(t *testing.T, chat string) {
	t.Helper()
	_, events := p.tail(1, chat, p.eventCursor(chat))
	var took []time.Duration
	for i := range 10 {
		title := fmt.Sprint("title ", i)
		err := p.clients[0].Do(t.Context(), `mutation ($input: RenameChatInput!) { renameChat(input: $input) { chat { id } } }`,
			map[string]any{"input": map[string]any{"chatId": chat, "title": title}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		renamed := time.Now()
		for {
			e, err := client.EventOf(payload(t, events))
			if err != nil {
				t.Fatal(err)
			}
			if e.Chat != nil && e.Chat.Title == title {
				break
			}
		}
		took = append(took, time.Since(renamed))
	}
	slices.Sort(took)
	t.Logf("without Redis events came %v (median) and at most %v after the answer", took[len(took)/2], took[len(took)-1])
}

// payload is the next of a subscription.
func payload(t *testing.T, events <-chan json.RawMessage) json.RawMessage {
	t.Helper()
	p, ok := <-events
	if !ok {
		t.Fatal("the subscription ended")
	}
	return p
}

// wantDegraded asks a server without Redis whether it is to get requests.
func wantDegraded(t *testing.T, server *process) {
	t.Helper()
	res, err := http.Get(strings.TrimSuffix(server.url, "/graphql") + "/readyz")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK || !strings.Contains(string(body), `"status":"degraded"`) {
		t.Errorf("/readyz answers %d without Redis, %s, %v", res.StatusCode, body, err)
	}
}

// wantTwoWarnings counts what an outage leaves in a process's log.
func wantTwoWarnings(t *testing.T, p *process) {
	t.Helper()
	p.until("Redis is in reach again")
	n := 0
	for line := range strings.Lines(p.output()) {
		if strings.Contains(line, "level=WARN") {
			n++
		}
	}
	if n != 2 {
		t.Errorf("%d warnings of one outage, want 2:\n%s", n, p.output())
	}
}

// TestRedisThatComesAndGoesDoublesAndLosesNothing restarts it again and again under a reply.
func TestRedisThatComesAndGoesDoublesAndLosesNothing(t *testing.T) {
	t.Parallel()
	c := newCluster(t, 2, 1)
	p := c.newPerson(t)
	chat := p.chat()
	tabs := []*follower{p.follow(chat, "", 0), p.follow(chat, "", 1)}
	for range servicetest.Rounds() {
		sent := p.send(chat, long)
		for n := range 3 {
			c.redis.Kill()
			for _, tab := range tabs {
				tab.pieces(sent.ReplyID, n+1)
			}
			c.redis.Start()
		}
		for _, tab := range tabs {
			tab.end(sent.ReplyID)
			c.wantWhole(t, tab, sent.ReplyID)
		}
		c.wantOnce(t, sent.MessageID, sent.ReplyID)
	}
	for _, tab := range tabs {
		tab.read(func(r *record) {
			if len(r.faults) > 0 {
				t.Errorf("faults: %q", r.faults)
			}
		})
	}
}
