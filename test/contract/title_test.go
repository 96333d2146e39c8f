package contract

import (
	"testing"

	entusage "github.com/weav-ai/weav/ent/usage"
	"github.com/weav-ai/weav/ent/user"
	"github.com/weav-ai/weav/internal/client"
)

// titled begins a chat without a title with a message, and waits until it is named.
func (p *person) titled(t *testing.T, text string, more object) (title string) {
	t.Helper()
	chat := p.newChat(t, nil)
	events := p.follow(t, chat, "")
	if got := p.sendAs(t, chat, text, more); got.status != "COMPLETED" {
		t.Fatalf("the reply is %+v", got)
	}
	saved := await(t, events, func(e client.Event) bool { return e.Typename == "ChatSaved" && e.Chat != nil && e.Chat.Title != "" })
	return saved.Chat.Title
}

// TestEveryProviderNamesItsChats: the request for a title is one that all of them take.
func TestEveryProviderNamesItsChats(t *testing.T) {
	t.Parallel()
	w, _ := keysWorld(t)
	p := w.person(t, "ada")
	w.premium(t, p, user.MembershipTypePremium)
	for _, model := range []string{"gpt-6-luna", "gemini-3.8-flash"} {
		if title := p.titled(t, "hello", object{"modelId": model}); title != "Paid by "+houseKey[:6] {
			t.Errorf("%s names a chat %q", model, title)
		}
		n := w.rows.Usage.Query().Where(entusage.PurposeEQ(entusage.PurposeTitle), entusage.ModelID(model)).CountX(t.Context())
		if n != 1 {
			t.Errorf("%d titles by %s", n, model)
		}
	}
}
