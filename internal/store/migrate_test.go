package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/pressly/goose/v3"

	"github.com/weav-ai/weav/ent/message"
	"github.com/weav-ai/weav/ent/migrate"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/store/migration"
	"github.com/weav-ai/weav/internal/store/storetest"
	"github.com/weav-ai/weav/internal/usage"
	"github.com/weav-ai/weav/test/servicetest"
)

// eachEmpty runs test on the address of an empty database of each dialect.
func eachEmpty(t *testing.T, test func(t *testing.T, dialect, url string)) {
	t.Helper()
	for _, dialect := range storetest.Dialects {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			test(t, dialect, storetest.EmptyURL(t, dialect))
		})
	}
}

// open gives raw access to the database of a URL.
func open(t *testing.T, url string) *sql.DB {
	t.Helper()
	driver, source := "postgres", url
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		driver, source = "sqlite", "file:"+path+"?_pragma=foreign_keys(1)&_pragma=busy_timeout(10000)"
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func exec(t *testing.T, db *sql.DB, statements ...string) {
	t.Helper()
	for _, statement := range statements {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

func TestMigrateByManyAtOnce(t *testing.T) {
	t.Parallel()
	for _, dialect := range storetest.Dialects {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			for range servicetest.Rounds() {
				migrateByMany(t, storetest.EmptyURL(t, dialect))
			}
		})
	}
}

func migrateByMany(t *testing.T, url string) {
	t.Helper()
	stores := make(chan *store.Store, 8)
	for range cap(stores) {
		stores <- storetest.At(t, url)
	}
	together(t, cap(stores), func() error {
		st := <-stores
		if err := st.Migrate(t.Context()); err != nil {
			return err
		}
		return st.Migrated(t.Context())
	})
	var twice int
	const query = `SELECT count(*) FROM (SELECT version_id FROM goose_db_version GROUP BY version_id HAVING count(*) > 1) AS t`
	if err := open(t, url).QueryRowContext(t.Context(), query).Scan(&twice); err != nil || twice != 0 {
		t.Errorf("%d migrations were applied twice (%v)", twice, err)
	}
}

func TestMigratedNamesWhatIsMissing(t *testing.T) {
	t.Parallel()
	eachEmpty(t, func(t *testing.T, _, url string) {
		st := storetest.At(t, url)
		err := st.Migrated(t.Context())
		if err == nil || !strings.Contains(err.Error(), "_init.sql") || !strings.Contains(err.Error(), "queue/001") {
			t.Errorf("empty: got %v", err)
		}
		if err := st.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		db := open(t, url)
		exec(t, db, `DELETE FROM river_migration WHERE version = 8`)
		if err := st.Migrated(t.Context()); err == nil || !strings.Contains(err.Error(), "queue/008") {
			t.Errorf("queue behind: got %v", err)
		}
		exec(t, db, `INSERT INTO river_migration (line, version) VALUES ('main', 8), ('main', 9)`,
			`INSERT INTO goose_db_version (version_id, is_applied) VALUES (99990101000000, true)`)
		if err := errors.Join(st.Migrated(t.Context()), st.Migrate(t.Context())); err != nil {
			t.Errorf("ahead: got %v", err)
		}
	})
}

func TestMigrateObeysItsContext(t *testing.T) {
	t.Parallel()
	eachEmpty(t, func(t *testing.T, _, url string) {
		st := storetest.At(t, url)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := st.Migrate(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		if err := st.Migrate(t.Context()); err != nil {
			t.Errorf("afterwards: %v", err)
		}
	})
}

// What ent expects and what the migrations make must be the same.
func TestMigrationsMatchTheSchema(t *testing.T) {
	t.Parallel()
	for _, dialect := range storetest.Dialects {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			url := storetest.URL(t, dialect)
			checkDrift(t, url, "")
			byHand := []string{
				`CREATE TABLE message_search_other (id integer)`,
				`ALTER TABLE messages ADD COLUMN message_search_terms text`,
				`CREATE INDEX message_search_terms_index ON messages (message_search_terms)`,
			}
			if dialect == "sqlite" {
				byHand = append(byHand, `CREATE VIRTUAL TABLE message_search_drift USING fts5(terms)`)
			}
			exec(t, open(t, url), byHand...)
			checkDrift(t, url, "")
			exec(t, open(t, url), `DROP INDEX message_chat_id_id`)
			checkDrift(t, url, "message_chat_id_id")
			exec(t, open(t, url), `DROP INDEX message_user_id_status`,
				`CREATE INDEX message_user_id_status ON messages (user_id, status) WHERE status IN ('PENDING')`)
			checkDrift(t, url, "message_user_id_status")
		})
	}
}

