package chat

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/google/uuid"
	"golang.org/x/text/unicode/norm"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/message"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/page"
	"github.com/weav-ai/weav/internal/search"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/store/storetest"
)

// fixture is a user with texts to search.
type fixture struct {
	*Service
	tb   testing.TB
	user oid.User
}

func newFixture(tb testing.TB, st *store.Store) fixture {
	return fixture{Service: &Service{store: st, cfg: Config{}.withDefaults()}, tb: tb, user: storetest.User(tb, st)}
}

// tx runs fn in a transaction that must succeed.
func (d fixture) tx(fn func(ctx context.Context, tx *store.Tx) error) {
	d.tb.Helper()
	if err := d.store.Tx(d.tb.Context(), fn); err != nil {
		d.tb.Fatal(err)
	}
}

// chat stores an indexed chat.
func (d fixture) chat(title string) *ent.Chat {
	d.tb.Helper()
	var c *ent.Chat
	d.tx(func(ctx context.Context, tx *store.Tx) (err error) {
		c, err = tx.Client().Chat.Create().SetUserID(d.user).SetModel("m").SetTitle(title).Save(ctx)
		if err != nil {
			return err
		}
		return d.indexTitle(ctx, tx, c)
	})
	return c
}

// say stores indexed messages in a chat and returns the last.
func (d fixture) say(c *ent.Chat, texts ...string) *ent.Message {
	d.tb.Helper()
	var m *ent.Message
	d.tx(func(ctx context.Context, tx *store.Tx) (err error) {
		for _, text := range texts {
			m, err = tx.Client().Message.Create().SetUserID(c.UserID).SetChatID(c.ID).
				SetRole(message.RoleUser).SetStatus(message.StatusCompleted).SetText(text).Save(ctx)
			if err != nil {
				return err
			}
			if err := d.indexMessage(ctx, tx, m); err != nil {
				return err
			}
		}
		return nil
	})
	return m
}

// find returns the first page of a search.
func (d fixture) find(query string) []*SearchHit {
	d.tb.Helper()
	found, err := d.Search(d.tb.Context(), d.user, query, page.Args{First: new(page.Max)})
	if err != nil {
		d.tb.Fatalf("search %q: %v", query, err)
	}
	return found.Items
}

// wantFound compares what a search finds, see texts.
func (d fixture) wantFound(query string, want ...string) {
	d.tb.Helper()
	if got := texts(d.find(query)); !slices.Equal(got, want) {
		d.tb.Errorf("search %q found %q, want %q", query, got, want)
	}
}

// texts are what hits were found in, titles in brackets.
func texts(hits []*SearchHit) []string {
	var found []string
	for _, h := range hits {
		if h.Message == nil {
			found = append(found, "["+h.Chat.Title+"]")
			continue
		}
		found = append(found, h.Message.Text)
	}
	return found
}

func TestSearchFinds(t *testing.T) {
	t.Parallel()
	said := []string{
		"서울시청에서 만나요",
		norm.NFD.String("한글은 아름답다"),
		"Hello Wonderful WORLD",
		"hello again",
		"축하해 🎉🎉 파티",
		"really?! yes",
		"50% off_price C:\\temp 'quoted' \"double\" a:b & (c | !d)",
		"use Node.js and C++",
		"ab bc cd abc bcd",
	}
	cases := map[string]struct {
		query string
		want  []string
	}{
		"two syllables inside a word": {"시청", said[:1]},
		"one syllable":                {"청", said[:1]},
		"one letter":                  {"w", said[2:3]},
		"a whole Korean word":         {"서울시청에서", said[:1]},
		"composed for decomposed":     {"한글", said[1:2]},
		"decomposed for decomposed":   {norm.NFD.String("아름답"), said[1:2]},
		"decomposed for composed":     {norm.NFD.String("시청"), said[:1]},
		"another case":                {"hELLO", []string{said[3], said[2]}},
		"all words, in any order":     {"world hello", said[2:3]},
		"one word is elsewhere":       {"hello 서울", nil},
		"emoji":                       {"🎉", said[4:5]},
		"emoji beside each other":     {"🎉🎉", said[4:5]},
		"punctuation alone":           {"?!", said[5:6]},
		"a percent sign is itself":    {"50%", said[6:7]},
		"no wildcards":                {"off%price r_ally '5*", nil},
		"no prefix operators":         {"5*0", nil},
		"quotes":                      {"'quoted' \"double\"", said[6:7]},
		"a backslash":                 {`c:\t`, said[6:7]},
		"no operators":                {"a:b & (c | !d) :* OR NOT", nil},
		"operators as text":           {"& |", said[6:7]},
		"symbols":                     {"c++", said[7:8]},
		"grams that stand apart":      {"abcd", nil},
		"nothing":                     {"zebra", nil},
	}
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		d := newFixture(t, st)
		d.say(d.chat(""), said...)
		for name, c := range cases {
			t.Run(name, func(t *testing.T) {
				d := fixture{d.Service, t, d.user}
				d.wantFound(c.query, c.want...)
				d.indexOnly(c.query, c.want...)
			})
		}
	})
}

