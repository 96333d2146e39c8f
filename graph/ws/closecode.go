package ws

import (
	"unicode/utf8"

	"github.com/gorilla/websocket"
)

// Close codes of graphql-transport-ws.
const (
	CloseInvalidMessage     = 4400
	CloseUnauthorized       = 4401
	CloseForbidden          = 4403
	CloseSubprotocol        = 4406
	CloseInitTimeout        = 4408
	CloseSubscriberExists   = 4409
	CloseTooManyInitRequest = 4429
)

// maxReason is the room a close frame has beside the code.
const maxReason = 123

// closure is an error that ends the socket.
type closure struct {
	code   int
	reason string
}

// Error is for logs.
func (c *closure) Error() string { return c.reason }

func invalid(reason string) *closure { return &closure{CloseInvalidMessage, reason} }

// closeFrame returns the close frame for the peer. It is nil for 1002, which gorilla sends
// itself, and for a lost connection, on which no frame arrives.
func closeFrame(code int, reason string) []byte {
	switch code {
	case websocket.CloseAbnormalClosure, websocket.CloseProtocolError:
		return nil
	}
	payload := websocket.FormatCloseMessage(code, truncate(reason, maxReason))
	return append(appendHeader(nil, websocket.CloseMessage, len(payload)), payload...)
}

// truncate cuts text to at most size bytes, between characters.
func truncate(text string, size int) string {
	if len(text) <= size {
		return text
	}
	for size > 0 && !utf8.RuneStart(text[size]) {
		size--
	}
	return text[:size]
}
