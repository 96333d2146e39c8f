package ws

import (
	"bytes"
	"context"
	"testing"
)

// hurried is a context that does not wait: what is not possible now is refused.
func hurried() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

// sizes returns the length of each frame's payload that the writer would take now.
func sizes(o *outbox) []int {
	b, _ := o.take()
	if b == nil {
		return nil
	}
	defer o.sent(b)
	var all []int
	start := 0
	for _, m := range b.marks {
		all = append(all, m.end-start-len(appendHeader(nil, 1, m.end-start)))
		start = m.end
	}
	return all
}

func TestOutboxRoom(t *testing.T) {
	t.Parallel()
	o, op := newOutbox(1<<20), &operation{}
	if !o.room(hurried()) {
		t.Fatal("an empty outbox has no room")
	}
	o.push(op, make([]byte, pullBelow))
	if o.room(hurried()) {
		t.Error("room for another response while a full batch is queued")
	}
	b, _ := o.take()
	if o.room(hurried()) {
		t.Error("room for another response while a full batch is being written")
	}
	got := make(chan bool)
	go func() { got <- o.room(context.Background()) }()
	o.sent(b)
	if !<-got {
		t.Error("no room after the batch was written")
	}
}

func TestOutboxPut(t *testing.T) {
	t.Parallel()
	const limit = 1000
	for name, tc := range map[string]struct {
		queued, size int
		want         bool
	}{
		"fits":                    {100, limit - 100 - 4, true},
		"does not fit":            {100, limit, false},
		"larger than all, alone":  {0, 10 * limit, true},
		"larger than all, behind": {2, 10 * limit, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o, op := newOutbox(limit), &operation{}
			if tc.queued > 0 {
				o.push(op, make([]byte, tc.queued-2))
			}
			if got := o.put(hurried(), op, make([]byte, tc.size)); got != tc.want {
				t.Errorf("put %t, want %t", got, tc.want)
			}
		})
	}
}

func TestOutboxSilence(t *testing.T) {
	t.Parallel()
	o, stopped, other := newOutbox(1000), &operation{}, &operation{}
	for i, op := range []*operation{stopped, other, stopped, other, stopped} {
		o.push(op, make([]byte, i))
	}
	o.silence(stopped)
	if o.put(context.Background(), stopped, []byte("late")) {
		t.Error("a stopped operation may still put")
	}
	if got := sizes(o); len(got) != 2 || got[0] != 1 || got[1] != 3 {
		t.Errorf("payloads of %v bytes are sent, want [1 3]", got)
	}
	o.push(stopped, make([]byte, pullBelow))
	waiting := make(chan bool)
	go func() { waiting <- o.room(context.Background()) }()
	if b, _ := o.take(); b != nil {
		t.Error("a batch of nothing is sent")
	}
	if !<-waiting {
		t.Error("no room though nothing is queued")
	}
}

func TestOutboxFinish(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		drain bool
		last  []byte
		want  string
	}{
		"keeping what is queued":  {true, []byte("LAST"), "\x81\x01aLAST"},
		"dropping what is queued": {false, []byte("LAST"), "LAST"},
		"dropping all":            {false, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOutbox(1000)
			o.push(nil, []byte("a"))
			o.finish(tc.drain, tc.last)
			o.finish(true, []byte("again"))
			o.push(nil, []byte("late"))
			o.answerPing("late")
			if o.room(context.Background()) || o.put(context.Background(), &operation{}, []byte("late")) {
				t.Error("a finished outbox takes more")
			}
			b, last := o.take()
			if b == nil {
				b = &batch{}
			}
			if !last || string(b.bytes) != tc.want {
				t.Errorf("last %t, frames %q, want %q", last, b.bytes, tc.want)
			}
		})
	}
}

func TestOutboxAnswersTheNewestPing(t *testing.T) {
	t.Parallel()
	o := newOutbox(1000)
	o.answerPing("old")
	o.answerPing("new")
	b, _ := o.take()
	if want := []byte("\x8A\x03new"); !bytes.Equal(b.bytes, want) {
		t.Errorf("got %q, want %q", b.bytes, want)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"type":"connection_init","payload":{}}`))
	f.Add([]byte(`{"id":"1","type":"subscribe","payload":{"query":"{a}","variables":null}}`))
	f.Add([]byte(`{"id":"1","type":"complete"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := decode(text)
		if err == nil {
			_ = m.object()
			return
		}
		c, ok := err.(*closure) //nolint:errorlint // decode promises the type itself.
		if !ok || c.code == 0 || closeFrame(c.code, c.reason) == nil {
			t.Errorf("%q: %v closes nothing", text, err)
		}
	})
}
