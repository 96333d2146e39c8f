package live_test

import (
	"slices"
	"testing"

	"github.com/weav-ai/weav/internal/live"
)

// ear is a subscription that keeps what it hears.
type ear struct {
	heard  []string
	lost   int
	remove func()
}

func add(f *live.Fanout, topic string) *ear {
	e := &ear{}
	e.remove = f.Add(topic, func(p []byte) { e.heard = append(e.heard, string(p)) }, func() { e.lost++ })
	return e
}

func TestFanoutAudienceIsOfItsMoment(t *testing.T) {
	t.Parallel()
	var f live.Fanout
	goes, stays := add(&f, "a"), add(&f, "a")
	then := f.Audience("a")
	goes.remove()
	goes.remove()
	late := add(&f, "a")

	then.Deliver([]byte("then"))
	f.Audience("a").Deliver([]byte("now"))
	if want := []string{"then", "now"}; !slices.Equal(stays.heard, want) {
		t.Errorf("who stays heard %v, want %v", stays.heard, want)
	}
	if len(goes.heard) != 0 {
		t.Errorf("who left heard %v", goes.heard)
	}
	if want := []string{"now"}; !slices.Equal(late.heard, want) {
		t.Errorf("who came later heard %v, want %v", late.heard, want)
	}
}

func TestFanoutLost(t *testing.T) {
	t.Parallel()
	var f live.Fanout
	a, b, gone := add(&f, "a"), add(&f, "b"), add(&f, "b")
	gone.remove()
	f.Audience("a").Lost()
	f.Everyone().Lost()
	if a.lost != 2 || b.lost != 1 || gone.lost != 0 {
		t.Errorf("told of %d, %d and %d losses, want 2, 1 and 0", a.lost, b.lost, gone.lost)
	}
}

func TestFanoutForgetsEmptyTopics(t *testing.T) {
	t.Parallel()
	var f live.Fanout
	if f.Audience("a") != nil || f.Everyone() != nil {
		t.Error("an empty fanout has an audience")
	}
	first, second := add(&f, "a"), add(&f, "a")
	first.remove()
	if n := len(f.Audience("a")); n != 1 {
		t.Errorf("%d listen, want 1", n)
	}
	second.remove()
	if f.Audience("a") != nil || f.Everyone() != nil {
		t.Error("a topic that all have left has an audience")
	}
}
