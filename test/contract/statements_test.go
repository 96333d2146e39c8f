package contract

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"maps"
	"net"
	"net/url"
	"sync/atomic"
	"testing"

	"github.com/weav-ai/weav/internal/app"
)

// sidebar is what the app's left side asks for at once.
const sidebar = `query ($n: Int!) { viewer { eventCursor folders(first: $n) { nodes { id name } } chats(first: $n) {
	nodes { id title model { id } folder { id name } head { id text role parent { id text } siblings { id } } } pageInfo { hasNextPage endCursor } } } }`

// media is what the app's gallery and list of jobs ask for at once.
const media = `query ($n: Int!) { viewer { eventCursor
	jobs(first: $n) { nodes { id status model { id } chat { id } queuePosition timeline { happenedAt } attempts { number } text
		result { text artifacts { id url job { id } shareLinks { id } } } usage { images } retryOf { id } } }
	artifacts(first: $n) { nodes { id url thumbnail { url } isFavourite job { id } chat { id } shareLinks { id } } } } }`

// TestStatementsAreFew counts what the server asks Postgres for: as much for 20 chats, jobs and pictures as for 2.
func TestStatementsAreFew(t *testing.T) {
	t.Parallel()
	const all = 20
	settings := services(t)
	works := start(t, app.Part{Serves: true, Works: true}, maps.Clone(settings))
	counter := count(t, settings)
	// The counted server works no jobs, so every statement is of the query.
	w := start(t, app.Part{Serves: true}, settings)
	p, busy := w.person(t, "ada"), works.person(t, "ada")
	for i := range all {
		chat := p.newChat(t, object{"title": fmt.Sprint(i), "folderId": p.newFolder(t, fmt.Sprint(i))})
		_, err := p.Send(t.Context(), chat, "hello", key())
		must(t, err)
		busy.picture(t, fmt.Sprint(i))
	}
	for name, list := range map[string]struct {
		query, entries, each string
		most                 int64
	}{
		"sidebar": {sidebar, "viewer.chats.nodes", "head.siblings.0.id", 12},
		"gallery": {media, "viewer.artifacts.nodes", "url", 16},
		"jobs":    {media, "viewer.jobs.nodes", "result.artifacts.0.id", 16},
	} {
		ask := func(n int) int64 {
			before := counter.Load()
			a := p.get(t, list.query, object{"n": n})
			if got := len(a.list(list.entries, list.each)); got != n {
				t.Fatalf("%s: %d entries, want %d", name, got, n)
			}
			return counter.Load() - before
		}
		// The first time, connections are opened. On a machine that is busy, entries may miss the statement
		// of the others: what counts is the fewest, and a few more than none. One each would be 18 more.
		const late = 3
		few, many := ask(2), ask(all)
		for range 10 {
			few, many = min(few, ask(2)), min(many, ask(all))
		}
		t.Logf("%s: %d statements for 2, %d for %d", name, few, many, all)
		if many > few+late || many > list.most+late {
			t.Errorf("%s: %d statements for 2, %d for %d; want at most %d", name, few, many, all, list.most)
		}
	}
}

// count puts a proxy in front of the Postgres of settings that counts statements.
func count(t *testing.T, settings map[string]string) *atomic.Int64 {
	t.Helper()
	to, err := url.Parse(settings["DATABASE_URL"])
	must(t, err)
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	statements := &atomic.Int64{}
	server := to.Host
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go relay(conn, server, statements)
		}
	}()
	to.Host = listener.Addr().String()
	settings["DATABASE_URL"] = to.String()
	return statements
}

// relay passes a connection on until one side ends it.
func relay(conn net.Conn, server string, statements *atomic.Int64) {
	defer func() { _ = conn.Close() }()
	up, err := net.Dial("tcp", server) //nolint:noctx // It ends with its connection.
	if err != nil {
		return
	}
	defer func() { _ = up.Close() }()
	go func() {
		_, _ = io.Copy(conn, up)
		_ = conn.Close()
	}()
	tally(bufio.NewReader(conn), up, statements)
}

// tally passes a client's messages on, and counts simple queries and parsed statements. The
// first message has no type, see "Message Formats" of Postgres.
func tally(from *bufio.Reader, to io.Writer, statements *atomic.Int64) {
	for head := 4; ; head = 5 {
		header, err := from.Peek(head)
		if err != nil {
			return
		}
		if head == 5 && (header[0] == 'Q' || header[0] == 'P') {
			statements.Add(1)
		}
		size := int64(binary.BigEndian.Uint32(header[head-4:])) + int64(head-4)
		if _, err := io.CopyN(to, from, size); err != nil {
			return
		}
	}
}
