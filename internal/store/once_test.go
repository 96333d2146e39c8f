package store_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/mutation"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/store/storetest"
)

type made struct{ ID oid.Folder }

// intent is a key and the mutation it is used with.
type intent struct {
	mutation string
	store.Key
}

// makeOnce is a mutation that makes a folder under an idempotency key.
func makeOnce(ctx context.Context, st *store.Store, key intent) (result made, replayed bool, err error) {
	replayed, err = st.Once(mutation.In(ctx, key.mutation), key.Key, &result, func(ctx context.Context, tx *store.Tx) error {
		row, err := tx.Client().Folder.Create().SetUserID(key.User).SetName("once").Save(ctx)
		if err != nil {
			return err
		}
		result.ID = row.ID
		return nil
	})
	return result, replayed, err
}

func TestOnceRunsOnceUnderParallelCallers(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		const callers = 50
		user := storetest.User(t, st)
		results := make(chan made, callers)
		var first atomic.Int32
		together(t, callers, func() error {
			result, replayed, err := makeOnce(t.Context(), st, intent{"createFolder", store.Key{User: user, Key: "k", Input: "a"}})
			if !replayed {
				first.Add(1)
			}
			results <- result
			return err
		})
		if n := first.Load(); n != 1 {
			t.Errorf("%d callers were the first", n)
		}
		id := st.Client().Folder.Query().OnlyX(t.Context()).ID
		for range callers {
			if got := <-results; got.ID != id {
				t.Errorf("a caller got %v, want %v", got.ID, id)
			}
		}
	})
}

func TestOnceComparesTheInput(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		user, other := storetest.User(t, st), storetest.User(t, st)
		type input struct {
			B int    `json:"b"`
			A string `json:"a"`
		}
		used := intent{"createFolder", store.Key{User: user, Key: "k", Input: input{A: "a", B: 1}}}
		if _, _, err := makeOnce(t.Context(), st, used); err != nil {
			t.Fatal(err)
		}
		tests := map[string]struct {
			key      intent
			replayed bool
			code     errs.Code
		}{
			"the same":                   {used, true, ""},
			"the same in another order":  {intent{"createFolder", store.Key{User: user, Key: "k", Input: map[string]any{"b": 1, "a": "a"}}}, true, ""},
			"another input":              {intent{"createFolder", store.Key{User: user, Key: "k", Input: input{A: "a", B: 2}}}, false, errs.IdempotencyConflict},
			"another key":                {intent{"createFolder", store.Key{User: user, Key: "k2", Input: input{B: 2}}}, false, ""},
			"another mutation's key":     {intent{"createChat", store.Key{User: user, Key: "k", Input: input{B: 2}}}, false, ""},
			"another person's key":       {intent{"createFolder", store.Key{User: other, Key: "k", Input: input{B: 2}}}, false, ""},
			"a key of 128 characters":    {intent{"m", store.Key{User: user, Key: strings.Repeat("~", 128)}}, false, ""},
			"a key of 129 characters":    {intent{"m", store.Key{User: user, Key: strings.Repeat("~", 129)}}, false, errs.BadUserInput},
			"no key":                     {intent{"m", store.Key{User: user}}, false, errs.BadUserInput},
			"a key with a line break":    {intent{"m", store.Key{User: user, Key: "a\nb"}}, false, errs.BadUserInput},
			"a key with a Korean letter": {intent{"m", store.Key{User: user, Key: "키"}}, false, errs.BadUserInput},
		}
		for name, tc := range tests {
			_, replayed, err := makeOnce(t.Context(), st, tc.key)
			if replayed != tc.replayed || errs.CodeOf(err) != tc.code {
				t.Errorf("%s: got %v (%v), want %v and code %q", name, replayed, err, tc.replayed, tc.code)
			}
		}
	})
}

func TestOnceForgetsFailures(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		key := intent{"createFolder", store.Key{User: storetest.User(t, st), Key: "k", Input: 1}}
		replayed, err := st.Once(mutation.In(t.Context(), key.mutation), key.Key, &made{}, func(context.Context, *store.Tx) error { return errGivenUp })
		if replayed || !errors.Is(err, errGivenUp) {
			t.Errorf("got %v, %v", replayed, err)
		}
		key.Input = 2
		if _, replayed, err := makeOnce(t.Context(), st, key); replayed || err != nil {
			t.Errorf("the failure was remembered: %v, %v", replayed, err)
		}
	})
}

func TestOnceForgetsAfterADay(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		age      time.Duration
		replayed bool
	}{
		"just before": {store.KeyLife - time.Minute, true},
		"just after":  {store.KeyLife + time.Minute, false},
	}
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		for name, tc := range tests {
			key := intent{"createFolder", store.Key{User: storetest.User(t, st), Key: name, Input: 1}}
			err := st.Client().IdempotencyKey.Create().SetUserID(key.User).SetMutation(key.mutation).SetKey(name).
				SetInputHash(hashOfOne).SetResult(`{}`).SetCreatedAt(store.Now().Add(-tc.age)).Exec(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			result, replayed, err := makeOnce(t.Context(), st, key)
			if err != nil || replayed != tc.replayed || result.ID.IsZero() != tc.replayed {
				t.Errorf("%s: got %v, %v (%v)", name, result, replayed, err)
			}
			if _, again, err := makeOnce(t.Context(), st, key); !again || err != nil {
				t.Errorf("%s, again: got %v (%v)", name, again, err)
			}
		}
	})
}

// hashOfOne is the SHA-256 of the JSON "1".
const hashOfOne = "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b"
