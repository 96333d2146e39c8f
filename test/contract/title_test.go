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

// TestTitlesStayWithTheKeyThatPaid: the words of an exchange that a person's own key paid for are not sent to the house's account.
func TestTitlesStayWithTheKeyThatPaid(t *testing.T) {
	t.Parallel()
	w, v := keysWorld(t)
	p := w.person(t, "ada")
	w.premium(t, p, user.MembershipTypePremium)
	p.change(t, "setProviderKey", keyInput(ownKey), "providerKey { hint }")
	if title := p.titled(t, "hello", object{"modelId": "gpt-6-luna"}); title != "Paid by "+ownKey[:6] {
		t.Errorf("the chat is named %q", title)
	}

	chat := p.newChat(t, nil)
	events := p.follow(t, chat, "")
	p.over(t, p.order(t, object{"text": object{"prompt": "hello", "modelId": "gpt-6-luna"}}, object{"chatId": chat}))
	await(t, events, func(e client.Event) bool {
		return e.Typename == "ChatSaved" && e.Chat != nil && e.Chat.Title == "Paid by "+ownKey[:6]
	})

	if own, house := v.texts(ownKey), v.texts(houseKey); own != 4 || house != 0 {
		t.Errorf("the own key was asked %d times, the house's %d times; want 4 and 0", own, house)
	}
	titles := w.rows.Usage.Query().Where(entusage.PurposeEQ(entusage.PurposeTitle))
	if n := titles.Clone().Where(entusage.IsOwnKey(true)).CountX(t.Context()); n != 2 || titles.CountX(t.Context()) != 2 {
		t.Errorf("%d of %d titles are said to be paid by the own key", n, titles.CountX(t.Context()))
	}
}
