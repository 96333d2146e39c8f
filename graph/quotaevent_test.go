package graph

import (
	"slices"
	"testing"
	"testing/synctest"

	"github.com/weav-ai/weav/internal/feed"
	"github.com/weav-ai/weav/internal/oid"
)

// TestQuotaIsToldOnceForAllThatWaits: behind ten events that a reader did not take yet stands one QuotaChanged, with the last one's place.
func TestQuotaIsToldOnceForAllThatWaits(t *testing.T) {
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
		var told []string
		for more := true; more; {
			synctest.Wait() // The reader is slower than what is told.
			var e ViewerEvent
			if e, more = <-out; !more {
				break
			}
			if _, ok := e.(*QuotaChanged); ok {
				told = append(told, "quota")
			} else {
				told = append(told, "event")
			}
		}
		if len(told) != 12 || told[11] != "quota" {
			t.Errorf("told %v", told)
		}
	})
}

// TestQuotaStandsWhereItsReaderDoes: an event that waits behind one that changes the quota is told first, and the quota has its place. Until
// the quota is told, the cursors say that it is owed, and who comes back with one gets it at once.
func TestQuotaStandsWhereItsReaderDoes(t *testing.T) {
	t.Parallel()
	type told struct {
		quota bool
		seq   int64
		owed  feed.Owed
	}
	person := oid.New[oid.User]()
	at := func(seq int64) feed.Cursor { return feed.Cursor{User: person, Epoch: "e", Seq: seq} }
	item := func(seq int64, typ feed.Type) feed.Item {
		return feed.Item{Cursor: at(seq), Event: &feed.Event{Type: typ, Seq: seq}}
	}
	cases := map[string]struct {
		after *feed.Cursor
		in    []feed.Item
		want  []told
	}{
		"told behind what waits": {
			in:   []feed.Item{item(1, feed.ReplyEnded), item(2, feed.ChatSaved)},
			want: []told{{false, 1, feed.OwedQuota}, {false, 2, feed.OwedQuota}, {true, 2, ""}},
		},
		"nothing changed": {in: []feed.Item{item(1, feed.ChatSaved)}, want: []told{{false, 1, ""}}},
		"behind a resync": {
			in:   []feed.Item{{Cursor: at(5).Owing(feed.OwedSnapshot), Resync: feed.Expired}, {Cursor: at(5), Snapshot: true}},
			want: []told{{false, 5, feed.OwedSnapshot}, {false, 5, feed.OwedQuota}, {true, 5, ""}},
		},
		"owed to who comes back": {after: new(at(3).Owing(feed.OwedQuota)), want: []told{{true, 3, ""}}},
		"owed, and more happened": {
			after: new(at(3).Owing(feed.OwedQuota)), in: []feed.Item{item(4, feed.ChatSaved)},
			want: []told{{false, 4, feed.OwedQuota}, {true, 4, ""}},
		},
		"told already": {after: new(at(3)), in: []feed.Item{item(4, feed.ChatSaved)}, want: []told{{false, 4, ""}}},
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
				var got []told
				out := withQuota(t.Context(), in, c.after, false)
				for {
					synctest.Wait() // The reader is slower than what is told.
					e, more := <-out
					if !more {
						break
					}
					_, isQuota := e.(*QuotaChanged)
					place, err := feed.ParseCursor(person, e.(interface{ GetCursor() string }).GetCursor())
					if err != nil {
						t.Fatal(err)
					}
					got = append(got, told{isQuota, place.Seq, place.Owed})
				}
				if !slices.Equal(got, c.want) {
					t.Errorf("told %v, want %v", got, c.want)
				}
			})
		})
	}
}
