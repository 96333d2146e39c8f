package admin_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/weav-ai/weav/ent/user"
	"github.com/weav-ai/weav/internal/admin"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/oid"
)

func TestParallelGrantsOfOneKeyGiveOnce(t *testing.T) {
	t.Parallel()
	each(t, func(o fixture) {
		who := o.person("ada@example.com")
		var wg sync.WaitGroup
		faults := make([]error, 20)
		for i := range faults {
			wg.Go(func() { faults[i] = o.grant(who, 10, "one key") })
		}
		wg.Wait()
		must(o.t, errors.Join(faults...))
		u, err := o.store.Client().User.Get(o.t.Context(), who)
		must(o.t, err)
		if left := time.Until(*u.MembershipExpiresAt).Round(time.Hour); u.MembershipType != user.MembershipTypeStandard || left != 240*time.Hour {
			o.t.Errorf("%s for %v, want STANDARD for 240h", u.MembershipType, left)
		}
		log := o.entries()
		if len(log) != 1 {
			o.t.Fatalf("%d entries, want 1", len(log))
		}
		e := log[0]
		if e.ActorID != o.actor || e.Actor != "boss@example.com" || e.Action != string(admin.MembershipGranted) || e.Subject != who.String() ||
			*e.UserID != who || e.Reason != "why" || admin.Detail(e) != "10 days of STANDARD." {
			o.t.Errorf("the entry is %+v", e)
		}
		wantCode(o.t, "another input", o.grant(who, 11, "one key"), errs.IdempotencyConflict)
	})
}

func TestAFailedActionLeavesNoAuditEntry(t *testing.T) {
	t.Parallel()
	each(t, func(o fixture) {
		who, first := o.person("ada@example.com").String(), o.person(named).String()
		grant := func(id string, plan catalog.Plan, days int, reason string) error {
			_, err := o.Grant(o.t.Context(), o.actor, admin.GrantInput{UserID: id, Plan: plan, Days: days, Reason: reason, Key: "k"})
			return err
		}
		role := func(id string, role user.Role, reason string) error {
			_, err := o.SetRole(o.t.Context(), o.actor, id, role, reason)
			return err
		}
		end := func(id, reason string) error {
			_, err := o.EndSessions(o.t.Context(), o.actor, id, reason)
			return err
		}
		unknown := oid.New[oid.User]().String()
		inputs := map[string]error{
			"no days":                     grant(who, catalog.Standard, 0, "r"),
			"too many days":               grant(who, catalog.Standard, admin.MaxDays+1, "r"),
			"nothing to give":             grant(who, catalog.Free, 1, "r"),
			"no reason":                   grant(who, catalog.Premium, 1, " "),
			"too long a reason":           grant(who, catalog.Premium, 1, strings.Repeat("가", admin.MaxReason+1)),
			"a role for no reason":        role(who, user.RoleSupport, ""),
			"one's own role":              role(o.actor.String(), user.RoleMember, "r"),
			"whom the settings name":      role(first, user.RoleSupport, "r"),
			"sessions for no reason":      end(who, ""),
			"the settings' one to MEMBER": role(first, user.RoleMember, "r"),
		}
		for what, err := range inputs {
			if _, ok := errs.InputOf(err); !ok {
				o.t.Errorf("%s: %v, want an input error", what, err)
			}
		}
		for _, id := range []string{unknown, "", "user_", "chat_01", "x\x00y"} {
			wantCode(o.t, "grant to "+id, grant(id, catalog.Standard, 1, "r"), errs.NotFound)
			wantCode(o.t, "role of "+id, role(id, user.RoleSupport, "r"), errs.NotFound)
			wantCode(o.t, "sessions of "+id, end(id, "r"), errs.NotFound)
		}
		if log := o.entries(); len(log) != 0 {
			o.t.Errorf("%d entries, the first %v", len(log), log[0])
		}
	})
}

// A grant and its audit entry are committed together or not at all, in both directions.
func TestAGrantAndItsAuditEntryCommitTogether(t *testing.T) {
	t.Parallel()
	each(t, func(o fixture) {
		who := o.person("ada@example.com")
		boss := o.actor
		o.actor = oid.New[oid.User]() // An unknown actor: the entry cannot be written.
		if err := o.grant(who, 10, "k"); err == nil {
			o.t.Error("nobody gave a membership")
		}
		u, err := o.store.Client().User.Get(o.t.Context(), who)
		must(o.t, err)
		if u.MembershipType != user.MembershipTypeFree {
			o.t.Errorf("the membership is %s without an entry", u.MembershipType)
		}
		o.actor = boss
		for i := range 9 { // Ten years each; nothing may last a hundred.
			must(o.t, o.grant(who, admin.MaxDays, string(rune('a'+i))))
		}
		if err := o.grant(who, admin.MaxDays, "too far"); err == nil {
			o.t.Error("a membership of more than a hundred years")
		}
		if log := o.entries(); len(log) != 9 {
			o.t.Errorf("%d entries for 9 grants", len(log))
		}
	})
}

func TestRoles(t *testing.T) {
	t.Parallel()
	each(t, func(o fixture) {
		who, first := o.person("ada@example.com"), o.person(named)
		u, err := o.SetRole(o.t.Context(), o.actor, who.String(), user.RoleSupport, "helps")
		must(o.t, err)
		again, err := o.SetRole(o.t.Context(), o.actor, who.String(), user.RoleSupport, "once more")
		must(o.t, err)
		if u.Role != user.RoleSupport || again.Role != user.RoleSupport {
			o.t.Errorf("roles %s, %s", u.Role, again.Role)
		}
		u, err = o.SetRole(o.t.Context(), o.actor, first.String(), user.RoleAdmin, "stays when the settings change")
		must(o.t, err)
		if _, err := o.SetRole(o.t.Context(), o.actor, first.String(), user.RoleMember, "r"); err == nil || u.Role != user.RoleAdmin {
			o.t.Errorf("the settings' ADMIN is %s and was lowered (%v)", u.Role, err)
		}
		log := o.entries()
		if len(log) != 2 || admin.Detail(log[0]) != "From MEMBER to SUPPORT." || admin.Detail(log[1]) != "From MEMBER to ADMIN." {
			o.t.Errorf("the log is %v", log)
		}
	})
}
