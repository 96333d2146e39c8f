// Package httponcetest provides a server that breaks reused connections.
package httponcetest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
)

// Moment is when the server resets a connection.
type Moment string

// The moments, all before the first byte of an answer.
const (
	FirstByte Moment = "at the first byte"
	Head      Moment = "behind the head"
	Body      Moment = "behind the body"
	// Closed closes the connection in order instead of resetting it, after the request was read.
	Closed Moment = "closed behind the body"
)

// Moments are all of them.
var Moments = []Moment{FirstByte, Head, Body, Closed}

// Server answers its first request and leaves the connection open. It breaks the connection of every further
// request, whichever connection that is. It speaks HTTP/1.1 without TLS.
type Server struct {
	// URL is its address, without a slash at its end.
	URL string

	moment Moment
	answer string

	mu       sync.Mutex
	requests []int // by the number of the connection that each began on, from 1
}

// New starts a server, whose first answer has that status and JSON body. It stops with the test.
func New(tb testing.TB, moment Moment, status int, body string) *Server {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // It is closed with the test.
	if err != nil {
		tb.Fatal(err)
	}
	s := &Server{URL: "http://" + l.Addr().String(), moment: moment}
	s.answer = fmt.Sprintf("HTTP/1.1 %d %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		status, http.StatusText(status), len(body), body)
	var serving sync.WaitGroup
	serving.Go(func() {
		for n := 1; ; n++ {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			stop := tb.Context().Done()
			gone := make(chan struct{})
			serving.Go(func() {
				defer close(gone)
				s.serve(conn, n)
			})
			serving.Go(func() {
				select {
				case <-stop:
				case <-gone:
				}
				_ = conn.Close() // The client is done with it.
			})
		}
	})
	tb.Cleanup(func() {
		_ = l.Close() // Its end is what is wanted.
		serving.Wait()
	})
	return s
}

// Check wants n requests to have begun, all on the first connection.
func (s *Server) Check(tb testing.TB, n int) {
	tb.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.requests) != n {
		tb.Errorf("%d requests arrived, on the connections %v; want %d", len(s.requests), s.requests, n)
		return
	}
	for _, conn := range s.requests {
		if conn != 1 {
			tb.Errorf("requests arrived on the connections %v: the first was not used again", s.requests)
			return
		}
	}
}

// begin counts a request and reports whether it is the first one.
func (s *Server) begin(conn int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, conn)
	return len(s.requests) == 1
}

func (s *Server) serve(conn net.Conn, n int) {
	r := bufio.NewReaderSize(conn, 1) // It reads ahead as little as it can.
	for {
		if _, err := r.Peek(1); err != nil {
			return
		}
		if s.begin(n) {
			if err := read(r, Body); err != nil {
				return
			}
			_, _ = io.WriteString(conn, s.answer) // A client that left shows at the next read.
			continue
		}
		_ = read(r, s.moment) // What cannot be read is reset as well.
		if tcp, ok := conn.(*net.TCPConn); ok && s.moment != Closed {
			_ = tcp.SetLinger(0) // A close then resets.
		}
		return
	}
}

// read reads a request as far as a moment says.
func read(r *bufio.Reader, until Moment) error {
	if until == FirstByte {
		return nil
	}
	req, err := http.ReadRequest(r)
	if err != nil || until == Head {
		return err
	}
	_, err = io.Copy(io.Discard, req.Body)
	return errors.Join(err, req.Body.Close())
}