// checkDrift compares the database with the schema; want is part of the difference.
func checkDrift(t *testing.T, url, want string) {
	t.Helper()
	dialect := store.Postgres
	if strings.HasPrefix(url, "sqlite:") {
		dialect = store.SQLite
	}
	difference, err := migration.Next(t.Context(), dialect, open(t, url))
	switch {
	case want == "" && !errors.Is(err, migration.ErrNone):
		t.Errorf("the migrations lack (%v):\n%s\nwrite them with: go run ./ent/migrate/new NAME", err, difference)
	case want != "" && !strings.Contains(string(difference), want):
		t.Errorf("got %v and %s, want a difference in %s", err, difference, want)
	}
}

// The rows of the first version's users must live through everything that came later.
func TestMigrateKeepsRows(t *testing.T) {
	t.Parallel()
	eachEmpty(t, func(t *testing.T, dialect, url string) {
		db := open(t, url)
		applyFirst(t, db, dialect)
		exec(t, db, firstRows...)
		st := storetest.At(t, url)
		if err := st.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		client := st.Client()
		kept, err := client.Message.Query().WithChat().Only(t.Context())
		if err != nil || kept.Text != "안녕하세요" || kept.Edges.Chat.Title != "first" {
			t.Errorf("message %v (%v)", kept, err)
		}
		for name, count := range map[string]func(context.Context) (int, error){
			"users": client.User.Query().Count, "folders": client.Folder.Query().Count, "chats": client.Chat.Query().Count,
			"sessions": client.Session.Query().Count, "refresh tokens": client.RefreshToken.Query().Count,
			"prompts": client.Prompt.Query().Count, "feeds": client.Feed.Query().Count, "usages": client.Usage.Query().Count,
			"feed events": client.FeedEvent.Query().Count, "idempotency keys": client.IdempotencyKey.Query().Count,
		} {
			if n, err := count(t.Context()); n != 1 || err != nil {
				t.Errorf("%s: %d rows (%v), want 1", name, n, err)
			}
		}
	})
}

// Chats from before the ledger hold for their whole branch too.
func TestMigrateCountsTheTokensOfBranches(t *testing.T) {
	t.Parallel()
	eachEmpty(t, func(t *testing.T, dialect, url string) {
		db := open(t, url)
		apply(t, db, dialect, func(p *goose.Provider) error {
			_, err := p.UpTo(t.Context(), beforeTheLedger)
			return err
		})
		exec(t, db, firstRows...)
		const row = `INSERT INTO messages (id, user_id, chat_id, parent_id, role, text, status, created_at) VALUES ('01890a5d-ac96-774b-bcce-b302099a80`
		said := []string{"welcome to this chat", "안녕하세요, 어떻게 지내세요?", strings.Repeat("An answer in English. ", 40), "두 번째 질문 🙂 mixed", ""}
		for i, text := range said {
			role, status, parent := []string{"ASSISTANT", "USER"}[i%2], "COMPLETED", fmt.Sprintf("'01890a5d-ac96-774b-bcce-b302099a80%d'", 69+i)
			if i == 0 {
				parent = "NULL"
			}
			if i == len(said)-1 {
				status = "PENDING"
			}
			exec(t, db, fmt.Sprintf(`%s%d', '01890a5d-ac96-774b-bcce-b302099a8057', '01890a5d-ac96-774b-bcce-b302099a8058', %s, '%s', '%s', '%s', '2024-01-02 03:04:05+00:00')`,
				row, 70+i, parent, role, text, status))
		}
		exec(t, db, `INSERT INTO attachments (id, message_id, chat_id, position) VALUES ('01890a5d-ac96-774b-bcce-b302099a8090', '01890a5d-ac96-774b-bcce-b302099a8071', '01890a5d-ac96-774b-bcce-b302099a8058', 0)`)
		st := storetest.At(t, url)
		if err := st.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		least := int64(0)
		for i, m := range st.Client().Message.Query().Where(message.IDGT(oid.Message(uuid.MustParse("01890a5d-ac96-774b-bcce-b302099a8069")))).Order(message.ByID()).AllX(t.Context()) {
			if i == 1 {
				least += 2500
			}
			if i > 0 && i < len(said)-1 {
				least += usage.AtMost(said[i]) + 8
			}
			if m.BranchTokens < least || m.BranchTokens > least*5/4+8 || (i == 0) != (m.BranchTokens == 0) {
				t.Errorf("message %d has %d tokens up to here, want about %d", i, m.BranchTokens, least)
			}
		}
	})
}

