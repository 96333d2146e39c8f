package contract

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/weav-ai/weav/ent/migrate"
	entobject "github.com/weav-ai/weav/ent/object"
	"github.com/weav-ai/weav/internal/app"
	"github.com/weav-ai/weav/internal/oid"
)

func TestAProfileThatAPersonWroteStays(t *testing.T) {
	t.Parallel()
	w := embedded(t)
	p := w.person(t, "ada")
	signIn := func(name string) answer {
		return w.nobody().change(t, "signIn", object{"identity": object{"dev": object{"email": "ada@example.com", "firstName": name}}}, "viewer { firstName }")
	}
	if a := signIn("First"); a.text("result.viewer.firstName") != "First" {
		t.Errorf("signed in as %v", a.Data)
	}
	p.change(t, "updateProfile", object{"firstName": "Mine", "photoUrl": "https://example.com/a.png"}, "viewer { id }")
	if a := signIn("Other"); a.text("result.viewer.firstName") != "Mine" {
		t.Errorf("after a sign-in the name is %v", a.Data)
	}
	for what, url := range map[string]string{"plain": "http://example.com/a.png", "with a password": "https://a:b@example.com/", "no host": "https:///a", "long": "https://example.com/" + strings.Repeat("a", 2000)} {
		if a := p.mutate(t, "updateProfile", object{"photoUrl": url}, "viewer { id }"); a.reason() != "INVALID_VALUE" && a.code() == "" {
			t.Errorf("a picture %s: %v", what, a.Data)
		}
	}
	if a := p.change(t, "updateProfile", object{"photoUrl": nil}, "viewer { photoUrl firstName }"); a.at("result.viewer.photoUrl") != nil || a.text("result.viewer.firstName") != "Mine" {
		t.Errorf("without a picture: %v", a.Data)
	}
}

func TestADeletionCanBeUndone(t *testing.T) {
	t.Parallel()
	w := embedded(t)
	f := w.fixture(t, "ada")
	k := f.withKey(t, nil, "READ")
	if a := f.mutate(t, "deleteAccount", object{"identity": object{"dev": object{"email": "bob@example.com"}}}, "viewer { deletesAt }"); a.reason() != "INVALID_VALUE" {
		t.Errorf("confirmed by another: %v", a.at("result"))
	}
	socket := k.socket(t)
	input := operations["deleteAccount"].input(f)
	first := f.change(t, "deleteAccount", input, "viewer { deletesAt }")
	again := f.change(t, "deleteAccount", input, "viewer { deletesAt sessions { isCurrent } }")
	if first.text("result.viewer.deletesAt") == "" || first.text("result.viewer.deletesAt") != again.text("result.viewer.deletesAt") || len(again.list("result.viewer.sessions", "x")) != 1 {
		t.Errorf("deleted %v, again %v", first.Data, again.Data)
	}
	if a := k.do(t, `{ viewer { id } }`, nil); a.code() != "UNAUTHENTICATED" {
		t.Errorf("a key of it: %v", a.Errors)
	}
	select {
	case <-socket.Gone():
	case <-time.After(20 * time.Second):
		t.Error("the socket of a key of it stays open")
	}
	if a := f.mutate(t, "sendMessage", sendInput(f), "reply { id }"); a.code() != "FORBIDDEN" {
		t.Errorf("a message of it: %v", a.Errors)
	}
	f.change(t, "restoreAccount", object{}, "viewer { deletesAt }")
	if a := f.change(t, "restoreAccount", object{}, "viewer { deletesAt }"); a.at("result.viewer.deletesAt") != nil {
		t.Errorf("restored %v", a.Data)
	}
	f.change(t, "sendMessage", sendInput(f), "reply { id }")
	k.get(t, `{ viewer { id } }`, nil) // The keys are back, too.
}

// TestTheFirstAdministratorIsNamedByTheSettings: the role that is shown is the one that holds.
func TestTheFirstAdministratorIsNamedByTheSettings(t *testing.T) {
	t.Parallel()
	w := start(t, app.Part{Serves: true, Works: true}, map[string]string{"ADMIN_EMAILS": "first@example.com"})
	for name, want := range map[string]string{"first": "ADMIN", "other": "MEMBER"} {
		if got := w.person(t, name).get(t, `{ viewer { role } }`, nil).text("viewer.role"); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
}

// TestNothingOfADeletedAccountIsLeft walks all tables: a new one with a person in it is empty of them too.
func TestNothingOfADeletedAccountIsLeft(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		gone, stays := w.fixture(t, "gone"), w.fixture(t, "stays")
		id, err := oid.Parse[oid.User](gone.user)
		must(t, err)
		before := stays.get(t, `{ viewer { chats { nodes { id } } jobs { nodes { id } } artifacts { nodes { id } } files { nodes { id } } plans { nodes { id } } } }`, nil)
		gone.order(t, object{"image": object{"prompt": "[sandbox:first_after=60000] unfinished"}}, nil)
		gone.change(t, "deleteAccount", operations["deleteAccount"].input(gone), "viewer { id }")
		must(t, w.rows.User.UpdateOneID(id).SetDeletesAt(time.Now().Add(-time.Minute)).Exec(t.Context()))
		must(t, w.app.Erase(t.Context()))
		must(t, w.app.Erase(t.Context())) // There is nothing to do, and nothing breaks.
		for _, table := range migrate.Tables {
			column := "user_id"
			switch table.Name {
			case "users":
				column = "id"
			case "objects", "audit_entries": // The sweeper deletes objects; what the administration did is kept.
				continue
			}
			for _, c := range table.Columns {
				if c.Name != column {
					continue
				}
				if n := rowsOf(t, w, fmt.Sprintf("SELECT COUNT(*) FROM %s WHERE %s = $1", table.Name, column), id); n != 0 {
					t.Errorf("%s has %d rows of somebody who is gone", table.Name, n)
				}
			}
		}
		if n := w.rows.Object.Query().Where(entobject.UserID(id), entobject.StateNEQ(entobject.StateDoomed)).CountX(t.Context()); n != 0 {
			t.Errorf("%d objects stay", n)
		}
		if n := w.rows.Payment.Query().CountX(t.Context()); n != 2 {
			t.Errorf("%d payments are kept, want those of both", n)
		}
		after := stays.get(t, `{ viewer { chats { nodes { id } } jobs { nodes { id } } artifacts { nodes { id } } files { nodes { id } } plans { nodes { id } } } }`, nil)
		if fmt.Sprint(before.Data) != fmt.Sprint(after.Data) {
			t.Errorf("somebody else had %v and has %v", before.Data, after.Data)
		}
		if a := w.person(t, "gone").get(t, `{ viewer { id } }`, nil); a.text("viewer.id") == gone.user {
			t.Error("the account is still there")
		}
	})
}

func rowsOf(t *testing.T, w *world, query string, args ...any) (n int) {
	t.Helper()
	rows, err := w.rows.QueryContext(context.WithoutCancel(t.Context()), query, args...)
	must(t, err)
	defer func() { must(t, rows.Close()) }()
	if !rows.Next() {
		must(t, sql.ErrNoRows)
	}
	must(t, rows.Scan(&n))
	must(t, rows.Err())
	return n
}
