package admin_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"entgo.io/ent/dialect/sql"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/user"
	"github.com/weav-ai/weav/internal/admin"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/page"
	"github.com/weav-ai/weav/internal/store"
)

// emails are the addresses of a page of users.
func (o fixture) emails(f admin.UserFilter, args page.Args) ([]string, *page.Result[string]) {
	o.t.Helper()
	found, err := o.Users(o.t.Context(), f, args)
	must(o.t, err)
	var emails []string
	next := &page.Result[string]{HasNext: found.HasNext}
	for _, u := range found.Items {
		emails, next.Items = append(emails, *u.Email), append(next.Items, admin.UserCursor(u))
	}
	return emails, next
}

func TestUsersArePaged(t *testing.T) {
	t.Parallel()
	each(t, func(o fixture) {
		want := []string{"boss@example.com"}
		for i := range 4 {
			email := fmt.Sprintf("p%d@example.com", i)
			o.person(email)
			want = append(want, email)
		}
		slices.Reverse(want)
		var got []string
		args := page.Args{First: ptr(2)}
		for pages := 1; pages <= 5; pages++ { // A list that does not end is wrong.
			emails, next := o.emails(admin.UserFilter{}, args)
			if got = append(got, emails...); !next.HasNext {
				if pages != 3 {
					o.t.Errorf("%d pages of 2 for 5 people", pages)
				}
				break
			}
			args.After = ptr(next.Items[len(next.Items)-1])
			o.person(fmt.Sprintf("late%d@example.com", pages)) // Who comes meanwhile stands before.
		}
		if !slices.Equal(got, want) {
			o.t.Errorf("got %v, want %v", got, want)
		}
		for what, args := range map[string]page.Args{"a cursor of the audit log": {After: ptr(page.Encode("administration.audit", o.actor.String()))}, "no cursor": {After: ptr("!")}} {
			_, err := o.Users(o.t.Context(), admin.UserFilter{}, args)
			wantCode(o.t, what, err, errs.BadCursor)
		}
	})
}

func TestUsersByThePrefixOfTheirAddress(t *testing.T) {
	t.Parallel()
	each(t, func(o fixture) {
		ada := o.person("ada@example.com")
		for _, email := range []string{"ad_min@example.com", "adxmin@example.com", "aﬀ%@example.com", "zoë@example.com", named} {
			o.person(email)
		}
		for beginning, want := range map[string][]string{
			"ada@":                    {"ada@example.com"},
			"ADA@Example":             {"ada@example.com"},
			"ad":                      {"ada@example.com", "ad_min@example.com", "adxmin@example.com"},
			"ad_":                     {"ad_min@example.com"},
			"a%":                      nil,
			"aﬀ%":                     {"aﬀ%@example.com"},
			"ZOË":                     {"zoë@example.com"},
			"da":                      nil,
			`a\`:                      nil,
			"'":                       nil,
			strings.Repeat("x", 254):  nil,
			"boss@example.com":        {"boss@example.com"},
			"boss@example.com.invali": nil,
		} {
			got, _ := o.emails(admin.UserFilter{Email: &beginning}, page.Args{})
			slices.Reverse(got)
			if !slices.Equal(got, want) {
				o.t.Errorf("%q: %v, want %v", beginning, got, want)
			}
		}
		for what, email := range map[string]string{"nothing": "", "too long": strings.Repeat("x", 255), "with a NUL": "a\x00", "no text": "\xff"} {
			_, err := o.Users(o.t.Context(), admin.UserFilter{Email: &email}, page.Args{})
			wantCode(o.t, what, err, errs.BadUserInput)
		}
		one, _ := o.emails(admin.UserFilter{ID: ptr(ada.String())}, page.Args{})
		none, _ := o.emails(admin.UserFilter{ID: ptr(ada.String()), Email: ptr("b")}, page.Args{})
		if !slices.Equal(one, []string{"ada@example.com"}) || none != nil {
			o.t.Errorf("by id %v, with another address %v", one, none)
		}
		for _, id := range []string{oid.New[oid.User]().String(), "", "user_", "x\x00y"} {
			_, err := o.Users(o.t.Context(), admin.UserFilter{ID: &id}, page.Args{})
			wantCode(o.t, "people by "+id, err, errs.NotFound)
			_, err = o.SearchJobs(o.t.Context(), &id, nil, page.Args{})
			wantCode(o.t, "jobs of "+id, err, errs.NotFound)
			_, err = o.Payments(o.t.Context(), &id, nil, page.Args{})
			wantCode(o.t, "payments of "+id, err, errs.NotFound)
			_, err = o.Audit(o.t.Context(), &id, page.Args{})
			wantCode(o.t, "entries of "+id, err, errs.NotFound)
		}
	})
}

// The search reads the index of addresses and not all users, in both databases and with any collation.
func TestTheSearchByAddressUsesItsIndex(t *testing.T) {
	t.Parallel()
	each(t, func(o fixture) {
		client := o.store.Client()
		rows := make([]*ent.UserCreate, 2000)
		for i := range rows {
			rows[i] = client.User.Create().SetUID(fmt.Sprint(i)).SetEmail(fmt.Sprintf("p%d@example.com", i))
		}
		must(o.t, client.User.CreateBulk(rows...).Exec(o.t.Context()))
		_, err := client.ExecContext(o.t.Context(), "ANALYZE")
		must(o.t, err)
		if plan := o.plan("p777@"); !strings.Contains(plan, "user_email") {
			o.t.Errorf("the plan is\n%s", plan)
		}
	})
}

// plan is how the database would search.
func (o fixture) plan(beginning string) string {
	o.t.Helper()
	explain := "EXPLAIN "
	if o.store.Dialect() == store.SQLite {
		explain = "EXPLAIN QUERY PLAN "
	}
	builder := sql.Dialect(o.store.Dialect())
	q := builder.Select(user.FieldID, user.FieldRole).From(builder.Table(user.Table)).OrderBy(sql.Desc(user.FieldID)).Limit(21)
	admin.EmailBegins(beginning)(q)
	query, args := q.Query()
	rows, err := o.store.Client().QueryContext(o.t.Context(), explain+query, args...)
	must(o.t, err)
	defer rows.Close()
	columns, err := rows.Columns()
	must(o.t, err)
	var plan strings.Builder
	for rows.Next() {
		values := make([]any, len(columns))
		for i := range values {
			values[i] = new(any)
		}
		must(o.t, rows.Scan(values...))
		fmt.Fprintln(&plan, *values[len(values)-1].(*any))
	}
	must(o.t, rows.Err())
	return plan.String()
}
