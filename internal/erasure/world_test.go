package erasure_test

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"entgo.io/ent/dialect/sql/schema"
	"entgo.io/ent/schema/field"

	"github.com/weav-ai/weav/ent/migrate"
	"github.com/weav-ai/weav/internal/account"
	"github.com/weav-ai/weav/internal/apikey"
	"github.com/weav-ai/weav/internal/auth/devauth"
	"github.com/weav-ai/weav/internal/billing"
	"github.com/weav-ai/weav/internal/chat"
	"github.com/weav-ai/weav/internal/erasure"
	"github.com/weav-ai/weav/internal/file"
	"github.com/weav-ai/weav/internal/folder"
	"github.com/weav-ai/weav/internal/job"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/store/storetest"
	"github.com/weav-ai/weav/test/servicetest"
)

func TestMain(m *testing.M) { servicetest.Main(m) }

// world is a database with users in it, and the service that deletes them.
type world struct {
	t  *testing.T
	st *store.Store
	*erasure.Service
	// due is when the users of the tests are to be deleted.
	due time.Time
}

type noMetrics struct{}

func (noMetrics) ObjectsRepaired(string, int) {}

func newWorld(t *testing.T, st *store.Store) *world {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	w := &world{t: t, st: st, due: store.Now().Add(-time.Minute)}
	files := file.New(st, nil, log, noMetrics{}, file.Config{})
	chats := chat.New(chat.Parts{Store: st, Files: files, Log: log}, chat.Config{})
	jobs := job.New(job.Parts{Store: st, Files: files, Chats: chats, Log: log}, job.Config{})
	chats.OnPurge(jobs.ForgetChats)
	w.Service = erasure.New(erasure.Parts{
		Store: st, Accounts: w.accounts(store.Now), APIKeys: apikey.New(st, nil, nil, nil), Chats: chats, Jobs: jobs, Log: log,
		Folders: folder.New(st, nil), Billing: billing.New(billing.Parts{Store: st, Log: log}, billing.Config{}),
	})
	return w
}

// accounts is the domain of users on a server with a clock of its own.
func (w *world) accounts(now func() time.Time) *account.Service {
	w.t.Helper()
	s, err := account.New(w.st, devauth.New(), nil, slog.New(slog.DiscardHandler), account.Config{JWTSecret: make([]byte, 32), Now: now})
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

func each(t *testing.T, test func(w *world)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, st *store.Store) { test(newWorld(t, st)) })
}

// kept are the tables whose rows remain when their user is deleted, and apart are those whose rows belong to
// no user.
var (
	kept = map[string]bool{
		"payments": true, "payment_steps": true, // The law requires them; they name no user.
		"objects":          true, // The sweeper removes them with the objects.
		"audit_entries":    true, // The audit log remains.
		"sandbox_payments": true, // As payments.
	}
	apart = map[string]bool{"payment_notices": true, "sandbox_payments": true, "model_warnings": true}
)

// person adds a user with a row in every table, and requests their deletion. A table that is added later gets
// a row, too.
func (w *world) person(due bool) oid.User {
	w.t.Helper()
	ids := map[string]any{}
	for _, t := range migrate.Tables {
		ids[strings.TrimSuffix(t.Name, "s")] = oid.New[oid.Row]()
	}
	id := oid.New[oid.User]()
	ids["user"] = id
	for done := map[string]bool{}; len(done)+len(apart) < len(migrate.Tables); {
		for _, t := range migrate.Tables {
			waits := slices.ContainsFunc(t.ForeignKeys, func(k *schema.ForeignKey) bool { return k.RefTable != t && !done[k.RefTable.Name] })
			if !done[t.Name] && !apart[t.Name] && !waits {
				w.row(t, ids)
				done[t.Name] = true
			}
		}
	}
	w.exec(`INSERT INTO message_search (user_id, id, chat_id, is_title`+w.searchColumns(), id, ids["message"], ids["chat"])
	w.exec(`INSERT INTO sandbox_payments (id, state, revision, updated_at) SELECT gateway_id, CAST($1 AS text), 1, created_at FROM payments WHERE user_id = $2`, `{"Customer":"`+id.String()+`"}`, id)
	if due {
		w.must(w.st.Client().User.UpdateOneID(id).SetDeletesAt(w.due).Exec(w.t.Context()))
	}
	return id
}