// indexOnly asks the index from the start, which Search does behind the newest texts.
func (d fixture) indexOnly(query string, want ...string) {
	d.tb.Helper()
	sc := scan{user: d.user, query: search.Parse(query), before: uuid.Max, indexed: true, batch: 2}
	found, err := d.scan(d.tb.Context(), sc, page.Max)
	if err != nil {
		d.tb.Fatal(err)
	}
	hits, err := d.hits(d.tb.Context(), d.user, found)
	if err != nil {
		d.tb.Fatal(err)
	}
	if got := texts(hits); !slices.Equal(got, want) {
		d.tb.Errorf("the index finds %q for %q, want %q", got, query, want)
	}
}

// TestSearchIndexesAnyCharacter finds characters of every category by the index alone.
func TestSearchIndexesAnyCharacter(t *testing.T) {
	t.Parallel()
	odd := []rune{0x01, 0x7f, '!', '_', '|', '~', '^', 0x378, 0x2603, 0x3131, 0xd7ff,
		0xe000, 0xfdd0, 0xfffd, 0xffff, 0x1d11e, 0x1f9ff, 0x20000, 0x2ffff, 0x100000, 0x10ffff}
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		d := newFixture(t, st)
		c := d.chat("")
		var said []string
		for _, r := range odd {
			said = append(said, "x"+string(r)+"가")
		}
		d.say(c, said...)
		for i, r := range odd {
			d.indexOnly(string(r), said[i])
			d.indexOnly(said[i], said[i])
		}
	})
}

// What folds to nothing is found by what stands around it, and asks the database for nothing by itself.
func TestSearchLeavesOutWhatFoldsToNothing(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		d := newFixture(t, st)
		c := d.chat("")
		for i, r := range []rune{0xad, 0x20d2, 0x200b, 0x200d, 0xfe0f, 0xe0041, 0x301} {
			said := fmt.Sprintf("x%c가%d", r, i)
			d.say(c, said)
			d.indexOnly(fmt.Sprintf("x가%d", i), said)
			d.indexOnly(said, said)
			d.indexOnly(string(r))
		}
		if hits := d.find("\u0301"); len(hits) != 0 {
			t.Errorf("an accent alone has %d hits", len(hits))
		}
	})
}

func TestSearchRefuses(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		d := newFixture(t, st)
		cursor := page.Encode("chats", "x")
		for name, c := range map[string]struct {
			query string
			args  page.Args
			want  errs.Code
		}{
			"empty":           {"", page.Args{}, errs.BadUserInput},
			"blank":           {" \n", page.Args{}, errs.BadUserInput},
			"too long":        {strings.Repeat("가", MaxQueryChars+1), page.Args{}, errs.BadUserInput},
			"U+0000":          {"a\x00b", page.Args{}, errs.BadUserInput},
			"not UTF-8":       {"a\xff", page.Args{}, errs.BadUserInput},
			"a page too long": {"a", page.Args{First: new(page.Max + 1)}, errs.BadUserInput},
			"another list's":  {"a", page.Args{After: &cursor}, errs.BadCursor},
			"a bad key":       {"a", page.Args{After: new(page.Encode(searchKind, "x"))}, errs.BadCursor},
			"no key":          {"a", page.Args{After: new(page.Encode(searchKind))}, errs.BadCursor},
			"the longest":     {strings.Repeat("가", MaxQueryChars), page.Args{}, ""},
			"the most words":  {strings.Repeat("a ", MaxQueryChars/2), page.Args{}, ""},
		} {
			t.Run(name, func(t *testing.T) {
				_, err := d.Search(t.Context(), d.user, c.query, c.args)
				if got := errs.CodeOf(err); got != c.want {
					t.Errorf("got %q (%v), want %q", got, err, c.want)
				}
			})
		}
	})
}

