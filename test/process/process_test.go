// Package process tests the promises of the stream on real processes: the built binary, several
// of it, on real Postgres and Redis, killed and stopped in the middle.
package process

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
	_ "github.com/lib/pq"

	"github.com/weav-ai/weav/internal/client"
	"github.com/weav-ai/weav/internal/servicetest"
)

func TestMain(m *testing.M) { servicetest.Main(m) }

// patience is how long a test waits for what must come; only a failure waits that long.
const patience = 40 * time.Second

// binary builds weav once for all tests.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "weav-process-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "weav")
	out, err := exec.Command("go", "build", "-o", path, "../../cmd/weav").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return path, nil
})

// house is a deployment: one database, one Redis, and processes on them.
type house struct {
	t     *testing.T
	env   []string
	db    *sql.DB
	redis *servicetest.Server
}

func newHouse(t *testing.T) *house {
	t.Helper()
	url := servicetest.Postgres(t)
	redis := servicetest.RedisServer(t)
	h := &house{t: t, redis: redis, env: append(os.Environ(),
		"DATABASE_URL="+url, "REDIS_URL="+redis.URL(), "JWT_SECRET="+strings.Repeat("process test ", 4),
		"LISTEN_ADDR=127.0.0.1:0", "AUTH=dev", "LOG_LEVEL=info", "SHUTDOWN_TIMEOUT=5s")}
	h.run("migrate")
	db, err := sql.Open("postgres", url)
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	h.db = db
	return h
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (h *house) command(args ...string) *exec.Cmd {
	h.t.Helper()
	path, err := binary()
	must(h.t, err)
	cmd := exec.Command(path, args...)
	cmd.Env = append(slices.Clone(h.env), "NODE_ID="+uuid.NewString())
	return cmd
}

func (h *house) run(args ...string) {
	h.t.Helper()
	if out, err := h.command(args...).CombinedOutput(); err != nil {
		h.t.Fatalf("weav %v: %v\n%s", args, err, out)
	}
}

// process is a running weav.
type process struct {
	t    *testing.T
	cmd  *exec.Cmd
	url  string
	done chan struct{}
}

var endpoint = regexp.MustCompile(`http://[0-9.:]+/graphql`)

// start runs weav until it has said that it is up.
func (h *house) start(args ...string) *process {
	h.t.Helper()
	cmd := h.command(args...)
	out, err := cmd.StdoutPipe()
	must(h.t, err)
	cmd.Stderr = cmd.Stdout
	must(h.t, cmd.Start())
	p := &process{t: h.t, cmd: cmd, done: make(chan struct{})}
	up := make(chan string, 1)
	go p.listen(bufio.NewScanner(out), args[0] == "worker", up)
	h.t.Cleanup(func() { p.signal(syscall.SIGKILL); <-p.done })
	select {
	case p.url = <-up:
	case <-time.After(patience):
		h.t.Fatalf("weav %v did not come up", args)
	}
	return p
}

// listen reads the process's output to its end.
func (p *process) listen(lines *bufio.Scanner, worker bool, up chan<- string) {
	defer close(p.done)
	for lines.Scan() {
		line := lines.Text()
		if url := endpoint.FindString(line); url != "" || worker && strings.Contains(line, "takes jobs") {
			select {
			case up <- url:
			default:
			}
		}
	}
	_ = p.cmd.Wait() // Killed processes end with an error.
}

func (p *process) signal(sig syscall.Signal) { _ = p.cmd.Process.Signal(sig) }

// kill is kill -9.
func (p *process) kill() { p.signal(syscall.SIGKILL); <-p.done }

// person is somebody signed in at a server.
func (h *house) person(p *process, email string) *client.Client {
	h.t.Helper()
	c := &client.Client{URL: p.url}
	_, err := c.SignIn(h.t.Context(), email)
	must(h.t, err)
	return c
}

func (h *house) newChat(c *client.Client) string {
	h.t.Helper()
	id, err := c.NewChat(h.t.Context(), uuid.NewString())
	must(h.t, err)
	return id
}

func (h *house) send(c *client.Client, chatID, text string) string {
	h.t.Helper()
	sent, err := c.Send(h.t.Context(), chatID, text, uuid.NewString())
	must(h.t, err)
	return sent.ReplyID
}

// watcher is a subscriber of a chat, as a careful client is one.
type watcher struct {
	t      *testing.T
	socket *client.Socket
	events <-chan json.RawMessage
	text   client.Text
	cursor string
	log    []string
	ended  []client.Event
	seen   map[string]bool
}

func (h *house) watch(c *client.Client, chatID, after string) *watcher {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(h.t.Context(), patience)
	defer cancel()
	socket, err := c.Dial(ctx)
	must(h.t, err)
	h.t.Cleanup(func() { _ = socket.Close() }) // The server may have closed it first.
	events, err := socket.Follow(chatID, after)
	must(h.t, err)
	w := &watcher{t: h.t, socket: socket, events: events, seen: map[string]bool{}}
	if after == "" {
		w.until(func(e client.Event) bool { return e.Typename == "ChatSnapshot" })
	}
	return w
}

// until reads events until one that is wanted, and checks what holds for every stream.
func (w *watcher) until(wanted func(client.Event) bool) client.Event {
	w.t.Helper()
	deadline := time.After(patience)
	for {
		select {
		case payload, ok := <-w.events:
			if !ok {
				w.t.Fatalf("the subscription ended (%v) after %v", w.socket.Err(), w.log)
			}
			e, err := client.EventOf(payload)
			must(w.t, err)
			w.take(e)
			if wanted(e) {
				return e
			}
		case <-deadline:
			w.t.Fatalf("nothing more came after %v", w.log)
		}
	}
}

func (w *watcher) take(e client.Event) {
	w.t.Helper()
	w.cursor = e.Cursor
	switch e.Typename {
	case "ReplyDelta":
		if len(w.ended) > 0 && w.ended[len(w.ended)-1].MessageID == e.MessageID {
			w.t.Errorf("text came after the end of its reply")
		}
		if w.text.Apply(e.Offset, e.Text) {
			w.t.Errorf("a delta at %d came when the text had %d units", e.Offset, w.text.Len())
		}
		return
	case "ReplyEnded":
		w.ended = append(w.ended, e)
	}
	w.log = append(w.log, e.Typename)
	if e.Typename != "ChatSnapshot" {
		if w.seen[e.Cursor] {
			w.t.Errorf("%s came twice", e.Typename)
		}
		w.seen[e.Cursor] = true
	}
}

// pieces waits for so many pieces of text.
func (w *watcher) pieces(n int) {
	w.t.Helper()
	w.until(func(e client.Event) bool {
		if e.Typename == "ReplyDelta" {
			n--
		}
		return n <= 0
	})
}

// end waits for a reply's end and compares the text with what is stored.
func (w *watcher) end(replyID, status string) client.Event {
	w.t.Helper()
	e := w.until(func(e client.Event) bool { return e.Typename == "ReplyEnded" && e.MessageID == replyID })
	if e.Status != status {
		w.t.Errorf("the reply ended %s; want %s", e.Status, status)
	}
	if e.Message == nil || w.text.String() != e.Message.Text || w.text.Len() != e.Length {
		w.t.Errorf("the assembled text has %d units, the stored one %d; they differ", w.text.Len(), e.Length)
	}
	return e
}

// only checks that the chat has one reply, with one usage row.
func (h *house) only() {
	h.t.Helper()
	var replies, rows int
	must(h.t, h.db.QueryRow(`SELECT count(*) FROM messages WHERE role = 'ASSISTANT'`).Scan(&replies))
	must(h.t, h.db.QueryRow(`SELECT count(*) FROM usages WHERE purpose = 'REPLY'`).Scan(&rows))
	if replies != 1 || rows != 1 {
		h.t.Errorf("there are %d replies and %d usage rows; want one of each", replies, rows)
	}
}
