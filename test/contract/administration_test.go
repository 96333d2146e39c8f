package contract

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/weav-ai/weav/ent/auditentry"
	"github.com/weav-ai/weav/ent/user"
	"github.com/weav-ai/weav/internal/app"
	"github.com/weav-ai/weav/internal/client"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/test/servicetest"
)

// withBoss runs a test on both kinds of parts, where the settings make boss@example.com ADMIN.
func withBoss(t *testing.T, run func(t *testing.T, w *world)) {
	t.Helper()
	for name, settings := range map[string]func(*testing.T) map[string]string{
		"embedded": func(*testing.T) map[string]string { return map[string]string{} }, "postgres and redis": services,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if servicetest.Race && name == "embedded" {
				t.Skip("SQLite is too slow under the race detector")
			}
			with := settings(t)
			with["ADMIN_EMAILS"] = address("boss")
			run(t, start(t, app.Part{Serves: true, Works: true}, with))
		})
	}
}

// idOf is the id of somebody who is signed in.
func (p *person) idOf(t *testing.T) string {
	t.Helper()
	return p.get(t, `{ viewer { id } }`, nil).text("viewer.id")
}

const auditFields = `actor action subject reason detail user { id email }`

// audited are the entries about somebody, the newest first, as action, actor, reason and detail.
func (p *person) audited(t *testing.T, of string) []string {
	t.Helper()
	a := p.get(t, `query ($of: ID) { administration { auditLog(userId: $of) { nodes { `+auditFields+` } } } }`, object{"of": of})
	var out []string
	for _, e := range a.at("administration.auditLog.nodes").([]any) {
		out = append(out, fmt.Sprintf("%s by %s: %s (%s)", at(e, "action"), at(e, "actor"), at(e, "reason"), at(e, "detail")))
	}
	return out
}

