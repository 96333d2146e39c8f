package livetest

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weav-ai/weav/internal/live"
)

// inOrder checks the order of delivery, on which the numbers of events and the offsets of deltas depend.
func inOrder(t *testing.T, bus live.Bus) {
	t.Helper()
	r := Listen(t, bus, "a")
	sent := numbers(500)
	publish(t, bus, "a", sent...)
	if diff := cmp.Diff(sent, r.Wait(t, len(sent))); diff != "" {
		t.Errorf("received (-sent +received):\n%s", diff)
	}
	if r.Lost() != 0 {
		t.Errorf("lost was called %d times on a bus that lost nothing", r.Lost())
	}
}

func everySubscriber(t *testing.T, bus live.Bus) {
	t.Helper()
	all := make([]*Recorder, 20)
	for i := range all {
		all[i] = Listen(t, bus, "a")
	}
	sent := numbers(20)
	publish(t, bus, "a", sent...)
	for i, r := range all {
		if got := r.Wait(t, len(sent)); !slices.Equal(got, sent) {
			t.Errorf("subscriber %d received %v, want %v", i, got, sent)
		}
	}
}

// topicsApart uses a topic that begins with the name of the other one.
func topicsApart(t *testing.T, bus live.Bus) {
	t.Helper()
	a, b := Listen(t, bus, "a"), Listen(t, bus, "a:b")
	publish(t, bus, "a:b", "for b")
	publish(t, bus, "a", "for a")
	// One goroutine delivers in the order of publishing: "for b" is past when "for a" has come.
	if got := a.Wait(t, 1); got[0] != "for a" {
		t.Errorf("a received %q", got)
	}
	if got := b.Wait(t, 1); got[0] != "for b" {
		t.Errorf("b received %q", got)
	}
	if len(a.Received()) != 1 || len(b.Received()) != 1 {
		t.Errorf("received %v and %v, want one message each", a.Received(), b.Received())
	}
}

// noSubscriber publishes before there is a subscription. The bus stores no messages; the feed does.
func noSubscriber(t *testing.T, bus live.Bus) {
	t.Helper()
	publish(t, bus, "a", "into the void")
	r := Listen(t, bus, "a")
	publish(t, bus, "a", "received")
	if got := r.Wait(t, 1); got[0] != "received" {
		t.Errorf("received %q; what was published before the subscription is gone", got)
	}
}

// anyPayload sends bytes that text protocols treat specially, among them the end of a Redis reply.
func anyPayload(t *testing.T, bus live.Bus) {
	t.Helper()
	var every [256]byte
	for i := range every {
		every[i] = byte(i)
	}
	sent := []string{"", string(every[:]), "안녕 👋", "\r\n$-1\r\n", strings.Repeat("x", 1<<20), "last"}
	r := Listen(t, bus, "a")
	publish(t, bus, "a", sent...)
	if got := r.Wait(t, len(sent)); !slices.Equal(got, sent) {
		t.Error("payloads came back changed")
	}
}

// payloadCopied overwrites the payload after Publish, as a publisher with one buffer does.
func payloadCopied(t *testing.T, bus live.Bus) {
	t.Helper()
	r := Listen(t, bus, "a")
	buf := make([]byte, 8)
	var sent []string
	for i := range 100 {
		copy(buf, fmt.Sprintf("%08d", i))
		sent = append(sent, string(buf))
		if err := bus.Publish(t.Context(), "a", buf); err != nil {
			t.Fatal(err)
		}
		copy(buf, bytes.Repeat([]byte("!"), len(buf)))
	}
	if got := r.Wait(t, len(sent)); !slices.Equal(got, sent) {
		t.Errorf("received %v; the bus kept the publisher's buffer", got)
	}
}

// confirmed subscribes and unsubscribes one topic from many goroutines. The subscription at the server ends
// and begins again all the time, and each time the following message must be received.
func confirmed(t *testing.T, bus live.Bus) {
	t.Helper()
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Go(func() {
			for i := range 50 {
				if !receivesOwnMessage(t, bus, fmt.Sprintf("%d/%d", worker, i)) {
					return
				}
			}
		})
	}
	wg.Wait()
}

// receivesOwnMessage subscribes, publishes and waits for that message.
func receivesOwnMessage(t *testing.T, bus live.Bus, message string) bool {
	t.Helper()
	received := make(chan struct{})
	once := sync.OnceFunc(func() { close(received) })
	cancel, err := bus.Subscribe(t.Context(), "a", func(p []byte) {
		if string(p) == message {
			once()
		}
	}, func() {})
	if err != nil {
		t.Errorf("subscribe: %v", err)
		return false
	}
	defer cancel()
	if err := bus.Publish(t.Context(), "a", []byte(message)); err != nil {
		t.Errorf("publish: %v", err)
		return false
	}
	return within(t, received, "a message published after Subscribe had returned was not received")
}

// outlivesContext ends the context of Subscribe, which is for the call alone; cancel ends the subscription.
func outlivesContext(t *testing.T, bus live.Bus) {
	t.Helper()
	ctx, end := context.WithCancel(t.Context())
	received := make(chan struct{}, 1)
	cancel, err := bus.Subscribe(ctx, "a", func([]byte) { received <- struct{}{} }, func() {})
	if err != nil {
		t.Fatal(err)
	}
	defer cancel()
	end()
	publish(t, bus, "a", "after")
	within(t, received, "the subscription ended with the context of Subscribe")
}

// slowSubscriber blocks one subscriber. It may delay the others of its process, but no publisher, and no message
// is lost.
func slowSubscriber(t *testing.T, bus live.Bus) {
	t.Helper()
	entered, release := blocker(t, bus, "a")
	defer release()
	r := Listen(t, bus, "a")

	sent := numbers(1000)
	published := make(chan struct{})
	go func() {
		defer close(published)
		publishAll(t, bus, "a", sent)
	}()
	within(t, entered, "the slow subscriber received nothing")
	within(t, published, "the publisher waits for a subscriber")
	release()
	if got := r.Wait(t, len(sent)); !slices.Equal(got, sent) {
		t.Error("messages were lost or changed places behind a slow subscriber")
	}
}

// publishAll is publish for a goroutine that is not the test's own, which must not call Fatal.
func publishAll(t *testing.T, bus live.Bus, topic string, payloads []string) {
	t.Helper()
	for _, p := range payloads {
		if err := bus.Publish(t.Context(), topic, []byte(p)); err != nil {
			t.Errorf("publish: %v", err)
			return
		}
	}
}

func numbers(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprint(i)
	}
	return out
}
