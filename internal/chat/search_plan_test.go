package chat

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/message"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/page"
	"github.com/weav-ai/weav/internal/search"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/store/storetest"
)

// archive fills a store with messages of one person, in chats of a hundred. Words come as in a
// language, few of them often and most of them rarely; "항해일지" stands in every 10,000th message.
func (d fixture) archive(messages int) {
	d.tb.Helper()
	rng := rand.New(rand.NewPCG(1, 2))
	words := vocabulary(rng, 20_000)
	zipf := rand.NewZipf(rng, 1.1, 8, uint64(len(words)-1))
	for done := 0; done < messages; {
		d.tx(func(ctx context.Context, tx *store.Tx) error {
			for range min(10, (messages-done+99)/100) {
				c, err := tx.Client().Chat.Create().SetUserID(d.user).SetModel("m").Save(ctx)
				if err != nil {
					return err
				}
				if err := d.fill(ctx, tx, c, min(100, messages-done), func(i int) string {
					return sentence(done+i, func() string { return words[zipf.Uint64()] })
				}); err != nil {
					return err
				}
				done += min(100, messages-done)
			}
			return nil
		})
	}
}

// fill stores n indexed messages in a chat.
func (d fixture) fill(ctx context.Context, tx *store.Tx, c *ent.Chat, n int, text func(i int) string) error {
	rows := make([]*ent.MessageCreate, n)
	for i := range rows {
		rows[i] = tx.Client().Message.Create().SetUserID(c.UserID).SetChatID(c.ID).
			SetRole(message.RoleUser).SetStatus(message.StatusCompleted).SetText(text(i))
	}
	stored, err := tx.Client().Message.CreateBulk(rows...).Save(ctx)
	if err != nil {
		return err
	}
	for _, m := range stored {
		if err := d.indexMessage(ctx, tx, m); err != nil {
			return err
		}
	}
	return nil
}

func sentence(number int, word func() string) string {
	var b strings.Builder
	for range 20 + number%80 {
		b.WriteString(word())
		b.WriteByte(' ')
	}
	if number%10_000 == 7 {
		b.WriteString("오래된 항해일지에서 ")
	}
	return b.String()
}

// vocabulary makes words of Hangul syllables and of Latin letters, by turns.
func vocabulary(rng *rand.Rand, n int) []string {
	words := make([]string, n)
	for i := range words {
		var b strings.Builder
		for range 2 + rng.IntN(3) {
			if i%2 == 0 {
				b.WriteRune(rune(0xac00 + 28*rng.IntN(300)))
			} else {
				b.WriteString(string("bcdfghklmnprst"[rng.IntN(14)]) + string("aeiou"[rng.IntN(5)]))
			}
		}
		words[i] = b.String()
	}
	return words
}

// TestSearchPlans fails when a database would read all texts to find a few.
func TestSearchPlans(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		d := newFixture(t, st)
		d.archive(1500)
		d.analyze()
		for name, c := range map[string]struct {
			query            string
			indexed          bool
			postgres, sqlite string
		}{
			"the newest":         {"항해", false, "message_search_pkey", "message_search_user_id_place"},
			"by two syllables":   {"항해", true, "message_search_terms", "VIRTUAL TABLE INDEX"},
			"by a longer word":   {"항해일지", true, "message_search_terms", "VIRTUAL TABLE INDEX"},
			"by several words":   {"오래된 항해", true, "message_search_terms", "VIRTUAL TABLE INDEX"},
			"by one syllable":    {"항", true, "message_search_terms", "VIRTUAL TABLE INDEX"},
			"further in the way": {"항해", true, "message_search_terms", "VIRTUAL TABLE INDEX"},
		} {
			t.Run(name, func(t *testing.T) {
				sc := scan{user: d.user, query: search.Parse(c.query), before: oid.New[oid.Message]().UUID(), indexed: c.indexed, batch: newest}
				if name == "the newest" {
					sc.before = uuid.Max
				}
				want := c.postgres
				if st.Dialect() == store.SQLite {
					want = c.sqlite
				}
				plan := d.plan(sc)
				if !strings.Contains(plan, want) || readsAll(plan) {
					t.Errorf("want %s in\n%s", want, plan)
				}
			})
		}
	})
}

// readsAll reports whether a plan goes through a whole table of texts.
func readsAll(plan string) bool {
	for _, scan := range []string{"Seq Scan on message", "SCAN s", "SCAN message"} {
		for line := range strings.Lines(plan) {
			if strings.Contains(line, scan) && !strings.Contains(line, "VIRTUAL TABLE INDEX") {
				return true
			}
		}
	}
	return false
}

func (d fixture) analyze() {
	d.tb.Helper()
	analyze := "ANALYZE"
	if d.store.Dialect() == store.Postgres {
		analyze = "VACUUM ANALYZE"
	}
	if _, err := d.store.Client().ExecContext(d.tb.Context(), analyze); err != nil {
		d.tb.Fatal(err)
	}
}

// plan is how the database would read the next batch of a scan.
func (d fixture) plan(sc scan) string {
	d.tb.Helper()
	query, args := d.statement(sc)
	explain := "EXPLAIN "
	if d.store.Dialect() == store.SQLite {
		explain = "EXPLAIN QUERY PLAN "
	}
	rows, err := d.store.Client().QueryContext(d.tb.Context(), explain+query, args...)
	if err != nil {
		d.tb.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		d.tb.Fatal(err)
	}
	var plan strings.Builder
	for rows.Next() {
		values := make([]any, len(columns))
		for i := range values {
			values[i] = new(any)
		}
		if err := rows.Scan(values...); err != nil {
			d.tb.Fatal(err)
		}
		fmt.Fprintln(&plan, *values[len(values)-1].(*any))
	}
	return plan.String()
}

// BenchmarkSearch searches 100,000 messages of one person.
func BenchmarkSearch(b *testing.B) {
	for _, dialect := range storetest.Dialects {
		b.Run(dialect, func(b *testing.B) {
			d := newFixture(b, storetest.Open(b, dialect))
			d.archive(100_000)
			d.analyze()
			for _, c := range []struct{ name, query string }{
				{"rare", "항해일지"}, {"rare two syllables", "항해"}, {"rare syllable", "항"},
				{"common syllable", "가"}, {"common letter", "a"}, {"absent", "없는말이다"},
				{"common grams", "batasina"}, {"two words", "항해 오래된"}, {"letters", "ba"},
			} {
				b.Run(c.name, func(b *testing.B) { d.bench(b, c.query) })
			}
		})
	}
}

func (d fixture) bench(b *testing.B, query string) {
	var hits int
	for b.Loop() {
		found, err := d.Search(b.Context(), d.user, query, page.Args{})
		if err != nil {
			b.Fatal(err)
		}
		hits = len(found.Items)
	}
	b.ReportMetric(float64(hits), "hits")
}
