package graph

import (
	"slices"
	"testing"
	"testing/synctest"

	"github.com/weav-ai/weav/internal/feed"
	"github.com/weav-ai/weav/internal/oid"
)

// TestOneQuotaChangedFollowsAllWaitingEvents: one QuotaChanged follows ten waiting events, with the place of the last one.
func TestOneQuotaChangedFollowsAllWaitingEvents(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		in := make(chan feed.Item)
		out := withQuota(t.Context(), in, nil, false)
		go func() {
			defer close(in)
			for range 10 {
				in <- feed.Item{Event: &feed.Event{Type: feed.ReplyEnded}}
			}
			in <- feed.Item{Event: &feed.Event{Type: feed.ChatSaved}}
		}()
		var sent []string
		for more := true; more; {
			synctest.Wait() // The reader is slower than the stream.
			var e ViewerEvent
			if e, more = <-out; !more {
				break
			}
			if _, ok := e.(*QuotaChanged); ok {
				sent = append(sent, "quota")
			} else {
				sent = append(sent, "event")
			}
		}
		if len(sent) != 12 || sent[11] != "quota" {
			t.Errorf("sent %v", sent)
		}
	})
}

// TestQuotaChangedHasTheReadersPlace: an event that waits behind one that changes the quota is sent first, and QuotaChanged has
// its place. Until it is sent, the cursors mark it as pending, and a reader who returns with one of them receives it at once.
func TestQuotaChangedHasTheReadersPlace(t *testing.T) {
	t.Parallel()
	type sent struct {
		quota   bool
		seq     int64
		pending feed.Pending
	}
	person := oid.New[oid.User]()
	at := func(seq int64) feed.Cursor { return feed.Cursor{User: person, Epoch: "e", Seq: seq} }
	item := func(seq int64, typ feed.Type) feed.Item {
		return feed.Item{Cursor: at(seq), Event: &feed.Event{Type: typ, Seq: seq}}
	}
	cases := map[string]struct {
		after *feed.Cursor
		in    []feed.Item
		want  []sent
	}{
		"sent behind what waits": {
			in:   []feed.Item{item(1, feed.ReplyEnded), item(2, feed.ChatSaved)},
			want: []sent{{false, 1, feed.PendingQuota}, {false, 2, feed.PendingQuota}, {true, 2, ""}},
		},
		"nothing changed": {in: []feed.Item{item(1, feed.ChatSaved)}, want: []sent{{false, 1, ""}}},
		"behind a resync": {
			in:   []feed.Item{{Cursor: at(5).WithPending(feed.PendingSnapshot), Resync: feed.Expired}, {Cursor: at(5), Snapshot: true}},
			want: []sent{{false, 5, feed.PendingSnapshot}, {false, 5, feed.PendingQuota}, {true, 5, ""}},
		},
		"pending for a returning reader": {after: new(at(3).WithPending(feed.PendingQuota)), want: []sent{{true, 3, ""}}},
		"pending, and more happened": {
			after: new(at(3).WithPending(feed.PendingQuota)), in: []feed.Item{item(4, feed.ChatSaved)},
			want: []sent{{false, 4, feed.PendingQuota}, {true, 4, ""}},
		},
		"sent already": {after: new(at(3)), in: []feed.Item{item(4, feed.ChatSaved)}, want: []sent{{false, 4, ""}}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				in := make(chan feed.Item)
				go func() {
					defer close(in)
					for _, e := range c.in {
						in <- e
					}
				}()
				var got []sent
				out := withQuota(t.Context(), in, c.after, false)
				for {
					synctest.Wait() // The reader is slower than the stream.
					e, more := <-out
					if !more {
						break
					}
					_, isQuota := e.(*QuotaChanged)
					place, err := feed.ParseCursor(person, e.(interface{ GetCursor() string }).GetCursor())
					if err != nil {
						t.Fatal(err)
					}
					got = append(got, sent{isQuota, place.Seq, place.Pending})
				}
				if !slices.Equal(got, c.want) {
					t.Errorf("sent %v, want %v", got, c.want)
				}
			})
		})
	}
}
