package redislive

import (
	"fmt"
	"strings"
	"testing"
)

// TestTopicState plays one topic's life, word by word:
//
//	join, leave  a subscription comes, goes
//	+  -  .      the session sends SUBSCRIBE, UNSUBSCRIBE, nothing
//	ok           the server confirms a SUBSCRIBE
//	break        the connection breaks
//	heard, deaf  the newest subscription is confirmed, is not
//	lost         since the last word, lost was called
//	forgotten    nothing is kept of the topic
func TestTopicState(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, life string }{
		{"an ordinary life", "join deaf + deaf ok heard . leave - . forgotten"},
		{"one subscription at the server for two", "join + join . ok heard leave . heard leave - forgotten"},
		{"a second subscription joins what is heard", "join + ok join heard ."},
		{"gone before the session sends", "join leave . forgotten"},
		{"back before the session sends", "join + ok leave join heard ."},
		{"an old confirmation does not count", "join + leave - join + ok deaf ok heard"},
		{"an old confirmation is not kept", "join + leave - ok forgotten"},
		{"back after leaving", "join + ok leave - join deaf + ok heard"},
		{"a break is told once it is whole again", "join + ok break deaf + deaf ok lost heard leave - forgotten"},
		{"two breaks are told once", "join + ok break + break + ok lost heard"},
		{"who was not heard lost nothing", "join + break + ok heard"},
		{"confirmations of the old connection are void", "join + leave - join + break + ok heard"},
		{"nobody waits for the next connection", "join + ok leave break . forgotten"},
		{"left during the break", "join + ok break leave . forgotten"},
		{"joined during the break", "join + ok break join deaf + ok lost heard"},
		{"a confirmation nobody asked for", "join + ok . ok heard"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := &life{topics: &topics{byName: map[string]*topic{}, wake: make(chan struct{}, 1)}}
			l.topics.fanout.Add("a", func([]byte) {}, func() { l.lost++ })
			for i, word := range strings.Fields(c.life) {
				if err := l.live(word); err != nil {
					t.Fatalf("word %d, %s: %v", i+1, word, err)
				}
			}
			if l.lost != 0 {
				t.Error("lost was called at the end")
			}
		})
	}
}

type life struct {
	topics *topics
	heard  <-chan struct{}
	lost   int
}

func (l *life) live(word string) error {
	switch word {
	case "join":
		l.heard = l.topics.join("a")
	case "leave":
		l.topics.leave("a")
	case "ok":
		l.topics.confirm("a")
	case "break":
		l.topics.deafen()
	default:
		return l.check(word)
	}
	return nil
}

func (l *life) check(word string) error {
	switch word {
	case "+", "-", ".":
		subscribe, unsubscribe := l.topics.commands()
		sent := strings.Repeat("+", len(subscribe)) + strings.Repeat("-", len(unsubscribe))
		if sent != strings.Trim(word, ".") {
			return fmt.Errorf("sent %q", sent)
		}
	case "heard", "deaf":
		if heard := l.isHeard(); heard != (word == "heard") {
			return fmt.Errorf("heard is %t", heard)
		}
	case "lost":
		if l.lost != 1 {
			return fmt.Errorf("lost was called %d times", l.lost)
		}
		l.lost = 0
	case "forgotten":
		if len(l.topics.byName) != 0 {
			return fmt.Errorf("still %+v", l.topics.byName["a"])
		}
	default:
		return fmt.Errorf("not a word")
	}
	return nil
}

// isHeard tells whether a subscription that joined now, or the last one, is confirmed.
func (l *life) isHeard() bool {
	if t, ok := l.topics.byName["a"]; ok {
		l.heard = t.heard
	}
	select {
	case <-l.heard:
		return true
	default:
		return false
	}
}