// beforeTheLedger is the last version without it.
const beforeTheLedger = 20261123150110

func applyFirst(t *testing.T, db *sql.DB, dialect string) {
	t.Helper()
	apply(t, db, dialect, func(p *goose.Provider) error {
		_, err := p.UpByOne(t.Context())
		return err
	})
}

func apply(t *testing.T, db *sql.DB, dialect string, up func(*goose.Provider) error) {
	t.Helper()
	files, err := fs.Sub(migrate.Files, dialect)
	if err != nil {
		t.Fatal(err)
	}
	gooseDialect := goose.DialectPostgres
	if dialect == "sqlite" {
		gooseDialect = goose.DialectSQLite3
	}
	provider, err := goose.NewProvider(gooseDialect, db, files, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		t.Fatal(err)
	}
	if err := up(provider); err != nil {
		t.Fatal(err)
	}
}

// firstRows fill each table of the first migration, by columns that later ones may change.
var firstRows = strings.Split(strings.NewReplacer(
	"$user", "'01890a5d-ac96-774b-bcce-b302099a8057'", "$chat", "'01890a5d-ac96-774b-bcce-b302099a8058'",
	"$id", "'01890a5d-ac96-774b-bcce-b302099a8059'", "$time", "'2024-01-02 03:04:05+00:00'",
).Replace(`INSERT INTO users (id, uid, created_at, last_login_at) VALUES ($user, 'ada', $time, $time);
INSERT INTO folders (id, user_id, name, created_at) VALUES ($id, $user, 'work', $time);
INSERT INTO chats (id, user_id, folder_id, title, model, recommended_prompts, created_at, last_activity_at)
	VALUES ($chat, $user, $id, 'first', 'gpt-4o-mini', '[]', $time, $time);
INSERT INTO messages (id, user_id, chat_id, role, text, status, created_at)
	VALUES ($id, $user, $chat, 'USER', '안녕하세요', 'COMPLETED', $time);
INSERT INTO sessions (id, user_id, created_at, last_used_at, expires_at) VALUES ($id, $user, $time, $time, $time);
INSERT INTO refresh_tokens (hash, session_id, created_at, expires_at) VALUES ('h', $id, $time, $time);
INSERT INTO prompts (id, user_id, title, content, created_at, updated_at) VALUES ($id, $user, 't', 'c', $time, $time);
INSERT INTO feeds (user_id, epoch, seq) VALUES ($user, 'e', 1);
INSERT INTO feed_events (user_id, seq, type, payload, created_at) VALUES ($user, 1, 'chat.saved', '{}', $time);
INSERT INTO idempotency_keys (user_id, mutation, key, input_hash, created_at) VALUES ($user, 'm', 'k', 'h', $time);
INSERT INTO usages (run_id, user_id, chat_id, message_id, purpose, is_charged, model, input_tokens, output_tokens,
	cached_input_tokens, source, created_at)
	VALUES ($id, $user, $chat, $id, 'REPLY', true, 'gpt-4o-mini', 1, 2, 0, 'PROVIDER', $time)`), ";\n")