// TestSearchPages goes through more hits than the newest texts hold, with misses among them
// and grams that lead the index astray.
func TestSearchPages(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		d := newFixture(t, st)
		var want []string
		c := d.chat("needle in the title")
		want = append(want, c.ID.String())
		for i := range 500 {
			text := "nee eed edl dle"
			if i%7 == 0 {
				text = fmt.Sprintf("a needle, number %d", i)
			}
			m := d.say(c, text)
			if i%7 == 0 {
				want = append(want, m.ID.String())
			}
		}
		slices.Reverse(want)
		for _, size := range []int{1, 7, 100} {
			t.Run(fmt.Sprintf("by %d", size), func(t *testing.T) {
				if got := (fixture{d.Service, t, d.user}).pages("needle", size); !slices.Equal(got, want) {
					t.Errorf("%d hits in %v, want %d", len(got), got, len(want))
				}
			})
		}
	})
}

// pages reads all pages of a search and returns the ids of the hits.
func (d fixture) pages(query string, size int) []string {
	d.tb.Helper()
	var ids []string
	for args := (page.Args{First: &size}); ; {
		found, err := d.Search(d.tb.Context(), d.user, query, args)
		if err != nil {
			d.tb.Fatal(err)
		}
		for _, h := range found.Items {
			if h.Message == nil {
				ids = append(ids, h.Chat.ID.String())
			} else {
				ids = append(ids, h.Message.ID.String())
			}
		}
		if len(ids) > 10_000 {
			d.tb.Fatal("the pages have no end")
		}
		if len(found.Items) == 0 && args.After != nil {
			d.tb.Fatal("a page was promised and is empty")
		}
		if !found.HasNext {
			return ids
		}
		if len(found.Items) != size {
			d.tb.Fatalf("a page of %d with more behind it, want %d", len(found.Items), size)
		}
		after := SearchCursor(found.Items[size-1])
		args.After = &after
	}
}

func TestSearchIsStableWhileMessagesArrive(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		d := newFixture(t, st)
		c := d.chat("")
		d.say(c, "hit 1", "hit 2", "hit 3")
		first, err := d.Search(t.Context(), d.user, "hit", page.Args{First: new(2)})
		if err != nil {
			t.Fatal(err)
		}
		d.say(c, "hit 4")
		after := SearchCursor(first.Items[1])
		rest, err := d.Search(t.Context(), d.user, "hit", page.Args{After: &after})
		if err != nil {
			t.Fatal(err)
		}
		if len(rest.Items) != 1 || rest.Items[0].Message.Text != "hit 1" || rest.HasNext || !rest.HasPrevious {
			t.Errorf("got %+v", rest)
		}
	})
}

func TestSearchKeepsPeopleApart(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		mine, theirs := newFixture(t, st), newFixture(t, st)
		theirs.say(theirs.chat("their secret title"), "their secret")
		mine.say(mine.chat("my title"), "mine")
		mine.wantFound("secret")
		mine.indexOnly("secret")
		theirs.wantFound("secret", "their secret", "[their secret title]")
		// The owner's own term is no text of theirs.
		theirs.wantFound(theirs.user.UUID().String()[:8])
	})
}

func TestSearchFollowsTheChat(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		d := newFixture(t, st)
		c, other := d.chat("old title"), d.chat("bystander title")
		d.say(c, "some words")
		d.say(other, "other words")

		d.retitle(c, "new title")
		d.wantFound("title", "[bystander title]", "[new title]")
		d.indexOnly("title", "[bystander title]", "[new title]")
		d.indexOnly("new", "[new title]")
		d.wantFound("old")
		d.retitle(c, "")
		d.wantFound("title", "[bystander title]")
		d.retitle(c, "new title")

		now := store.Now()
		d.change(c, func(u *ent.ChatUpdateOne) { u.SetIsArchived(true) })
		d.wantFound("words", "other words", "some words")
		d.change(c, func(u *ent.ChatUpdateOne) { u.SetDeletedAt(now) })
		d.wantFound("words", "other words")
		d.wantFound("title", "[bystander title]")
		d.indexOnly("words", "other words")
		d.change(c, func(u *ent.ChatUpdateOne) { u.ClearDeletedAt() })
		d.wantFound("words", "other words", "some words")

		d.tx(func(ctx context.Context, tx *store.Tx) error { return d.unindexChats(ctx, tx, []oid.Chat{c.ID}) })
		d.wantFound("words", "other words")
		d.wantFound("title", "[bystander title]")
		if n := d.count("message_search"); n != 2 {
			t.Errorf("%d rows are left, want 2", n)
		}
		if st.Dialect() == store.SQLite {
			if n := d.count("message_search_terms"); n != 2 {
				t.Errorf("%d rows of terms are left, want 2", n)
			}
		}
	})
}

