package ws

import "github.com/vektah/gqlparser/v2/ast"

// Observer learns what happens on the sockets, for metrics. Its methods are called from
// many goroutines and must return at once.
type Observer interface {
	// SocketOpened and SocketClosed come in pairs. code is the close code sent or
	// received first; 1006 when the connection was lost.
	SocketOpened()
	SocketClosed(code int)
	// OperationStarted and OperationEnded come in pairs, for operations that are valid.
	OperationStarted(kind ast.Operation)
	OperationEnded(kind ast.Operation)
	// Received counts one message and its bytes.
	Received(bytes int)
	// Sent counts the frames of one write.
	Sent(frames, bytes int)
}

// unobserved is the Observer of a Transport that has none.
type unobserved struct{}

// SocketOpened implements Observer.
func (unobserved) SocketOpened() {}

// SocketClosed implements Observer.
func (unobserved) SocketClosed(int) {}

// OperationStarted implements Observer.
func (unobserved) OperationStarted(ast.Operation) {}

// OperationEnded implements Observer.
func (unobserved) OperationEnded(ast.Operation) {}

// Received implements Observer.
func (unobserved) Received(int) {}

// Sent implements Observer.
func (unobserved) Sent(int, int) {}