// TestAdministration does each of the administration's actions, and looks for what it did and for its entry.
func TestAdministration(t *testing.T) {
	t.Parallel()
	withBoss(t, func(t *testing.T, w *world) {
		boss, ada := w.person(t, "boss"), w.person(t, "ada")
		id := ada.idOf(t)

		grant := object{"userId": id, "plan": "PREMIUM", "days": 7, "reason": "sorry", "idempotencyKey": key()}
		boss.change(t, "grantMembership", grant, "account { id }")
		a := boss.change(t, "grantMembership", grant, "account { id membership { type expiresAt } }")
		until, err := time.Parse(time.RFC3339, a.text("result.account.membership.expiresAt"))
		if err != nil || a.text("result.account.membership.type") != "PREMIUM" || time.Until(until).Round(time.Hour) != 7*24*time.Hour {
			t.Errorf("given: %v (%v)", a.at("result.account"), err)
		}

		order := ada.orderPlan(t, "PREMIUM")
		if status := settled(t, order.Checkout.URL, "paid"); status != http.StatusNoContent {
			t.Fatalf("the page answered %d", status)
		}
		refund := object{"paymentId": order.ID, "amount": 900, "reason": "a fault", "idempotencyKey": key()}
		boss.change(t, "refundPayment", refund, "payment { status }")
		a = boss.change(t, "refundPayment", refund, "payment { status refundedAmount timeline { type source } }")
		steps := a.list("result.payment.timeline", "type")
		if a.at("result.payment.refundedAmount") != 900.0 || a.text("result.payment.status") != "PARTIALLY_REFUNDED" || !slices.Contains(steps, "REFUND_REQUESTED") {
			t.Errorf("paid back: %v", a.at("result.payment"))
		}

		a = boss.get(t, `query ($user: ID!) { administration { payments(userId: $user) { nodes { gateway gatewayId transactionId } } } }`, object{"user": id})
		at, _ := a.at("administration.payments.nodes").([]any)
		if node, _ := at[0].(map[string]any); len(at) != 1 || node["gateway"] != "sandbox" || node["gatewayId"] != order.Checkout.PaymentID || node["transactionId"] == nil {
			t.Errorf("at its gateway it is %v", at)
		}

		job := ada.order(t, object{"text": object{"prompt": "[sandbox:stall] a secret"}}, nil)
		a = boss.change(t, "cancelUserJob", object{"jobId": job, "reason": "it hangs"}, "job { id kind status failure { code } user { email } }")
		again := boss.change(t, "cancelUserJob", object{"jobId": job, "reason": "once more"}, "job { status }")
		if a.text("result.job.status") != "CANCELLED" || a.text("result.job.user.email") != address("ada") || again.text("result.job.status") != "CANCELLED" {
			t.Errorf("cancelled: %v, then %v", a.at("result.job"), again.at("result.job"))
		}

		a = boss.change(t, "setRole", object{"userId": id, "role": "SUPPORT", "reason": "she helps"}, "account { role }")
		if got := ada.get(t, `{ viewer { role } }`, nil).text("viewer.role"); a.text("result.account.role") != "SUPPORT" || got != "SUPPORT" {
			t.Errorf("the role is %s, to herself %s", a.text("result.account.role"), got)
		}

		secret := ada.change(t, "createApiKey", object{"name": "k", "scopes": []string{"READ"}, "idempotencyKey": key()}, "secret").text("result.secret")
		socket := ada.socket(t)
		boss.change(t, "endUserSessions", object{"userId": id, "reason": "a lost laptop"}, "account { id }")
		select {
		case <-socket.Gone():
		case <-time.After(20 * time.Second):
			t.Error("her socket is still open")
		}
		for what, token := range map[string]string{"session": ada.Token, "API key": secret} {
			with := &person{Client: client.Client{URL: w.url, Token: token}}
			if a := with.do(t, `{ viewer { id } }`, nil); a.at("viewer.id") != nil {
				t.Errorf("her %s is still good: %v", what, a.Data)
			}
		}

		by := " by " + address("boss") + ": "
		want := []string{
			"SESSIONS_ENDED" + by + "a lost laptop (Sessions: 1, and all API keys.)",
			"ROLE_SET" + by + "she helps (From MEMBER to SUPPORT.)",
			"JOB_CANCELLED" + by + "it hangs (A job of the kind TEXT.)",
			"PAYMENT_REFUNDED" + by + "a fault (900 KRW of 19,900.)",
			"MEMBERSHIP_GRANTED" + by + "sorry (7 days of PREMIUM.)",
		}
		if got := boss.audited(t, id); !slices.Equal(got, want) {
			t.Errorf("the audit log is\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		subjects := boss.get(t, `{ administration { auditLog { nodes { subject user { id } } } } }`, nil)
		if got := subjects.list("administration.auditLog.nodes", "subject"); !slices.Equal(got, []string{id, id, job, order.ID, id}) {
			t.Errorf("the subjects are %v", got)
		}
	})
}

// TestWhoMayAdminister asks for everything as everybody.
func TestWhoMayAdminister(t *testing.T) {
	t.Parallel()
	withBoss(t, func(t *testing.T, w *world) {
		boss, support, member := w.person(t, "boss"), w.person(t, "support"), w.fixture(t, "member")
		must(t, w.rows.User.Update().Where(user.Email(address("support"))).SetRole(user.RoleSupport).Exec(t.Context()))
		scopes := []string{"READ", "CHAT", "JOBS", "FILES"}
		secret := boss.change(t, "createApiKey", object{"name": "k", "scopes": scopes, "idempotencyKey": key()}, "secret").text("result.secret")
		before := w.counts(t)
		for _, who := range []struct {
			name        string
			p           *person
			reads, acts string
		}{
			{"nobody", w.signedOut(), "UNAUTHENTICATED", "UNAUTHENTICATED"},
			{"a member", member.person, "FORBIDDEN", "FORBIDDEN"},
			{"an API key of the boss", &person{Client: client.Client{URL: w.url, Token: secret}}, "FORBIDDEN", "FORBIDDEN"},
			{"the support", support, "", "FORBIDDEN"},
			{"the boss", boss, "", ""},
		} {
			for _, list := range []string{"users", "payments", "jobs", "auditLog"} {
				a := who.p.do(t, `{ administration { `+list+` { nodes { __typename } } } }`, nil)
				if a.code() != who.reads || (who.reads != "" && at(a.Data, "administration") != nil) {
					t.Errorf("%s asks for %s: %v %v, want %q", who.name, list, a.Errors, a.Data, who.reads)
				}
			}
			for _, name := range mutationsThatNeed(t, "ADMIN") {
				if who.acts == "" {
					break
				}
				op := operations[name]
				if a := who.p.mutate(t, name, op.input(member), op.selection); a.code() != who.acts {
					t.Errorf("%s does %s: %v, want %s", who.name, name, a.Errors, who.acts)
				}
			}
		}
		sameCounts(t, before, w.counts(t))
		n, err := w.rows.User.Query().Where(user.MembershipTypeNEQ(user.MembershipTypeFree)).Count(t.Context())
		if err != nil || n != 0 {
			t.Errorf("%d got a membership (%v)", n, err)
		}
	})
}

// TestWhatTheAdministrationCannotDo spoils each input in turn: nothing happens, and nothing is written down.
func TestWhatTheAdministrationCannotDo(t *testing.T) {
	t.Parallel()
	withBoss(t, func(t *testing.T, w *world) {
		boss, f := w.person(t, "boss"), w.fixture(t, "ada")
		own := boss.idOf(t)
		before := w.counts(t)
		for _, c := range []struct {
			mutation, field string
			value           any
			reason          string
		}{
			{"grantMembership", "days", 0, "INVALID_VALUE"},
			{"grantMembership", "days", 3661, "INVALID_VALUE"},
			{"grantMembership", "plan", "FREE", "INVALID_VALUE"},
			{"setRole", "userId", own, "INVALID_VALUE"},
			{"refundPayment", "amount", 1, "WRONG_STATUS"}, // It is not paid.
		} {
			op := operations[c.mutation]
			if a := boss.mutate(t, c.mutation, with(op.input(f), c.field, c.value), op.selection); a.reason() != c.reason {
				t.Errorf("%s with %s %v: %v %v, want %s", c.mutation, c.field, c.value, a.Errors, a.at("result"), c.reason)
			}
		}
		for _, name := range mutationsThatNeed(t, "ADMIN") {
			op := operations[name]
			for reason, want := range map[string]string{"": "REQUIRED", "\u3000": "REQUIRED", strings.Repeat("가", 501): "TOO_LONG", "a\x00b": "INVALID_CHARACTERS"} {
				a := boss.mutate(t, name, with(op.input(f), "reason", reason), op.selection)
				if got, _ := json.Marshal(a.at("result.userErrors.0.path")); a.reason() != want || string(got) != `["input","reason"]` {
					t.Errorf("%s because %.10q: %v %v, want %s", name, reason, a.Errors, a.at("result"), want)
				}
			}
			for _, field := range []string{"userId", "paymentId", "jobId"} {
				if _, has := op.input(f)[field]; !has {
					continue
				}
				for _, id := range []string{fresh[oid.User](), fresh[oid.Payment](), fresh[oid.Job](), "", "user_", "x\x00y", longID, f.chat} {
					if a := boss.mutate(t, name, with(op.input(f), field, id), op.selection); a.code() != "NOT_FOUND" {
						t.Errorf("%s of %.40q: %v %v", name, id, a.Errors, a.at("result"))
					}
				}
			}
		}
		sameCounts(t, before, w.counts(t))
		for _, list := range []string{"users(id: $id)", "payments(userId: $id)", "jobs(userId: $id)", "auditLog(userId: $id)"} {
			for _, id := range []string{fresh[oid.User](), "", "user_", "x\x00y", longID, f.chat} {
				a := boss.do(t, `query ($id: ID) { administration { `+list+` { nodes { __typename } } } }`, object{"id": id})
				if a.code() != "NOT_FOUND" {
					t.Errorf("%s of %.40q: %v %v", list, id, a.Errors, a.Data)
				}
			}
		}
	})
}

// TestAdministrationLists pages and filters what the administration sees.
func TestAdministrationLists(t *testing.T) {
	t.Parallel()
	withBoss(t, func(t *testing.T, w *world) {
		boss := w.person(t, "boss")
		people := []string{address("boss")}
		var last *person
		for i := range 4 {
			last = w.person(t, fmt.Sprint("p", i))
			people = append(people, address(fmt.Sprint("p", i)))
		}
		slices.Reverse(people)
		if got := boss.pages(t, "users", "email"); !slices.Equal(got, people) {
			t.Errorf("people: %v, want %v", got, people)
		}
		named := boss.get(t, `query ($email: String) { administration { users(email: $email) { nodes { role } } } }`, object{"email": address("boss")})
		if got := named.text("administration.users.nodes.0.role"); got != "ADMIN" {
			t.Errorf("whom the settings make ADMIN is shown as %s", got)
		}
		var orders, jobs []string
		for range 5 {
			orders = append(orders, last.orderPlan(t, "STANDARD").ID)
		}
		for range 5 {
			job := last.order(t, object{"text": object{"prompt": "[sandbox:stall] a secret"}}, nil)
			boss.change(t, "cancelUserJob", object{"jobId": job, "reason": "r"}, "job { id }")
			jobs = append(jobs, job)
		}
		slices.Reverse(orders)
		slices.Reverse(jobs)
		for list, want := range map[string]struct {
			below   string
			entries []string
		}{"payments": {"payment.id", orders}, "jobs": {"id", jobs}, "auditLog": {"subject", jobs}} {
			if got := boss.pages(t, list, want.below); !slices.Equal(got, want.entries) {
				t.Errorf("%s: %v, want %v", list, got, want.entries)
			}
		}
		for list, want := range map[string]int{
			`users(email: "P")`: 4, `users(email: "p3@")`: 1, `users(email: "3@")`: 0, `users(email: "p_@")`: 0,
			`jobs(statuses: [CANCELLED])`: 5, `jobs(statuses: [COMPLETED, FAILED])`: 0,
			`payments(statuses: [PENDING])`: 5, `payments(statuses: [PAID])`: 0,
			fmt.Sprintf(`jobs(userId: %q)`, boss.idOf(t)): 0, fmt.Sprintf(`payments(userId: %q)`, last.idOf(t)): 5,
			fmt.Sprintf(`users(id: %q)`, last.idOf(t)): 1, fmt.Sprintf(`auditLog(userId: %q)`, boss.idOf(t)): 0,
		} {
			name, _, _ := strings.Cut(list, "(")
			if got := boss.get(t, `{ administration { `+list+` { nodes { __typename } } } }`, nil).at("administration." + name + ".nodes").([]any); len(got) != want {
				t.Errorf("%s has %d entries, want %d", list, len(got), want)
			}
		}
		for list, code := range map[string]string{
			`users(first: 0)`: "BAD_USER_INPUT", `users(first: 101)`: "BAD_USER_INPUT", `users(email: "")`: "BAD_USER_INPUT",
			`jobs(after: "!")`: "BAD_CURSOR", `auditLog(after: "djF8Y2hhdHM")`: "BAD_CURSOR",
		} {
			if a := boss.do(t, `{ administration { `+list+` { nodes { __typename } } } }`, nil); a.code() != code {
				t.Errorf("%s: %v, want %s", list, a.Errors, code)
			}
		}
	})
}

// pages reads a list of the administration in pages of two; below is what each entry shows.
func (p *person) pages(t *testing.T, list, below string) []string {
	t.Helper()
	selection := below
	if outer, inner, nested := strings.Cut(below, "."); nested {
		selection = outer + " { " + inner + " }"
	}
	var out []string
	var after any
	for range 20 {
		a := p.get(t, `query ($after: Cursor) { administration { `+list+`(first: 2, after: $after) { nodes { `+selection+` } edges { cursor }
			pageInfo { hasNextPage endCursor } } } }`, object{"after": after})
		out = append(out, a.list("administration."+list+".nodes", below)...)
		if a.at("administration."+list+".pageInfo.hasNextPage") == false {
			return out
		}
		after = a.at("administration." + list + ".pageInfo.endCursor")
	}
	t.Fatalf("%s does not end: %v", list, out)
	return nil
}

// TestALostRoleIsLostAtOnce: neither a session nor an open socket keeps what its person may no longer do.
func TestALostRoleIsLostAtOnce(t *testing.T) {
	t.Parallel()
	withBoss(t, func(t *testing.T, w *world) {
		boss, ada, member := w.person(t, "boss"), w.person(t, "ada"), w.person(t, "member").idOf(t)
		id, socket := ada.idOf(t), ada.socket(t)
		tries := func() (over, onSocket string) {
			t.Helper()
			events, err := socket.Subscribe(`{ administration { users { nodes { id } } } }`, nil)
			must(t, err)
			var data json.RawMessage
			onSocket = client.CodeOf(client.Decode(next(t, events), &data))
			return ada.do(t, `{ administration { users { nodes { id } } } }`, nil).code(), onSocket
		}
		for _, step := range []struct{ role, reads, acts string }{
			{"ADMIN", "", ""}, {"SUPPORT", "", "FORBIDDEN"}, {"MEMBER", "FORBIDDEN", "FORBIDDEN"}, {"SUPPORT", "", "FORBIDDEN"},
		} {
			boss.change(t, "setRole", object{"userId": id, "role": step.role, "reason": "r"}, "account { id }")
			if asked, onSocket := tries(); asked != step.reads || onSocket != step.reads {
				t.Errorf("as %s she reads %q, on her socket %q; want %q", step.role, asked, onSocket, step.reads)
			}
			a := ada.mutate(t, "endUserSessions", object{"userId": member, "reason": "r"}, "account { id }")
			if a.code() != step.acts {
				t.Errorf("as %s she acts %q, want %q", step.role, a.code(), step.acts)
			}
		}
		n, err := w.rows.AuditEntry.Query().Where(auditentry.Actor(address("ada"))).Count(t.Context())
		if err != nil || n != 1 {
			t.Errorf("she did %d things (%v), want 1", n, err)
		}
	})
}

// TestAdministrationSeesNoContent asks for all that there is, of people who wrote and made things.
func TestAdministrationSeesNoContent(t *testing.T) {
	t.Parallel()
	withBoss(t, func(t *testing.T, w *world) {
		const marked = "marked-content-8f21"
		boss, ada := w.person(t, "boss"), w.person(t, "ada")
		chat := ada.newChat(t, object{"title": marked})
		ada.exchange(t, chat, echo+marked)
		ada.over(t, ada.order(t, object{"text": object{"prompt": echo + marked}}, nil))
		ada.over(t, ada.order(t, object{"text": object{"prompt": "[sandbox:blocked] " + marked}}, nil))
		a := boss.get(t, `{ administration {
			users { nodes { id email role createdAt lastLoginAt deletesAt unfinishedJobs membership { type actsAs } } }
			jobs { nodes { id kind status provider model { id } failure { code message } user { id } createdAt endedAt } }
			payments { nodes { payment { id } user { id } } }
			auditLog { nodes { `+auditFields+` } } } }`, nil)
		if got := len(a.list("administration.jobs.nodes", "id")); got != 2 {
			t.Errorf("%d jobs, want 2", got)
		}
		if shown, _ := json.Marshal(a.Data); strings.Contains(string(shown), marked) {
			t.Errorf("the administration reads along: %s", shown)
		}
		for _, id := range []string{chat, ada.idOf(t)} {
			if a := boss.get(t, `query ($id: ID!) { node(id: $id) { id } }`, object{"id": id}); a.at("node") != nil {
				t.Errorf("node(%s) is %v", id, a.at("node"))
			}
		}
	})
}

// TestAdministrationReadsFewStatements counts them: as many for 20 entries of 20 people as for 2.
func TestAdministrationReadsFewStatements(t *testing.T) {
	t.Parallel()
	const all = 20
	settings := services(t)
	settings["ADMIN_EMAILS"] = address("boss")
	works := start(t, app.Part{Serves: true, Works: true}, maps.Clone(settings))
	counter := count(t, settings)
	// The counted server works no jobs, so every statement is of the query.
	w := start(t, app.Part{Serves: true}, settings)
	boss, worker := w.person(t, "boss"), works.person(t, "boss")
	for i := range all {
		p := works.person(t, fmt.Sprint("p", i))
		p.orderPlan(t, "STANDARD")
		p.over(t, p.order(t, object{"text": object{"prompt": "x"}}, nil))
		worker.change(t, "endUserSessions", object{"userId": p.idOf(t), "reason": "r"}, "account { id }")
	}
	const account = `id email role membership { type } unfinishedJobs`
	for list, entry := range map[string]string{
		"users":    account,
		"payments": `payment { id status timeline { type } } user { ` + account + ` }`,
		"jobs":     `id status model { id } failure { code } user { ` + account + ` }`,
		"auditLog": auditFields,
	} {
		ask := func(n int) int64 {
			t.Helper()
			before := counter.Load()
			a := boss.get(t, `query ($n: Int) { administration { `+list+`(first: $n) { nodes { `+entry+` } } } }`, object{"n": n})
			if got := len(a.at("administration." + list + ".nodes").([]any)); got != n {
				t.Fatalf("%s: %d entries, want %d", list, got, n)
			}
			return counter.Load() - before
		}
		// Entries may miss the statement of the others on a busy machine: the fewest counts, and a few more than none.
		const late = 3
		few, many := ask(2), ask(all)
		for range 10 {
			few, many = min(few, ask(2)), min(many, ask(all))
		}
		t.Logf("%s: %d statements for 2, %d for %d", list, few, many, all)
		if many > few+late {
			t.Errorf("%s: %d statements for 2, %d for %d", list, few, many, all)
		}
	}
}
