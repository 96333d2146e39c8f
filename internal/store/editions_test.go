package store_test

import (
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/pressly/goose/v3"

	"github.com/weav-ai/weav/ent/migrate"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/store/storetest"
)

// edited is the migration that was edited after its release; testdata/editions has its editions, named
// for the commits that made them.
const (
	edited     = "20261123181842_accounts_and_money.sql"
	editedLast = 20261123181842
)

// A database that was made by any commit since the migration's first edition has, after the next
// `weav migrate`, what a new database has, and keeps its rows.
func TestMigrateBringsEveryEditionUpToDate(t *testing.T) {
	t.Parallel()
	for _, edition := range []string{"6d2f8b7", "39b158b", "e4c9fef", "8640dc0", "ddbb2a9", "99213d2", "last"} {
		t.Run(edition, func(t *testing.T) {
			t.Parallel()
			eachEmpty(t, func(t *testing.T, dialect, url string) { bringUpToDate(t, edition, dialect, url) })
		})
	}
}

func bringUpToDate(t *testing.T, edition, dialect, url string) {
	t.Helper()
	db := open(t, url)
	if dialect == "sqlite" { // As `weav migrate` does: SQLite copies tables that others refer to.
		exec(t, db, `PRAGMA foreign_keys = off`)
		db.SetMaxOpenConns(1)
	}
	files := editionFiles(t, edition, dialect)
	applyFiles(t, db, dialect, files, func(p *goose.Provider) error {
		_, err := p.UpTo(t.Context(), beforeTheLedger)
		return err
	})
	exec(t, db, firstRows...)
	applyFiles(t, db, dialect, files, func(p *goose.Provider) error {
		_, err := p.UpTo(t.Context(), editedLast)
		return err
	})
	exec(t, db, moneyRows...)
	hasReference := edition != "6d2f8b7"
	if hasReference {
		exec(t, db, `UPDATE payments SET reference = 'cs_1'`)
	}
	st := storetest.At(t, url)
	if err := st.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(st.CheckDrift(t.Context()), st.Compare(t.Context())); err != nil {
		t.Error(err)
	}
	checkMoneyRows(t, st, hasReference)
	if _, err := db.ExecContext(t.Context(), `UPDATE ledger_entries SET tokens = 0`); err == nil || !strings.Contains(err.Error(), "only grows") {
		t.Errorf("an entry of the ledger was changed (%v)", err)
	}
	if _, err := db.ExecContext(t.Context(), `DELETE FROM ledger_entries`); err == nil || !strings.Contains(err.Error(), "only grows") {
		t.Errorf("an entry of the ledger was deleted (%v)", err)
	}
}

// moneyRows are what programs of each edition wrote into the tables that the editions differ in.
var moneyRows = strings.Split(strings.NewReplacer(
	"$user", "'01890a5d-ac96-774b-bcce-b302099a8057'", "$chat", "'01890a5d-ac96-774b-bcce-b302099a8058'",
	"$id", "'01890a5d-ac96-774b-bcce-b302099a8059'", "$next", "'01890a5d-ac96-774b-bcce-b302099a8060'", "$time", "'2024-01-02 03:04:05+00:00'",
).Replace(`INSERT INTO payments (id, user_id, gateway, gateway_id, plan, amount, currency, days, order_name, status, transaction_id, created_at, expires_at, updated_at, revision)
	VALUES ($id, $user, 'sandbox', 'order1', 'STANDARD', 9900, 'KRW', 30, 'STANDARD, 30 days', 'PAID', 'tx1', $time, $time, $time, 3);
INSERT INTO payment_steps (id, payment_id, type, source, created_at) VALUES ($id, $id, 'PREPARED', 'APP', $time);
INSERT INTO quota_days (id, user_id, day, created_at, tokens_held, tokens_used) VALUES ($id, $user, '2024-01-02', $time, 5, 7);
INSERT INTO ledger_entries (id, run_id, kind, user_id, day, created_at, tokens) VALUES ($id, $id, 'HOLD', $user, '2024-01-02', $time, 5);
INSERT INTO messages (id, user_id, chat_id, parent_id, role, text, status, created_at) VALUES ($next, $user, $chat, $id, 'ASSISTANT', 'Hello', 'COMPLETED', $time)`), ";\n")

