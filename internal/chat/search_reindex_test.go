package chat

import (
	"context"
	"fmt"
	"testing"

	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/store/storetest"
)

// age makes the index what the version before made of it: terms that today's query does not ask for.
func (d fixture) age() {
	d.tb.Helper()
	d.tx(func(ctx context.Context, tx *store.Tx) error {
		statements := []string{`UPDATE message_search SET version = 1, terms = array_to_tsvector(ARRAY['old'])`}
		if d.store.Dialect() == store.SQLite {
			statements = []string{
				`UPDATE message_search SET version = 1`,
				`INSERT OR REPLACE INTO message_search_terms (rowid, owner, terms) SELECT place, user_id, 'old' FROM message_search`,
			}
		}
		for _, s := range statements {
			if _, err := tx.Client().ExecContext(ctx, s); err != nil {
				return err
			}
		}
		return nil
	})
}

// A search finds the same before, while and after an index of an earlier version is made again.
func TestAnIndexOfAnEarlierVersionIsMadeAgain(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		d := newFixture(t, st)
		c := d.chat("Résumé of a year")
		texts := make([]string, newest+reindexBatch+10) // More than a scan reads without the index.
		for i := range texts {
			texts[i] = fmt.Sprintf("message number %d", i)
		}
		texts[0] = "a crème brûlée for two"
		d.say(c, texts...)
		d.age()
		check := func(when string) {
			t.Helper()
			for _, query := range []string{"creme brulee", "CRÈME", "resume"} {
				if hits := d.find(query); len(hits) != 1 {
					t.Errorf("%s: %q has %d hits, want 1", when, query, len(hits))
				}
			}
		}
		check("before")
		if stale, err := d.hasStale(t.Context(), d.user); err != nil || !stale {
			t.Fatalf("stale: %v (%v)", stale, err)
		}
		if n, err := d.reindexSome(t.Context()); n != reindexBatch || err != nil {
			t.Fatalf("the first batch made %d entries (%v)", n, err)
		}
		check("meanwhile")
		for stale := true; stale; {
			if err := d.Reindex(t.Context()); err != nil {
				t.Fatal(err)
			}
			var err error
			if stale, err = d.hasStale(t.Context(), d.user); err != nil {
				t.Fatal(err)
			}
		}
		check("after")
		if n, err := d.reindexSome(t.Context()); n != 0 || err != nil {
			t.Errorf("%d entries were made again (%v)", n, err)
		}
	})
}

// Many processes may index again at once: each entry is made by one of them.
func TestReindexByManyAtOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		d := newFixture(t, st)
		c := d.chat("a title")
		texts := make([]string, 3*reindexBatch)
		for i := range texts {
			texts[i] = fmt.Sprintf("café %d", i)
		}
		d.say(c, texts...)
		d.age()
		failures := make(chan error, 4)
		for range cap(failures) {
			go func() { failures <- d.Reindex(t.Context()) }()
		}
		for range cap(failures) {
			if err := <-failures; err != nil {
				t.Error(err)
			}
		}
		for stale := true; stale; {
			if _, err := d.reindexSome(t.Context()); err != nil {
				t.Fatal(err)
			}
			var err error
			if stale, err = d.hasStale(t.Context(), d.user); err != nil {
				t.Fatal(err)
			}
		}
		if hits := d.find("cafe 599"); len(hits) != 1 {
			t.Errorf("%d hits, want 1", len(hits))
		}
	})
}
