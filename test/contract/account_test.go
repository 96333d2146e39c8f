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
	entpayment "github.com/weav-ai/weav/ent/payment"
	"github.com/weav-ai/weav/internal/app"
	"github.com/weav-ai/weav/internal/oid"
)

func TestAProfileThatAPersonWroteStays(t *testing.T) {
	t.Parallel()
	w := embedded(t)
	p := w.person(t, "ada")
	signIn := func(name string) answer {
		return w.signedOut().change(t, "signIn", object{"identity": object{"dev": object{"email": "ada@example.com", "firstName": name}}}, "viewer { firstName }")
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

// stayBehind are the tables that keep rows of somebody who is gone, or never had any of a person's.
var stayBehind = map[string]string{
	"objects":          "the sweeper deletes them with what lies in the store",
	"payments":         "the law asks for them; they name nobody",
	"payment_steps":    "as payments",
	"sandbox_payments": "what the sandbox's gateway knows, which is nobody's name",
	"audit_entries":    "what the administration did is kept",
	"payment_notices":  "ids of a gateway's notices",
	"model_warnings":   "about models",
}

// TestNothingOfADeletedAccountIsLeft compares all tables with what they were before the person came: a new one with a row of
// the person in it is looked at, too, whatever its columns are called.
func TestNothingOfADeletedAccountIsLeft(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		stays := w.fixture(t, "stays")
		mine := `{ viewer { chats { nodes { id } } jobs { nodes { id } } artifacts { nodes { id } } files { nodes { id } } plans { nodes { id } } } }`
		had := stays.get(t, mine, nil)
		before := allRows(t, w)
		gone := w.everywhere(t, "gone")
		id, err := oid.Parse[oid.User](gone.user)
		must(t, err)
		for table, n := range allRows(t, w) {
			if stayBehind[table] == "" && n <= before[table] {
				t.Errorf("nothing of the person is in %s: this test does not tell whether it goes", table)
			}
		}
		gone.order(t, object{"image": object{"prompt": "[sandbox:first_after=60000] unfinished"}}, nil)
		gone.change(t, "deleteAccount", operations["deleteAccount"].input(gone), "viewer { id }")
		must(t, w.rows.User.UpdateOneID(id).SetDeletesAt(time.Now().Add(-time.Minute)).Exec(t.Context()))
		must(t, w.app.Erase(t.Context()))
		must(t, w.app.Erase(t.Context())) // There is nothing to do, and nothing breaks.
		for table, n := range allRows(t, w) {
			if stayBehind[table] == "" && n != before[table] {
				t.Errorf("%s has %d rows, and had %d before somebody came who is gone", table, n, before[table])
			}
		}
		if n := w.rows.Object.Query().Where(entobject.UserID(id), entobject.StateNEQ(entobject.StateDoomed)).CountX(t.Context()); n != 0 {
			t.Errorf("%d objects stay", n)
		}
		kept := w.rows.Payment.Query().Where(entpayment.UserIDIsNil()).CountX(t.Context())
		if all := w.rows.Payment.Query().CountX(t.Context()); all != 2 || kept != 1 {
			t.Errorf("of %d payments %d name nobody, want one of two", all, kept)
		}
		if has := stays.get(t, mine, nil); fmt.Sprint(had.Data) != fmt.Sprint(has.Data) {
			t.Errorf("somebody else had %v and has %v", had.Data, has.Data)
		}
		if a := w.person(t, "gone").get(t, `{ viewer { id } }`, nil); a.text("viewer.id") == gone.user {
			t.Error("the account is still there")
		}
	})
}

// everywhere is a person with a row in every table that has people's.
func (w *world) everywhere(t *testing.T, name string) *fixture {
	t.Helper()
	f := w.fixture(t, name)
	id, err := oid.Parse[oid.User](f.user)
	must(t, err)
	sent := f.change(t, "sendMessage", object{"chatId": f.chat, "text": "[sandbox:echo] look", "attachmentIds": []string{f.file, f.artifact}, "idempotencyKey": key()}, "reply { id }")
	f.awaitEnd(t, f.chat, sent.text("result.reply.id"))
	apiKey, err := oid.Parse[oid.APIKey](f.apiKey)
	must(t, err)
	must(t, w.rows.KeyMonth.Create().SetAPIKeyID(apiKey).SetMonth("2026-11").Exec(t.Context()))
	must(t, w.rows.ProviderKey.Create().SetUserID(id).SetProvider("openai").SetSealed("x").SetHint("x").Exec(t.Context()))
	must(t, w.rows.MembershipChange.Create().SetUserID(id).SetKind("GIFT").SetPlan("STANDARD").SetMicros(1).SetTypeAfter("STANDARD").Exec(t.Context()))
	return f
}

// allRows is how many rows each table has, the index of texts included, which ent does not know.
func allRows(t *testing.T, w *world) map[string]int {
	t.Helper()
	out := map[string]int{"message_search": rowsOf(t, w, "SELECT COUNT(*) FROM message_search")}
	for _, table := range migrate.Tables {
		out[table.Name] = rowsOf(t, w, "SELECT COUNT(*) FROM "+table.Name)
	}
	return out
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
