package live_test

import (
	"slices"
	"testing"

	"github.com/weav-ai/weav/internal/live"
)

// recorder is a subscription that records what it receives.
type recorder struct {
	received []string
	lost     int
	remove   func()
}

func add(f *live.Fanout, topic string) *recorder {
	e := &recorder{}
	e.remove = f.Add(topic, func(p []byte) { e.received = append(e.received, string(p)) }, func() { e.lost++ })
	return e
}

func TestFanoutSubscribersAreASnapshot(t *testing.T) {
	t.Parallel()
	var f live.Fanout
	goes, stays := add(&f, "a"), add(&f, "a")
	then := f.Subscribers("a")
	goes.remove()
	goes.remove()
	late := add(&f, "a")

	then.Deliver([]byte("then"))
	f.Subscribers("a").Deliver([]byte("now"))
	if want := []string{"then", "now"}; !slices.Equal(stays.received, want) {
		t.Errorf("who stays received %v, want %v", stays.received, want)
	}
	if len(goes.received) != 0 {
		t.Errorf("who left received %v", goes.received)
	}
	if want := []string{"now"}; !slices.Equal(late.received, want) {
		t.Errorf("who came later received %v, want %v", late.received, want)
	}
}

func TestFanoutLost(t *testing.T) {
	t.Parallel()
	var f live.Fanout
	a, b, gone := add(&f, "a"), add(&f, "b"), add(&f, "b")
	gone.remove()
	f.Subscribers("a").Lost()
	f.All().Lost()
	if a.lost != 2 || b.lost != 1 || gone.lost != 0 {
		t.Errorf("reported %d, %d and %d losses, want 2, 1 and 0", a.lost, b.lost, gone.lost)
	}
}

func TestFanoutForgetsEmptyTopics(t *testing.T) {
	t.Parallel()
	var f live.Fanout
	if f.Subscribers("a") != nil || f.All() != nil {
		t.Error("an empty fanout has an audience")
	}
	first, second := add(&f, "a"), add(&f, "a")
	first.remove()
	if n := len(f.Subscribers("a")); n != 1 {
		t.Errorf("%d listen, want 1", n)
	}
	second.remove()
	if f.Subscribers("a") != nil || f.All() != nil {
		t.Error("a topic that all have left has an audience")
	}
}
