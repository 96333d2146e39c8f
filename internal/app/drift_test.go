package app

import (
	"bytes"
	"database/sql"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/store/storetest"
)

// A process does not serve on a database without a column that it uses, serves with a warning on one
// without an index, and `weav migrate` and `weav check` name the statement in both cases.
func TestDatabaseThatDiffersFromItsMigrations(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, change, want string
		serves             bool
	}{
		{"a column is missing", `ALTER TABLE payments DROP COLUMN gateway_status`, "gateway_status", false},
		{"an index is missing", `DROP INDEX payment_transaction_id`, "payment_transaction_id", true},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			url := storetest.URL(t, "sqlite")
			db, err := sql.Open("sqlite", "file:"+strings.TrimPrefix(url, "sqlite:"))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := db.ExecContext(t.Context(), test.change); err != nil {
				t.Fatal(err)
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			vars := map[string]string{"DATABASE_URL": url, "DATA_DIR": t.TempDir()}
			cfg, err := Load(func(name string) string { return vars[name] })
			if err != nil {
				t.Fatal(err)
			}
			if err := Migrate(t.Context(), cfg); !errors.As(err, new(*store.DriftError)) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("migrate: got %v", err)
			}
			want(t, went(t, vars, nil)["database"], Unreachable, test.want)
			var logged bytes.Buffer
			a, err := Open(t.Context(), cfg, Part{Serves: true, Works: true}, slog.New(slog.NewTextHandler(&logged, nil)))
			if test.serves {
				if err != nil || !strings.Contains(logged.String(), test.want) {
					t.Fatalf("serve: got %v, logged %s", err, logged.String())
				}
				if err := a.Close(); err != nil {
					t.Error(err)
				}
			} else if !errors.As(err, new(*store.DriftError)) {
				t.Errorf("serve: got %v, want a DriftError", err)
			}
		})
	}
}
