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

func inOrder(t *testing.T, bus live.Bus) {
	t.Helper()
	r := Listen(t, bus, "a")
	sent := numbers(500)
	publish(t, bus, "a", sent...)
	if diff := cmp.Diff(sent, r.Wait(t, len(sent))); diff != "" {
		t.Errorf("heard (-sent +heard):\n%s", diff)
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
			t.Errorf("subscriber %d heard %v, want %v", i, got, sent)
		}
	}
}

func topicsApart(t *testing.T, bus live.Bus) {
	t.Helper()
	a, b := Listen(t, bus, "a"), Listen(t, bus, "a:b")
	publish(t, bus, "a:b", "for b")
	publish(t, bus, "a", "for a")
	// One goroutine delivers in the order of publishing: "for b" is past when "for a" has come.
	if got := a.Wait(t, 1); got[0] != "for a" {
		t.Errorf("a heard %q", got)
	}
	if got := b.Wait(t, 1); got[0] != "for b" {
		t.Errorf("b heard %q", got)
	}
	if len(a.Heard()) != 1 || len(b.Heard()) != 1 {
		t.Errorf("heard %v and %v, want one message each", a.Heard(), b.Heard())
	}
}

func nobodyListens(t *testing.T, bus live.Bus) {
	t.Helper()
	publish(t, bus, "a", "into the void")
	r := Listen(t, bus, "a")
	publish(t, bus, "a", "heard")
	if got := r.Wait(t, 1); got[0] != "heard" {
		t.Errorf("heard %q; what was published before the subscription is gone", got)
	}
}

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
		t.Errorf("heard %v; the bus kept the publisher's buffer", got)
	}
}

// confirmed lets subscriptions to one topic come and go: the server's subscription is ended and begun
// again all the time, and each time what follows must be heard.
func confirmed(t *testing.T, bus live.Bus) {
	t.Helper()
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Go(func() {
			for i := range 50 {
				if !hearsItself(t, bus, fmt.Sprintf("%d/%d", worker, i)) {
					return
				}
			}
		})
	}
	wg.Wait()
}

func hearsItself(t *testing.T, bus live.Bus, message string) bool {
	t.Helper()
	heard := make(chan struct{})
	once := sync.OnceFunc(func() { close(heard) })
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
	return within(t, heard, "a message published after Subscribe had returned was not heard")
}

func outlivesContext(t *testing.T, bus live.Bus) {
	t.Helper()
	ctx, end := context.WithCancel(t.Context())
	heard := make(chan struct{}, 1)
	cancel, err := bus.Subscribe(ctx, "a", func([]byte) { heard <- struct{}{} }, func() {})
	if err != nil {
		t.Fatal(err)
	}
	defer cancel()
	end()
	publish(t, bus, "a", "after")
	within(t, heard, "the subscription ended with the context of Subscribe")
}

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
	within(t, entered, "the slow subscriber heard nothing")
	within(t, published, "the publisher waits for a subscriber")
	release()
	if got := r.Wait(t, len(sent)); !slices.Equal(got, sent) {
		t.Error("messages were lost or changed places behind a slow subscriber")
	}
}

// publishAll is publish for another goroutine than the test's.
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
