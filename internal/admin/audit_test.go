package admin_test

import (
	"strings"
	"testing"

	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/page"
)

// No entry can be changed or deleted, not even by SQL.
func TestTheAuditLogOnlyGrows(t *testing.T) {
	t.Parallel()
	each(t, func(o fixture) {
		who := o.person("ada@example.com")
		must(o.t, o.grant(who, 1, "a"))
		statements := []string{"UPDATE audit_entries SET reason = 'another'", "DELETE FROM audit_entries"}
		if o.store.Dialect() == "postgres" {
			statements = append(statements, "TRUNCATE audit_entries")
		}
		for _, statement := range statements {
			_, err := o.store.Client().ExecContext(o.t.Context(), statement)
			if err == nil || !strings.Contains(err.Error(), "only grows") {
				o.t.Errorf("%s: %v", statement, err)
			}
		}
		must(o.t, o.grant(who, 1, "b"))
		if log := o.entries(); len(log) != 2 || log[0].Reason != "why" {
			o.t.Errorf("the log is %v", log)
		}
	})
}

// The entry remains when neither the actor nor the user has an account any more.
func TestTheAuditLogOutlivesAccounts(t *testing.T) {
	t.Parallel()
	each(t, func(o fixture) {
		who := o.person("ada@example.com")
		must(o.t, o.grant(who, 1, "a"))
		for _, gone := range []oid.User{who, o.actor} {
			must(o.t, o.store.Client().User.DeleteOneID(gone).Exec(o.t.Context()))
		}
		found, err := o.Audit(o.t.Context(), ptr(who.String()), page.Args{})
		must(o.t, err)
		if len(found.Items) != 1 || found.Items[0].Actor != "boss@example.com" {
			o.t.Errorf("of somebody who is gone: %v", found.Items)
		}
		_, err = o.Audit(o.t.Context(), ptr(o.actor.String()), page.Args{})
		wantCode(o.t, "of somebody gone without an entry", err, errs.NotFound)
	})
}
