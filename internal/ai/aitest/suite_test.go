package aitest_test

import (
	"context"
	"errors"
	"iter"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/ai/aitest"
)

// model is the smallest adapter that passes the suite, unless sabotaged.
type model struct {
	script   aitest.Script
	sabotage string

	mu       sync.Mutex
	received []ai.TextRequest
}

// sabotages are adapters gone wrong, and what the suite must say of each.
var sabotages = map[string]string{
	"ignores cancel":       "still open after",
	"says timeout":         "want canceled",
	"swallows a cut":       "no failure, final",
	"loses the last delta": "text = ",
	"loses usage":          "want input and output counted",
	"forgets the model":    "want \"fake\", \"m\"",
	"leaks a goroutine":    "found unexpected goroutines",
	"keeps its connection": "connection is still open",
	"one big delta":        "this is no stream",
	"passes U+0000":        "holds U+0000",
	"wrong kind":           "kind = upstream, want auth",
	"loses RetryAfter":     "RetryAfter was lost",
	"asks twice":           "received 2 requests",
	"forgets a turn":       "the provider received",
	"forgets the shape":    "the provider received",
	"loses images":         "the provider received",
}

// sabotageVar names the adapter that a child process tests.
const sabotageVar = "AITEST_SABOTAGE"

func TestCorrectModelPasses(t *testing.T) {
	run(t, os.Getenv(sabotageVar))
}

func TestIncorrectModelsFail(t *testing.T) {
	t.Parallel()
	findSabotages(t, "TestCorrectModelPasses", sabotages)
}

// findSabotages runs the named test in a child process for each sabotage, and wants it
// to fail with the words. Most children only wait, so many run at once.
func findSabotages(t *testing.T, test string, sabotages map[string]string) {
	if os.Getenv(sabotageVar) != "" {
		t.Skip("this is the child process")
	}
	slots := make(chan struct{}, 8)
	var children sync.WaitGroup
	for sabotage, want := range sabotages {
		children.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+test+"$", "-test.parallel=32")
			cmd.Env = append(os.Environ(), sabotageVar+"="+sabotage)
			out, err := cmd.CombinedOutput()
			var failed *exec.ExitError
			if !errors.As(err, &failed) || !strings.Contains(string(out), want) {
				t.Errorf("%s: suite ended with %v, want a failure that says %q:\n%s", sabotage, err, want, out)
			}
		})
	}
	children.Wait()
}

func run(t *testing.T, sabotage string) {
	aitest.Run(t, aitest.Harness{
		Provider:     "fake",
		Fails:        []ai.Kind{ai.RateLimited, ai.Auth},
		ReportsUsage: true, Shapes: true, TakesImages: true,
		Play: func(_ *testing.T, s aitest.Script) aitest.Call {
			closed := make(chan struct{}, 16)
			m := &model{script: s, sabotage: sabotage}
			stream := streamerFunc(func(ctx context.Context, req ai.TextRequest, yield yieldFunc) {
				m.receive(req)
				m.stream(ctx, yield)
				if sabotage != "keeps its connection" {
					closed <- struct{}{}
				}
			})
			req := ai.TextRequest{Model: "m", Turns: []ai.Turn{{Role: ai.RoleUser, Text: "Hi"}}}
			return aitest.Call{Streamer: stream, Request: req, Closed: closed, Received: func() []ai.TextRequest { return m.received }}
		},
	})
}

type yieldFunc func(ai.TextEvent, error) bool

type streamerFunc func(ctx context.Context, req ai.TextRequest, yield yieldFunc)

func (f streamerFunc) StreamText(ctx context.Context, req ai.TextRequest) iter.Seq2[ai.TextEvent, error] {
	return func(yield func(ai.TextEvent, error) bool) { f(ctx, req, yield) }
}

// receive reads a request as the provider's side would.
func (m *model) receive(req ai.TextRequest) {
	m.mu.Lock()
	defer m.mu.Unlock()
	req.Turns = slices.Clone(req.Turns)
	switch m.sabotage {
	case "asks twice":
		m.received = append(m.received, req)
	case "forgets a turn":
		req.Turns = req.Turns[len(req.Turns)-1:]
	case "forgets the shape":
		req.Answer = nil
	case "loses images":
		req.Turns[0].Images = nil
	}
	m.received = append(m.received, req)
}

// stream plays the script, as well as its sabotage allows.
func (m *model) stream(ctx context.Context, yield yieldFunc) {
	if m.sabotage == "leaks a goroutine" {
		go func() { <-context.Background().Done() }()
	}
	if m.script.Fail != "" {
		yield(ai.TextEvent{}, m.refusal())
		return
	}
	shown := false
	for _, text := range m.deltas() {
		if ctx.Err() != nil {
			break
		}
		if shown = true; !yield(ai.TextEvent{Delta: text}, nil) {
			return
		}
	}
	m.end(ctx, yield, shown)
}

// end does what follows the text.
func (m *model) end(ctx context.Context, yield yieldFunc, shown bool) {
	if m.script.Ending == aitest.Hangs {
		m.hang(ctx)
	}
	switch {
	case ctx.Err() != nil:
		yield(ai.TextEvent{}, m.failure(m.stopKind(ctx), shown))
	case m.script.Ending == aitest.Breaks && m.sabotage != "swallows a cut":
		yield(ai.TextEvent{}, m.failure(ai.Interrupted, shown))
	default:
		yield(ai.TextEvent{Final: &ai.TextResult{
			Finish: m.script.Finish, RawFinish: "done", Model: "m", Usage: m.usage(m.script.Text != ""),
		}}, nil)
	}
}

func (m *model) hang(ctx context.Context) {
	if m.sabotage == "ignores cancel" {
		ctx = context.WithoutCancel(ctx)
		_ = ai.Wait(ctx, time.Minute)
	}
	<-ctx.Done()
}

func (m *model) stopKind(ctx context.Context) ai.Kind {
	if m.sabotage == "says timeout" {
		return ai.Timeout
	}
	return ai.StopKind(ctx)
}

// deltas cuts the text before each space.
func (m *model) deltas() []string {
	text := ai.CleanText(m.script.Text)
	if m.sabotage == "passes U+0000" {
		text = m.script.Text
	}
	if m.sabotage == "one big delta" || text == "" {
		return []string{text}[:min(len(text), 1)]
	}
	parts := strings.SplitAfter(text, " ")
	if m.sabotage == "loses the last delta" {
		return parts[:len(parts)-1]
	}
	return parts
}

func (m *model) usage(written bool) ai.Usage {
	u := ai.Usage{Known: m.sabotage != "loses usage", Input: 1}
	if written {
		u.Output = 1
	}
	return u
}

func (m *model) failure(kind ai.Kind, shown bool) *ai.Error {
	e := &ai.Error{
		Kind: kind, Provider: "fake", Model: "m", Shown: shown, Accepted: true,
		Usage: m.usage(shown), Cause: errors.New("as scripted"),
	}
	if m.sabotage == "forgets the model" {
		e.Model = ""
	}
	return e
}

func (m *model) refusal() *ai.Error {
	kind := m.script.Fail
	if m.sabotage == "wrong kind" {
		kind = ai.Upstream
	}
	e := m.failure(kind, false)
	if m.sabotage != "loses RetryAfter" {
		e.RetryAfter = time.Second
	}
	return e
}