func (d fixture) retitle(c *ent.Chat, title string) {
	d.tb.Helper()
	d.tx(func(ctx context.Context, tx *store.Tx) error {
		changed, err := tx.Client().Chat.UpdateOneID(c.ID).SetTitle(title).Save(ctx)
		if err != nil {
			return err
		}
		return d.indexTitle(ctx, tx, changed)
	})
}

func (d fixture) change(c *ent.Chat, set func(*ent.ChatUpdateOne)) {
	d.tb.Helper()
	u := d.store.Client().Chat.UpdateOneID(c.ID)
	set(u)
	if err := u.Exec(d.tb.Context()); err != nil {
		d.tb.Fatal(err)
	}
}

func (d fixture) count(table string) int {
	d.tb.Helper()
	rows, err := d.store.Client().QueryContext(d.tb.Context(), "SELECT count(*) FROM "+table)
	if err != nil {
		d.tb.Fatal(err)
	}
	defer rows.Close()
	var n int
	if !rows.Next() {
		d.tb.Fatal(rows.Err())
	}
	if err := rows.Scan(&n); err != nil {
		d.tb.Fatal(err)
	}
	return n
}

func TestSearchIndexesWhatAMessageEndsWith(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		d := newFixture(t, st)
		c := d.chat("")
		m := d.say(c, "draft")
		for _, text := range []string{"final words", "", "final words"} {
			d.tx(func(ctx context.Context, tx *store.Tx) error {
				done, err := tx.Client().Message.UpdateOneID(m.ID).SetText(text).Save(ctx)
				if err != nil {
					return err
				}
				return d.indexMessage(ctx, tx, done)
			})
			d.wantFound("draft")
			if want := min(len(text), 1); d.count("message_search") != want {
				t.Errorf("%d rows for %q, want %d", d.count("message_search"), text, want)
			}
		}
		d.wantFound("words", "final words")
	})
}

func TestSearchShowsWhere(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		d := newFixture(t, st)
		d.say(d.chat("👩‍👩‍👧 가족 여행"), "😀😀 첫째 줄\n"+strings.Repeat("😀 ", 200)+"끝의 Needle 여행")
		hits := d.find("여행")
		if len(hits) != 2 || hits[0].Message == nil || hits[1].Message != nil {
			t.Fatalf("got %d hits", len(hits))
		}
		for _, h := range hits {
			units := utf16.Encode([]rune(h.Snippet))
			if len(h.Highlights) != 1 {
				t.Fatalf("highlights %v of %q", h.Highlights, h.Snippet)
			}
			r := h.Highlights[0]
			if got := string(utf16.Decode(units[r.Start:r.End])); got != "여행" {
				t.Errorf("%v of %q marks %q", r, h.Snippet, got)
			}
		}
		if !strings.HasPrefix(hits[0].Snippet, "…😀") {
			t.Errorf("snippet %q", hits[0].Snippet)
		}
	})
}

// TestPlacesAreInTheOrderOfIDs holds SQLite's order to the ids' own.
func TestPlacesAreInTheOrderOfIDs(t *testing.T) {
	t.Parallel()
	last := oid.New[oid.Message]()
	for range 10_000 {
		next := oid.New[oid.Message]()
		if placeIn(next.UUID()) <= placeIn(last.UUID()) {
			t.Fatalf("%v is not behind %v", next, last)
		}
		last = next
	}
	sec, nsec := last.UUID().Time().UnixTime()
	if age := time.Since(time.Unix(sec, nsec)); age > time.Hour || placeIn(last.UUID()) < 0 {
		t.Errorf("age %v, place %d", age, placeIn(last.UUID()))
	}
}