func checkMoneyRows(t *testing.T, st *store.Store, hasReference bool) {
	t.Helper()
	client := st.Client()
	payment, err := client.Payment.Query().WithSteps().Only(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	reference := ""
	if hasReference {
		reference = "cs_1"
	}
	if payment.GatewayID != "order1" || payment.Amount != 9900 || payment.TransactionID != "tx1" || payment.Revision != 3 || payment.GatewayStatus != "" ||
		payment.Reference != reference || payment.DisputeToldAt != nil || payment.PaidAt != nil || len(payment.Edges.Steps) != 1 {
		t.Errorf("the payment is now %v with %d steps, want reference %q", payment, len(payment.Edges.Steps), reference)
	}
	day, err := client.QuotaDay.Query().Only(t.Context())
	if err != nil || day.TokensHeld != 5 || day.TokensUsed != 7 {
		t.Errorf("the day's quota is now %v (%v)", day, err)
	}
	for _, m := range client.Message.Query().AllX(t.Context()) {
		if m.BranchTokens == 0 {
			t.Errorf("the message %q has no count of its branch", m.Text)
		}
	}
}

// editionFiles are the migrations up to the edited one, in an edition of it.
func editionFiles(t *testing.T, edition, dialect string) fs.FS {
	t.Helper()
	files := fstest.MapFS{}
	names, err := fs.Glob(migrate.Files, dialect+"/*.sql")
	if err != nil || len(names) == 0 {
		t.Fatalf("%d migrations (%v)", len(names), err)
	}
	for _, name := range names {
		content, err := fs.ReadFile(migrate.Files, name)
		if err != nil {
			t.Fatal(err)
		}
		files[path.Base(name)] = &fstest.MapFile{Data: content}
	}
	if edition != "last" {
		content, err := os.ReadFile(filepath.Join("testdata", "editions", edition+"."+dialect+".sql"))
		if err != nil {
			t.Fatal(err)
		}
		files[edited] = &fstest.MapFile{Data: content}
	}
	return files
}

func applyFiles(t *testing.T, db *sql.DB, dialect string, files fs.FS, up func(*goose.Provider) error) {
	t.Helper()
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

// A database that lacks something is named at the start of a process, with the statement that makes it.
func TestDriftNamesTheStatementThatMendsIt(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, change, want string
		breaks, seenAtOnce bool
	}{
		{"a column", `ALTER TABLE payments DROP COLUMN gateway_status`, "gateway_status", true, true},
		{"a table", `DROP TABLE payment_notices`, "payment_notices", true, true},
		{"an index", `DROP INDEX payment_transaction_id`, "payment_transaction_id", false, true},
		{"an index that was added", `CREATE INDEX payment_by_hand ON payments (days)`, "payment_by_hand", false, false},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			for _, dialect := range storetest.Dialects {
				url := storetest.URL(t, dialect)
				exec(t, open(t, url), test.change)
				st := storetest.At(t, url)
				var drift *store.DriftError
				if err := st.Compare(t.Context()); !errors.As(err, &drift) || drift.Breaks != test.breaks || !strings.Contains(drift.Error(), test.want) {
					t.Fatalf("%s: Compare: got %v, want %s", dialect, err, test.want)
				}
				if err := st.CheckDrift(t.Context()); errors.As(err, new(*store.DriftError)) != test.seenAtOnce {
					t.Errorf("%s: CheckDrift: got %v", dialect, err)
				}
				exec(t, open(t, url), drift.Statements...)
				if err := errors.Join(st.CheckDrift(t.Context()), st.Compare(t.Context())); err != nil {
					t.Errorf("%s: after the statements: %v", dialect, err)
				}
			}
		})
	}
}

func TestDriftNamesTheTriggersThatGuardTheLedger(t *testing.T) {
	t.Parallel()
	drops := map[string][]string{
		"sqlite":   {`DROP TRIGGER ledger_entries_stay`, `DROP TRIGGER ledger_entries_remain`, `DROP TRIGGER audit_entries_stay`, `DROP TRIGGER audit_entries_remain`},
		"postgres": {`DROP FUNCTION ledger_entries_refuse CASCADE`, `DROP FUNCTION audit_entries_refuse CASCADE`},
	}
	for dialect, statements := range drops {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			url := storetest.URL(t, dialect)
			db := open(t, url)
			exec(t, db, statements...)
			st := storetest.At(t, url)
			var drift *store.DriftError
			if err := st.CheckDrift(t.Context()); !errors.As(err, &drift) || drift.Breaks {
				t.Fatalf("got %v", err)
			}
			exec(t, db, drift.Statements...)
			if err := st.CheckDrift(t.Context()); err != nil {
				t.Errorf("after the statements: %v", err)
			}
			exec(t, db, firstRows[0], moneyRows[3])
			if _, err := db.ExecContext(t.Context(), `UPDATE ledger_entries SET tokens = 0`); err == nil {
				t.Error("an entry of the ledger was changed")
			}
		})
	}
}

// A database that is ahead belongs to a newer release.
func TestDriftIsNotSoughtAheadOfTheProgram(t *testing.T) {
	t.Parallel()
	for _, dialect := range storetest.Dialects {
		url := storetest.URL(t, dialect)
		exec(t, open(t, url), `DROP INDEX payment_transaction_id`, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (99990101000000, true)`)
		st := storetest.At(t, url)
		if err := errors.Join(st.CheckDrift(t.Context()), st.Compare(t.Context())); err != nil {
			t.Errorf("%s: got %v", dialect, err)
		}
	}
}
