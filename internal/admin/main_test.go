package admin_test

import (
	"bytes"
	"log/slog"
	"testing"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/auditentry"
	"github.com/weav-ai/weav/ent/user"
	"github.com/weav-ai/weav/internal/account"
	"github.com/weav-ai/weav/internal/admin"
	"github.com/weav-ai/weav/internal/apikey"
	"github.com/weav-ai/weav/internal/auth/devauth"
	"github.com/weav-ai/weav/internal/billing"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/membership"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/store/storetest"
	"github.com/weav-ai/weav/test/servicetest"
)

func TestMain(m *testing.M) { servicetest.Main(m) }

// named is the address that the settings of these tests make ADMIN.
const named = "named@example.com"

// fixture is the administration of a store, with an actor.
type fixture struct {
	*admin.Service
	t     *testing.T
	store *store.Store
	actor oid.User
}

// each runs test on both databases.
func each(t *testing.T, test func(o fixture)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, st *store.Store) { test(newOffice(t, st)) })
}

func newOffice(t *testing.T, st *store.Store) fixture {
	t.Helper()
	models, err := catalog.Load(catalog.Settings{})
	must(t, err)
	plans, err := membership.Load(membership.Settings{Billing: true})
	must(t, err)
	log := slog.New(slog.DiscardHandler)
	accounts, err := account.New(st, devauth.New(), func(string) error { return nil }, log, account.Config{JWTSecret: bytes.Repeat([]byte("k"), 32)})
	must(t, err)
	o := fixture{t: t, store: st, Service: admin.New(admin.Parts{
		Store: st, Accounts: accounts, APIKeys: apikey.New(st, models, nil, nil),
		Billing: billing.New(billing.Parts{Store: st, Plans: plans, Log: log}, billing.Config{}), RoleOf: roleOf,
	})}
	o.actor = o.person("boss@example.com")
	return o
}

func roleOf(u *ent.User) user.Role {
	if u.Email != nil && *u.Email == named {
		return user.RoleAdmin
	}
	return u.Role
}

// person stores a user with an address.
func (o fixture) person(email string) oid.User {
	o.t.Helper()
	id := storetest.User(o.t, o.store)
	must(o.t, o.store.Client().User.UpdateOneID(id).SetEmail(email).Exec(o.t.Context()))
	return id
}

// entries are what the audit log holds, the oldest first.
func (o fixture) entries() []*ent.AuditEntry {
	o.t.Helper()
	rows, err := o.store.Client().AuditEntry.Query().Order(auditentry.ByID()).All(o.t.Context())
	must(o.t, err)
	return rows
}

func (o fixture) grant(to oid.User, days int, key string) error {
	_, err := o.Grant(o.t.Context(), o.actor, admin.GrantInput{UserID: to.String(), Plan: catalog.Standard, Days: days, Reason: "why", Key: key})
	return err
}

func ptr[T any](v T) *T { return &v }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantCode(t *testing.T, what string, err error, want errs.Code) {
	t.Helper()
	if got := errs.CodeOf(err); got != want {
		t.Errorf("%s: %v, want %s", what, err, want)
	}
}
