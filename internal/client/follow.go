package client

import (
	"context"
	"encoding/json"
	"fmt"
	"unicode/utf16"
)

// ChatEvents is a subscription with everything a client needs to show a chat.
const ChatEvents = `subscription ($chatId: ID!, $after: EventCursor) { chatEvents(chatId: $chatId, after: $after) {
  __typename
  ... on Event { cursor occurredAt }
  ... on Resync { reason }
  ... on MessageAdded { messageId message { id role status text } }
  ... on HeadMoved { headId }
  ... on ReplyStarted { messageId runId }
  ... on ReplyDelta { messageId runId offset text }
  ... on ReplyEnded { messageId runId status length message { text } }
  ... on ChatSaved { chat { id title } }
} }`

// Event is an event of ChatEvents.
type Event struct {
	Typename  string `json:"__typename"`
	Cursor    string
	Reason    string
	MessageID string `json:"messageId"`
	RunID     string `json:"runId"`
	HeadID    string `json:"headId"`
	Offset    int
	Text      string
	Status    string
	Length    int
	Message   *struct{ ID, Role, Status, Text string }
	Chat      *struct{ ID, Title string }
}

// Follow subscribes to a chat after cursor; an empty cursor starts with a snapshot.
func (s *Socket) Follow(chatID, cursor string) (<-chan json.RawMessage, error) {
	variables := map[string]any{"chatId": chatID}
	if cursor != "" {
		variables["after"] = cursor
	}
	return s.Subscribe(ChatEvents, variables)
}

// EventOf reads a payload of ChatEvents.
func EventOf(payload json.RawMessage) (Event, error) {
	var out struct{ ChatEvents Event }
	err := decode(payload, &out)
	return out.ChatEvents, err
}

// Text assembles a reply from its deltas as a browser does: text.slice(0, offset) + delta. It counts in
// UTF-16 units, so that offsets are checked in the unit of the API.
type Text struct{ units []uint16 }

// Apply adds a delta. It reports a gap when text before the delta is missing.
func (t *Text) Apply(offset int, delta string) (gap bool) {
	if offset > len(t.units) {
		return true
	}
	t.units = append(t.units[:offset:offset], utf16.Encode([]rune(delta))...)
	return false
}

// Len is the text's length in UTF-16 code units.
func (t *Text) Len() int { return len(t.units) }

// String is the text.
func (t *Text) String() string { return string(utf16.Decode(t.units)) }

// Sent is the result of sendMessage.
type Sent struct{ ChatID, MessageID, ReplyID string }

// NewChat creates a chat.
func (c *Client) NewChat(ctx context.Context, key string) (string, error) {
	var out struct {
		CreateChat struct {
			Chat       *struct{ ID string }
			UserErrors []struct{ Message string }
		}
	}
	err := c.Do(ctx, `mutation ($key: String!) { createChat(input: {idempotencyKey: $key}) { chat { id } userErrors { message } } }`,
		map[string]any{"key": key}, &out)
	if err != nil {
		return "", err
	}
	if out.CreateChat.Chat == nil {
		return "", fmt.Errorf("client: %+v", out.CreateChat.UserErrors)
	}
	return out.CreateChat.Chat.ID, nil
}

// Send sends a message.
func (c *Client) Send(ctx context.Context, chatID, text, key string) (Sent, error) {
	var out struct {
		SendMessage struct {
			Message, Reply *struct{ ID string }
			UserErrors     []struct{ Message, Code string }
		}
	}
	err := c.Do(ctx, `mutation ($chat: ID!, $text: String!, $key: String!) {
		sendMessage(input: {chatId: $chat, text: $text, idempotencyKey: $key}) {
			message { id } reply { id } userErrors { message ... on SendMessageUserError { code } } } }`,
		map[string]any{"chat": chatID, "text": text, "key": key}, &out)
	if err != nil {
		return Sent{}, err
	}
	if out.SendMessage.Reply == nil {
		return Sent{}, fmt.Errorf("client: %+v", out.SendMessage.UserErrors)
	}
	return Sent{ChatID: chatID, MessageID: out.SendMessage.Message.ID, ReplyID: out.SendMessage.Reply.ID}, nil
}

// Receipt is the result of stopReply.
type Receipt struct {
	Status            string
	Text              string
	ProviderCancelled bool
	Usage             struct {
		InputTokens, OutputTokens int64
		Source                    string
	}
}

// Stop stops a reply.
func (c *Client) Stop(ctx context.Context, replyID string) (Receipt, error) {
	var out struct {
		StopReply struct{ Receipt *Receipt }
	}
	err := c.Do(ctx, `mutation ($id: ID!) { stopReply(input: {messageId: $id}) { receipt {
		status text providerCancelled usage { inputTokens outputTokens source } } } }`, map[string]any{"id": replyID}, &out)
	if err != nil {
		return Receipt{}, err
	}
	if out.StopReply.Receipt == nil {
		return Receipt{}, fmt.Errorf("client: no receipt")
	}
	return *out.StopReply.Receipt, nil
}

// MessageText reads a message's stored text and status.
func (c *Client) MessageText(ctx context.Context, id string) (text, status string, err error) {
	var out struct {
		Node *struct{ Text, Status string }
	}
	err = c.Do(ctx, `query ($id: ID!) { node(id: $id) { ... on Message { text status } } }`, map[string]any{"id": id}, &out)
	if err != nil {
		return "", "", err
	}
	if out.Node == nil {
		return "", "", fmt.Errorf("client: no message %s", id)
	}
	return out.Node.Text, out.Node.Status, nil
}