// searchColumns is the rest of a row of the index, which ent does not know.
func (w *world) searchColumns() string {
	if w.st.Dialect() == store.Postgres {
		return `, terms) VALUES ($1, $2, $3, false, '')`
	}
	return `) VALUES ($1, $2, $3, false)`
}

// row adds a row to a table: the required columns, and references to the user's other rows.
func (w *world) row(t *schema.Table, ids map[string]any) {
	w.t.Helper()
	values := map[string]any{}
	for _, c := range t.Columns {
		name, isRef := strings.CutSuffix(c.Name, "_id")
		if name == "actor" {
			name = "user"
		}
		switch {
		case isRef && ids[name] != nil:
			values[c.Name] = ids[name]
		case c == t.PrimaryKey[0] && c.Type == field.TypeUUID:
			values[c.Name] = ids[strings.TrimSuffix(t.Name, "s")]
		case !c.Nullable && !c.Increment:
			values[c.Name] = w.value(c)
		}
	}
	maps.Copy(values, map[string]map[string]any{"jobs": {"status": "COMPLETED"}, "messages": {"status": "COMPLETED"}}[t.Name])
	var columns, places []string
	var args []any
	for _, name := range slices.Sorted(maps.Keys(values)) {
		columns, args = append(columns, `"`+name+`"`), append(args, values[name])
		places = append(places, fmt.Sprintf("$%d", len(args)))
	}
	w.exec(fmt.Sprintf(`INSERT INTO %s (%s) VALUES (%s)`, t.Name, strings.Join(columns, ", "), strings.Join(places, ", ")), args...)
}

// value is one that a column takes; texts are unique.
func (w *world) value(c *schema.Column) any {
	switch c.Type {
	case field.TypeUUID:
		return oid.New[oid.Row]()
	case field.TypeEnum:
		return c.Enums[0]
	case field.TypeBool:
		return false
	case field.TypeTime:
		return store.Now()
	case field.TypeJSON:
		return "[]"
	case field.TypeString:
		return strings.ReplaceAll(oid.New[oid.Row]().String(), "-", "")[:26]
	}
	return 0
}

func (w *world) exec(query string, args ...any) {
	w.t.Helper()
	if _, err := w.st.Client().ExecContext(w.t.Context(), query, args...); err != nil {
		w.t.Fatalf("%s: %v", query, err)
	}
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// counts is how many rows each table has.
func (w *world) counts() map[string]int {
	w.t.Helper()
	out := map[string]int{"message_search": w.count(`SELECT COUNT(*) FROM message_search`)}
	for _, t := range migrate.Tables {
		out[t.Name] = w.count(`SELECT COUNT(*) FROM ` + t.Name)
	}
	return out
}

func (w *world) count(query string, args ...any) (n int) {
	w.t.Helper()
	rows, err := w.st.Client().QueryContext(context.WithoutCancel(w.t.Context()), query, args...)
	w.must(err)
	defer func() { _ = rows.Close() }() // Nothing was written.
	if !rows.Next() {
		w.t.Fatal("no count")
	}
	w.must(rows.Scan(&n))
	return n
}

// same fails unless the tables have the rows that they had, and those that remain of the deleted users.
func (w *world) same(before map[string]int, gone int) {
	w.t.Helper()
	after := w.counts()
	for table, n := range before {
		want := n
		if kept[table] {
			want += gone
		}
		if after[table] != want {
			w.t.Errorf("%s has %d rows, want %d", table, after[table], want)
		}
	}
}
