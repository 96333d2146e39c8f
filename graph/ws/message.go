package ws

import (
	"encoding/json"
	"unicode/utf8"

	"github.com/gorilla/websocket"

	"github.com/weav-ai/weav/graph/gqlhttp"
)

// Types of messages.
const (
	typeInit      = "connection_init"
	typeAck       = "connection_ack"
	typePing      = "ping"
	typePong      = "pong"
	typeSubscribe = "subscribe"
	typeNext      = "next"
	typeError     = "error"
	typeComplete  = "complete"
)

// maxID bounds an operation's id in bytes: every message about it repeats it.
const maxID = 256

// message is what a client sends. Keys the protocol does not name are ignored.
type message struct {
	ID      string
	Type    string
	Payload json.RawMessage
}

// decode reads one message and checks all the protocol says of its form. Reasons repeat
// nothing of the input: proxies log them.
func decode(text []byte) (*message, error) {
	if !utf8.Valid(text) {
		return nil, &closure{websocket.CloseInvalidFramePayloadData, "Message is not UTF-8"}
	}
	// encoding/json reads nothing of a message that nests too deep. What stays of it is still deeper than an operation may be, which is
	// refused under its id.
	text, _ = gqlhttp.Prune(text, 2*gqlhttp.MaxNesting)
	var m struct {
		ID      *string         `json:"id"`
		Type    *string         `json:"type"`
		Payload json.RawMessage `json:"payload"`
	}
	if err := json.Unmarshal(text, &m); err != nil {
		return nil, invalid("Message is not a JSON object of the protocol")
	}
	if m.Type == nil {
		return nil, invalid("Message has no type")
	}
	decoded := &message{Type: *m.Type, Payload: m.Payload}
	if m.ID != nil {
		decoded.ID = *m.ID
	}
	if err := decoded.check(); err != nil {
		return nil, err
	}
	return decoded, nil
}

func (m *message) check() error {
	switch m.Type {
	case typeInit, typePing, typePong:
		return m.checkPayload()
	case typeComplete:
		return m.checkID()
	case typeSubscribe:
		if err := m.checkID(); err != nil {
			return err
		}
		return m.checkOperation()
	default:
		return invalid("Message type is not one a client may send")
	}
}

func (m *message) checkID() error {
	if m.ID == "" {
		return invalid("Message has no id")
	}
	if len(m.ID) > maxID {
		return invalid("Message id is too long")
	}
	return nil
}

// checkPayload wants an object, null or nothing.
func (m *message) checkPayload() error {
	if !isObject(m.Payload) && !isNull(m.Payload) {
		return invalid("Message payload is not an object")
	}
	return nil
}

// checkOperation checks the form of a subscribe message's payload. What its text says is
// the operation's own affair, and answered under its id.
func (m *message) checkOperation() error {
	if !isObject(m.Payload) {
		return invalid("Payload of subscribe is not an object")
	}
	var p struct {
		Query         *string                    `json:"query"`
		OperationName *string                    `json:"operationName"`
		Variables     map[string]json.RawMessage `json:"variables"`
		Extensions    map[string]json.RawMessage `json:"extensions"`
	}
	if err := json.Unmarshal(m.Payload, &p); err != nil {
		return invalid("Payload of subscribe has a field of the wrong type")
	}
	if p.Query == nil && isNull(p.Extensions["persistedQuery"]) {
		return invalid("Payload of subscribe has no query")
	}
	return nil
}

// object returns the payload of a message that checkPayload let through; nil for none.
func (m *message) object() map[string]any {
	if isNull(m.Payload) {
		return nil
	}
	var object map[string]any
	if err := json.Unmarshal(m.Payload, &object); err != nil {
		return nil // It was an object a moment ago.
	}
	return object
}

// isObject looks at a value that is known to be JSON, which RawMessage has no space before.
func isObject(value json.RawMessage) bool { return len(value) > 0 && value[0] == '{' }

func isNull(value json.RawMessage) bool {
	return len(value) == 0 || string(value) == "null"
}
