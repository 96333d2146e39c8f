package contract

import (
	"sync"
	"testing"
	"time"

	"github.com/weav-ai/weav/ent/user"
	"github.com/weav-ai/weav/internal/client"
)

// TestAKeyEndsWhenItWasToEnd: its open socket is closed as Forbidden at that moment, and from then on it is nobody's.
func TestAKeyEndsWhenItWasToEnd(t *testing.T) {
	t.Parallel()
	p := embedded(t).person(t, "ada")
	const life = 3 * time.Second
	k := p.withKey(t, object{"expiresAt": time.Now().Add(life).UTC().Format(time.RFC3339Nano)}, "READ")
	if a := k.do(t, `{ viewer { id } }`, nil); a.code() != "" {
		t.Fatalf("while it lasts: %v", a.Errors)
	}
	socket := k.socket(t)
	select {
	case <-socket.Gone():
	case <-t.Context().Done():
		t.Fatal("the socket outlives its key")
	}
	if code := client.CloseCode(socket.Err()); code != 4403 {
		t.Errorf("the socket ended with %d, want 4403", code)
	}
	if a := k.do(t, `{ viewer { id } }`, nil); a.code() != "UNAUTHENTICATED" {
		t.Errorf("after its end: %v %v", a.Errors, a.Data)
	}
	if _, err := k.Dial(t.Context()); err == nil {
		t.Error("after its end it opens a socket")
	}
}

// TestAKeyAsksItsModelsAlone, also where another would stand in.
func TestAKeyAsksItsModelsAlone(t *testing.T) {
	t.Parallel()
	p := embedded(t).person(t, "ada")
	k := p.withKey(t, object{"modelIds": []string{"sandbox-brief", "sandbox-painter"}}, scopes...)
	chat := k.newChat(t, object{"title": "t"})
	if got := k.sendAs(t, chat, "hi", object{"modelId": "sandbox-brief"}); got.status != "COMPLETED" {
		t.Errorf("its model: %+v", got)
	}
	k.ended(t, "its picture", k.order(t, object{"image": object{"prompt": "p", "modelId": "sandbox-painter"}}, nil))
	message := func(more object) object {
		return withAll(object{"chatId": chat, "text": "hi", "idempotencyKey": key()}, more)
	}
	work := func(work object) object { return object{"work": work, "idempotencyKey": key()} }
	for what, c := range map[string]struct {
		mutation, selection string
		input               object
	}{
		"the chat's model":  {"sendMessage", "reply { id }", message(nil)},
		"another model":     {"sendMessage", "reply { id }", message(object{"modelId": "sandbox-writer"})},
		"another stands in": {"sendMessage", "reply { id }", message(object{"modelId": "sandbox-brief", "fallbackModelId": "sandbox-writer"})},
		"another text":      {"createJob", "job { id }", work(object{"text": object{"prompt": "p", "modelId": "sandbox-writer"}})},
		"another film":      {"createJob", "job { id }", work(object{"video": object{"prompt": "p", "modelId": "sandbox-filmer"}})},
		"another planner":   {"planProject", "job { id }", object{"goal": "g", "modelId": "sandbox-writer", "idempotencyKey": key()}},
	} {
		if a := k.mutate(t, c.mutation, c.input, c.selection); a.code() != "FORBIDDEN" {
			t.Errorf("%s: %v %v", what, a.Errors, a.Data)
		}
	}
}

// TestTheBudgetOfAKeyIsNeverPassed by calls at once: as many are let through as it has room for at their dearest, and what is held and
// spent is within it at every moment.
func TestTheBudgetOfAKeyIsNeverPassed(t *testing.T) {
	t.Parallel()
	const room, calls = 3, 12
	w, v := realWorld(t)
	v.holds = make(chan struct{})
	p := w.person(t, "ada")
	w.premium(t, p, user.MembershipTypePremium)
	said := func(chat string) object {
		return object{"chatId": chat, "text": "hi", "modelId": "gpt-6-luna", "idempotencyKey": key()}
	}
	poor := p.withKey(t, budgetOf(1), "CHAT").mutate(t, "sendMessage", said(p.newChat(t, object{"title": "t"})), "reply { id }")
	each, known := poor.Errors[0].Extensions["neededMicros"].(float64)
	if poor.code() != "QUOTA_EXCEEDED" || !known {
		t.Fatalf("with a budget of nearly nothing: %v", poor.Errors)
	}
	budget := int64(each)*room + int64(each)/2
	k := p.withKey(t, budgetOf(budget), "CHAT")
	var all sync.WaitGroup
	var mu sync.Mutex
	codes, replies := map[string]int{}, map[string]string{}
	for range calls {
		chat := p.newChat(t, object{"title": "t"})
		all.Go(func() {
			a := k.mutate(t, "sendMessage", said(chat), "reply { id }")
			mu.Lock()
			defer mu.Unlock()
			codes[a.code()]++
			if a.code() == "" {
				replies[chat] = a.text("result.reply.id")
			}
			p.withinBudget(t, budget)
		})
	}
	all.Wait()
	close(v.holds)
	if codes[""] != room || codes["QUOTA_EXCEEDED"] != calls-room {
		t.Errorf("answers %v; want %d let through and the others QUOTA_EXCEEDED", codes, room)
	}
	for chat, reply := range replies {
		p.awaitEnd(t, chat, reply)
	}
	if spent := p.withinBudget(t, budget); spent == 0 || spent >= int64(each) {
		t.Errorf("in the end %d is spent, of %d a call at most", spent, int64(each))
	}
}

func budgetOf(micros int64) object {
	return object{"monthlyBudget": object{"amountMicros": micros, "currency": "USD"}}
}

// withinBudget checks what the newest key has held and spent, and returns it.
func (p *person) withinBudget(t *testing.T, budget int64) int64 {
	t.Helper()
	a := p.get(t, `{ viewer { apiKeys { monthlyBudget { amountMicros } spentThisMonth { amountMicros } } } }`, nil)
	spent := int64(a.at("viewer.apiKeys.0.spentThisMonth.amountMicros").(float64))
	if has := int64(a.at("viewer.apiKeys.0.monthlyBudget.amountMicros").(float64)); has != budget || spent > budget {
		t.Errorf("%d of %d are held and spent", spent, budget)
	}
	return spent
}
