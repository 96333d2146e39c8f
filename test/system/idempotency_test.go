package systemtest

import (
	"context"
	"errors"
	"strconv"
	"testing"

	"github.com/google/uuid"

	"github.com/weav-ai/weav/internal/app/apptest"
	"github.com/weav-ai/weav/internal/client"
)

func TestParallelSendsWithOneKeyAreOneMessage(t *testing.T) {
	t.Parallel()
	apptest.Each(t, func(t *testing.T, s *apptest.System) {
		h := inProcess(t, s)
		p := h.newPerson(t)
		chat, key := p.chat(), uuid.NewString()
		answers := parallel(50, func(i int) string {
			return text(p.clients[i%len(p.clients)].Send(t.Context(), chat, short, key))
		})
		for _, answer := range answers[1:] {
			if answer != answers[0] {
				t.Errorf("one send answered %s, another %s", answers[0], answer)
			}
		}
		if n := h.messages(t, chat); n != 2 {
			t.Errorf("the chat has %d messages, want 2", n)
		}
	})
}

func TestParallelSendsOntoOneHeadLetOneWin(t *testing.T) {
	t.Parallel()
	apptest.Each(t, func(t *testing.T, s *apptest.System) {
		h := inProcess(t, s)
		p := h.newPerson(t)
		chat := p.chat()
		first := p.send(chat, short)
		h.await(t, first.ReplyID)
		type outcome struct {
			reply string
			err   error
		}
		outcomes := parallel(20, func(i int) outcome {
			reply, err := sendBehind(t.Context(), p.clients[i%len(p.clients)], chat, first.ReplyID, "Number "+strconv.Itoa(i))
			return outcome{reply, err}
		})
		var won []string
		for _, o := range outcomes {
			if o.err == nil {
				won = append(won, o.reply)
			}
		}
		if len(won) != 1 {
			t.Fatalf("%d sends won, want 1", len(won))
		}
		for _, o := range outcomes {
			if head := headOf(o.err); o.err != nil && (client.CodeOf(o.err) != "CONFLICT" || head != won[0]) {
				t.Errorf("a send answered %v with the head %q, want CONFLICT with %q", o.err, head, won[0])
			}
		}
		if n := h.messages(t, chat); n != 4 {
			t.Errorf("the chat has %d messages, want 4", n)
		}
	})
}

// sendBehind sends a message that must follow head.
func sendBehind(ctx context.Context, c *client.Client, chat, head, text string) (reply string, err error) {
	var out struct {
		SendMessage struct{ Reply struct{ ID string } }
	}
	err = c.Do(ctx, `mutation ($chat: ID!, $head: ID!, $text: String!, $key: String!) {
		sendMessage(input: {chatId: $chat, ifHead: $head, text: $text, idempotencyKey: $key}) { reply { id } } }`,
		map[string]any{"chat": chat, "head": head, "text": text, "key": uuid.NewString()}, &out)
	return out.SendMessage.Reply.ID, err
}

// headOf is the new head that a CONFLICT names.
func headOf(err error) string {
	var answered client.Errors
	if !errors.As(err, &answered) {
		return ""
	}
	head, _ := answered[0].Extensions["headId"].(string)
	return head
}
