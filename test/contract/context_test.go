package contract

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/message"
	"github.com/weav-ai/weav/internal/oid"
)

// TestContextOfANarrowModel reports how much of the branch had no room, and never the half of a message.
func TestContextOfANarrowModel(t *testing.T) {
	t.Parallel()
	onBothWithModels(t, func(t *testing.T, w *world) {
		p := w.person(t, "ada")
		chat := p.newChat(t, object{"title": "named", "modelId": "narrow"})
		// The model has room for 308 tokens; one of these messages takes 68 of them, directive and all, and its reply 11.
		for i, want := range []struct {
			turns   int
			omitted float64
		}{{1, 0}, {3, 0}, {5, 0}, {7, 0}, {7, 2}, {7, 4}} {
			got := p.sendAs(t, chat, "[sandbox:sees] "+strings.Repeat("x", 165), nil)
			if got.text != fmt.Sprintf("turns: %d", want.turns) || got.omitted != want.omitted {
				t.Errorf("message %d: %q, %v omitted, want %d turns, %v omitted", i+1, got.text, got.omitted, want.turns, want.omitted)
			}
		}
		if got := p.sendAs(t, chat, "[sandbox:sees]"+strings.Repeat("가나다", 1000), nil); got.text != "turns: 1" || got.omitted != 12.0 {
			t.Errorf("a message larger than the room: %q, %v omitted", got.text, got.omitted)
		}
		if got := p.sendAs(t, chat, "[sandbox:sees] wide", object{"modelId": "first"}); got.text != "turns: 15" || got.omitted != 0.0 {
			t.Errorf("a wide model: %q, %v omitted", got.text, got.omitted)
		}
	})
}

// TestContextThatIsTooLongAllTheSame is put again in half the room, once, where that leaves something out.
func TestContextThatIsTooLongAllTheSame(t *testing.T) {
	t.Parallel()
	onBothWithModels(t, func(t *testing.T, w *world) {
		p := w.person(t, "ada")
		chat := p.newChat(t, object{"title": "named", "modelId": "narrow"})
		if got := p.sendAs(t, chat, "[sandbox:max_turns=0] hi", nil); got.failure != "CONTEXT_TOO_LONG" || got.omitted != 0.0 {
			t.Errorf("with nothing to leave out: %+v", got)
		}
		for range 2 {
			p.sendAs(t, chat, "[sandbox:sees] "+strings.Repeat("x", 165), nil)
		}
		if got := p.sendAs(t, chat, "[sandbox:sees][sandbox:max_turns=3] "+strings.Repeat("x", 165), nil); got.text != "turns: 3" || got.omitted != 3.0 {
			t.Errorf("with room to give: %+v", got)
		}
		if got := p.sendAs(t, chat, "[sandbox:max_turns=0] "+strings.Repeat("x", 165), nil); got.failure != "CONTEXT_TOO_LONG" || got.omitted == 0.0 {
			t.Errorf("with no end: %+v", got)
		}
	})
}

// TestContextOfALongBranch counts what lies behind the newest messages, but for what no model is sent.
func TestContextOfALongBranch(t *testing.T) {
	t.Parallel()
	onBothWithModels(t, func(t *testing.T, w *world) {
		p := w.person(t, "ada")
		chat := p.newChat(t, object{"title": "named"})
		w.lengthen(t, chat, 150)
		// The newest 200 are looked at, and the oldest of them is a reply whose question is not among them: 199 are
		// sent. Of the 302 there are, the welcome at the root and the reply without a text do not count.
		if got := p.sendAs(t, chat, "[sandbox:sees] hi", nil); got.text != "turns: 199" || got.omitted != 101.0 {
			t.Errorf("%q, %v omitted", got.text, got.omitted)
		}
	})
}

// lengthen stores a welcome and so many exchanges behind it, the first of them with a reply that failed.
func (w *world) lengthen(t *testing.T, chat string, exchanges int) {
	t.Helper()
	c, err := w.rows.Chat.Get(t.Context(), chatID(t, chat))
	must(t, err)
	now := time.Now()
	rows := []*ent.MessageCreate{w.rows.Message.Create().SetID(oid.New[oid.Message]()).SetRole(message.RoleAssistant).SetText("welcome").SetStatus(message.StatusCompleted)}
	add := func(role message.Role, said string, status message.Status) {
		parent, _ := rows[len(rows)-1].Mutation().ID()
		rows = append(rows, w.rows.Message.Create().SetID(oid.New[oid.Message]()).SetParentID(parent).SetRole(role).SetText(said).SetStatus(status))
	}
	for i := range exchanges {
		add(message.RoleUser, "q", message.StatusCompleted)
		if i == 0 {
			add(message.RoleAssistant, "", message.StatusFailed)
		} else {
			add(message.RoleAssistant, "a", message.StatusCompleted)
		}
	}
	for _, r := range rows {
		r.SetChatID(c.ID).SetUserID(c.UserID).SetCreatedAt(now).SetEndedAt(now)
	}
	must(t, w.rows.Message.CreateBulk(rows...).Exec(t.Context()))
	head, _ := rows[len(rows)-1].Mutation().ID()
	must(t, w.rows.Chat.UpdateOneID(c.ID).SetHeadID(head).Exec(t.Context()))
}
