package server

import (
	"bufio"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// deadlines records the deadlines of a body's reads.
type deadlines []time.Time

func (d *deadlines) SetReadDeadline(t time.Time) error {
	*d = append(*d, t)
	return nil
}

// pieces is a body that comes in so many pieces.
type pieces int

func (p *pieces) Read(b []byte) (int, error) {
	if *p == 0 {
		return 0, io.EOF
	}
	*p--
	return copy(b, "x"), nil
}

func (*pieces) Close() error { return nil }

// TestEachReadOfABodyHasADeadline: the pause, or the end of all when that is sooner; none once the body is there, since from then
// on a read waits for the client's leaving.
func TestEachReadOfABodyHasADeadline(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ idle, total time.Duration }{
		"the pause is sooner":       {time.Hour, 24 * time.Hour},
		"the end of all is sooner":  {time.Hour, time.Minute},
		"the end of all has passed": {time.Hour, -time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got deadlines
			body := pieces(3)
			began := time.Now()
			b := &timedBody{ReadCloser: &body, control: &got, idle: c.idle, end: began.Add(c.total)}
			if _, err := io.Copy(io.Discard, b); err != nil {
				t.Fatal(err)
			}
			if len(got) != 5 || !got[4].IsZero() {
				t.Fatalf("the deadlines are %v", got)
			}
			for _, at := range got[:4] {
				if latest := time.Now().Add(min(c.idle, c.total)); at.After(latest) || at.Before(began.Add(min(c.idle, c.total))) {
					t.Errorf("a read may last until %v, and began at %v", at, began)
				}
			}
		})
	}
}

// served runs the handlers of o before h on a real listener.
func served(t *testing.T, o Options, h http.Handler) net.Conn {
	t.Helper()
	o.OnRequest, o.Log = func(string, int) {}, slog.New(slog.DiscardHandler)
	s := httptest.NewServer(o.withClientAddress(o.observe(o.timeBodies(h))))
	t.Cleanup(s.Close)
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return conn
}

// TestWorkMayLastLongerThanItsBodyMay: the deadline of a body that has come ends neither the request nor the connection.
func TestWorkMayLastLongerThanItsBodyMay(t *testing.T) {
	t.Parallel()
	const pause = 20 * time.Millisecond
	conn := served(t, Options{Bodies: BodyTimeouts{Idle: pause, Total: pause}}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		select {
		case <-r.Context().Done():
			w.WriteHeader(http.StatusTeapot)
		case <-time.After(10 * pause): // The work.
		}
	}))
	answers := bufio.NewReader(conn)
	for range 2 {
		if _, err := io.WriteString(conn, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx"); err != nil {
			t.Fatal(err)
		}
		res, err := http.ReadResponse(answers, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := res.Body.Close(); err != nil || res.StatusCode != http.StatusOK {
			t.Errorf("answered with %d, %v", res.StatusCode, err)
		}
	}
}

func TestALateBodyGetsRequestTimeout(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", http.NoBody)
	if lateBody(w, r, errors.New("cut")) || lateBody(w, r, nil) {
		t.Error("what is cut is late")
	}
	p := Payments{Gateways: []string{"a"}, Log: slog.New(slog.DiscardHandler)}
	mux := http.NewServeMux()
	p.mount(mux)
	conn := served(t, Options{Bodies: BodyTimeouts{Idle: time.Millisecond}}, mux)
	if _, err := io.WriteString(conn, "POST /webhooks/a HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx"); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if text, err := io.ReadAll(res.Body); res.StatusCode != http.StatusRequestTimeout || !strings.Contains(string(text), "in time") {
		t.Errorf("answered with %d %s, %v", res.StatusCode, text, err)
	}
}
