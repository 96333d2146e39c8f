package redislive

import (
	"fmt"
	"strings"
	"testing"
)

// TestTopicState plays the steps of one topic:
//
//	join, leave  a subscription comes, goes
//	+  -  .      the session sends SUBSCRIBE, UNSUBSCRIBE, nothing
//	ok           the server confirms a SUBSCRIBE
//	break        the connection breaks
//	confirmed, unconfirmed  the newest subscription is confirmed, is not
//	lost         since the last step, lost was called
//	forgotten    the topic has no entry
func TestTopicState(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, life string }{
		{"an ordinary life", "join unconfirmed + unconfirmed ok confirmed . leave - . forgotten"},
		{"one subscription at the server for two", "join + join . ok confirmed leave . confirmed leave - forgotten"},
		{"a second subscription joins a confirmed topic", "join + ok join confirmed ."},
		{"gone before the session sends", "join leave . forgotten"},
		{"back before the session sends", "join + ok leave join confirmed ."},
		{"an old confirmation does not count", "join + leave - join + ok unconfirmed ok confirmed"},
		{"an old confirmation is not kept", "join + leave - ok forgotten"},
		{"back after leaving", "join + ok leave - join unconfirmed + ok confirmed"},
		{"a break is reported after the reconnection", "join + ok break unconfirmed + unconfirmed ok lost confirmed leave - forgotten"},
		{"two breaks are reported once", "join + ok break + break + ok lost confirmed"},
		{"an unconfirmed subscription reports no loss", "join + break + ok confirmed"},
		{"confirmations of the old connection are void", "join + leave - join + break + ok confirmed"},
		{"a topic without users is not subscribed again", "join + ok leave break . forgotten"},
		{"left during the break", "join + ok break leave . forgotten"},
		{"joined during the break", "join + ok break join unconfirmed + ok lost confirmed"},
		{"an unexpected confirmation", "join + ok . ok confirmed"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := &script{topics: &topics{byName: map[string]*topic{}, wake: make(chan struct{}, 1)}}
			l.topics.fanout.Add("a", func([]byte) {}, func() { l.lost++ })
			for i, word := range strings.Fields(c.life) {
				if err := l.do(word); err != nil {
					t.Fatalf("word %d, %s: %v", i+1, word, err)
				}
			}
			if l.lost != 0 {
				t.Error("lost was called at the end")
			}
		})
	}
}

type script struct {
	topics *topics
	ready  <-chan struct{}
	lost   int
}

func (l *script) do(word string) error {
	switch word {
	case "join":
		l.ready = l.topics.join("a")
	case "leave":
		l.topics.leave("a")
	case "ok":
		l.topics.confirm("a")
	case "break":
		l.topics.reset()
	default:
		return l.check(word)
	}
	return nil
}

func (l *script) check(word string) error {
	switch word {
	case "+", "-", ".":
		subscribe, unsubscribe := l.topics.commands()
		sent := strings.Repeat("+", len(subscribe)) + strings.Repeat("-", len(unsubscribe))
		if sent != strings.Trim(word, ".") {
			return fmt.Errorf("sent %q", sent)
		}
	case "confirmed", "unconfirmed":
		if ready := l.isConfirmed(); ready != (word == "confirmed") {
			return fmt.Errorf("confirmed is %t", ready)
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

// isConfirmed reports whether a subscription that joined now, or the last one, is confirmed.
func (l *script) isConfirmed() bool {
	if t, ok := l.topics.byName["a"]; ok {
		l.ready = t.ready
	}
	select {
	case <-l.ready:
		return true
	default:
		return false
	}
}
