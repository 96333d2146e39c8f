package chat_test

import (
	"errors"
	"sync"
	"testing"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/message"
	entusage "github.com/weav-ai/weav/ent/usage"
	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/chat"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/run"
	"github.com/weav-ai/weav/internal/run/runtest"
)

// TestAReplyKeepsWhatWasShown at every moment, whichever process finds it when its own is gone.
func TestAReplyKeepsWhatWasShown(t *testing.T) {
	t.Parallel()
	runtest.Each(t, func(t *testing.T, p *runtest.Process) {
		reply := p.Send("hello")
		shown := p.Shown(*reply.RunID)
		p.Write(reply.ID)
		call := p.Model.Next(t)
		call.Say("one ")
		runtest.Receive(t, shown, "the first piece")
		if got := p.Message(reply.ID); got.Text != "one " || got.Status != message.StatusStreaming {
			t.Errorf("behind its first piece it is %s, %q", got.Status, got.Text)
		}
		call.Say("two ")
		p.Until("the second piece is kept", func() bool { return p.Message(reply.ID).Text == "one two " })
		p.Kill()
		next := p.Another("first")
		if err := next.Chats.TakeBack(t.Context()); err != nil {
			t.Fatal(err)
		}
		wantEnd(t, next.Message(reply.ID), message.StatusInterrupted, chat.FailureWorkerLost, "one two ")
	})
}

func wantEnd(t *testing.T, m *ent.Message, status message.Status, code chat.FailureCode, text string) {
	t.Helper()
	got := chat.FailureCode("")
	if m.FailureCode != nil {
		got = chat.FailureCode(*m.FailureCode)
	}
	if m.Status != status || got != code || m.Text != text || m.EndedAt == nil {
		t.Errorf("the reply is %s, %q, with %q; want %s, %q, %q", m.Status, got, m.Text, status, code, text)
	}
}

// TestAReplyWithoutTextIsNoOutput, whether its model ends or says so; it costs nothing.
func TestAReplyWithoutTextIsNoOutput(t *testing.T) {
	t.Parallel()
	runtest.Each(t, func(t *testing.T, p *runtest.Process) {
		for name, c := range map[string]struct {
			say    []string
			end    func(*runtest.Call)
			status message.Status
			code   chat.FailureCode
			text   string
		}{
			"no text":            {nil, finish(ai.FinishStop), message.StatusFailed, chat.FailureNoOutput, ""},
			"no text, refused":   {nil, finish(ai.FinishRefusal), message.StatusFailed, chat.FailureNoOutput, ""},
			"blanks alone":       {[]string{" ", "\n"}, finish(ai.FinishStop), message.StatusFailed, chat.FailureNoOutput, " \n"},
			"no text, filtered":  {nil, finish(ai.FinishContentFilter), message.StatusFailed, chat.FailureContentBlocked, ""},
			"what does not show": {[]string{"\u200b", "\u3164\u2800"}, finish(ai.FinishStop), message.StatusFailed, chat.FailureNoOutput, "\u200b\u3164\u2800"},
			"the adapter's word": {nil, func(c *runtest.Call) { c.Fail(&ai.Error{Kind: ai.NoOutput, JobFailed: true, Accepted: true}) }, message.StatusFailed, chat.FailureNoOutput, ""},
			"a text":             {[]string{"a", "b"}, finish(ai.FinishStop), message.StatusCompleted, "", "ab"},
		} {
			reply := p.Send(name)
			w := p.Write(reply.ID)
			call := p.Model.Next(t)
			for _, piece := range c.say {
				call.Say(piece)
			}
			c.end(call)
			w.Ended()
			wantEnd(t, p.Message(reply.ID), c.status, c.code, c.text)
			row := p.Store.Client().Usage.Query().Where(entusage.MessageID(reply.ID), entusage.PurposeEQ(entusage.PurposeReply)).OnlyX(t.Context())
			if row.IsCharged != (c.status == message.StatusCompleted) {
				t.Errorf("%s: charged %v", name, row.IsCharged)
			}
		}
	})
}

func finish(why ai.Finish) func(*runtest.Call) { return func(c *runtest.Call) { c.Finish(why) } }

// TestWhatCountsAgainstAReply: a run that is lost before it renewed its lease once, and no other.
func TestWhatCountsAgainstAReply(t *testing.T) {
	t.Parallel()
	proven := func(p *runtest.Process, id oid.Message) {
		p.Until("the run has renewed its lease", func() bool { return p.Message(id).UnprovenRuns == 0 })
	}
	spared := func(p *runtest.Process, _ oid.Message) {
		if err := p.Chats.Spare(p.T.Context()); err != nil {
			p.T.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		before func(p *runtest.Process, id oid.Message)
		node   string // of the process that finds it
		losses int
		status message.Status
	}{
		"lost at once, twice":                        {nil, "first", run.MaxUnproven - 1, message.StatusPending},
		"lost at once, three times":                  {nil, "first", run.MaxUnproven, message.StatusFailed},
		"lost at once, three times, found by others": {nil, "other", run.MaxUnproven, message.StatusFailed},
		"it had lived":                               {proven, "first", run.MaxUnproven + 1, message.StatusPending},
		"it had lived, found by others":              {proven, "other", run.MaxUnproven + 1, message.StatusPending},
		"its process was told to stop":               {spared, "first", run.MaxUnproven + 1, message.StatusPending},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			runtest.Each(t, func(t *testing.T, p *runtest.Process) {
				reply := p.Send("hello")
				for range c.losses {
					p.Write(reply.ID)
					p.Model.Next(t)
					if c.before != nil {
						c.before(p, reply.ID)
					}
					p = loseReply(p, reply.ID, c.node)
				}
				got := p.Message(reply.ID)
				if got.Status != c.status || got.RunCount != c.losses || (got.LeaseUntilMs == nil) != true {
					t.Errorf("after %d losses it is %s, begun %d times", c.losses, got.Status, got.RunCount)
				}
			})
		})
	}
}

// loseReply kills a process, and has the next of its name, or another, find the reply.
func loseReply(p *runtest.Process, id oid.Message, node string) *runtest.Process {
	p.T.Helper()
	p.Kill()
	next := p.Another(node)
	find := next.Chats.TakeBack
	if node != "first" {
		next.Expire(id)
		find = next.Chats.Sweep
		next = p.Another("first")
	}
	if err := find(p.T.Context()); err != nil {
		p.T.Fatal(err)
	}
	return next
}

// TestLostRepliesEndSometime: whatever ends the processes, a reply is not begun for ever.
func TestLostRepliesEndSometime(t *testing.T) {
	t.Parallel()
	runtest.Each(t, func(t *testing.T, p *runtest.Process) {
		reply := p.Send("hello")
		p.Write(reply.ID)
		p.Model.Next(t)
		p.Store.Client().Message.UpdateOneID(reply.ID).SetRunCount(run.MaxLost).SetUnprovenRuns(0).ExecX(t.Context())
		p = loseReply(p, reply.ID, "first")
		wantEnd(t, p.Message(reply.ID), message.StatusFailed, chat.FailureWorkerLost, "")
	})
}

// TestAProcessTakesBackItsOwnAlone: what a living process of another name writes goes on.
func TestAProcessTakesBackItsOwnAlone(t *testing.T) {
	t.Parallel()
	runtest.Each(t, func(t *testing.T, p *runtest.Process) {
		reply := p.Send("hello")
		w := p.Write(reply.ID)
		call := p.Model.Next(t)
		if err := p.Another("second").Chats.TakeBack(t.Context()); err != nil {
			t.Fatal(err)
		}
		call.Say("whole")
		call.Finish(ai.FinishStop)
		w.Ended()
		wantEnd(t, p.Message(reply.ID), message.StatusCompleted, "", "whole")
	})
}

// TestALostReplyIsBegunAgainOnce, however many look at once.
func TestALostReplyIsBegunAgainOnce(t *testing.T) {
	t.Parallel()
	runtest.Each(t, func(t *testing.T, p *runtest.Process) {
		reply := p.Send("hello")
		p.Write(reply.ID)
		p.Model.Next(t)
		p.Kill()
		a, b := p.Another("first"), p.Another("second")
		a.Expire(reply.ID)
		var all sync.WaitGroup
		for _, find := range []func() error{
			func() error { return a.Chats.TakeBack(t.Context()) }, func() error { return a.Chats.Sweep(t.Context()) },
			func() error { return b.Chats.Sweep(t.Context()) },
		} {
			all.Go(func() {
				if err := find(); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if n := a.QueueEntries(chat.KindReply); n != 2 {
			t.Errorf("the queue has %d entries, want the first and one more", n)
		}
		got := a.Message(reply.ID)
		w := a.Write(reply.ID)
		call := a.Model.Next(t)
		call.Say("again")
		call.Finish(ai.FinishStop)
		w.Ended()
		if *got.RunID == *reply.RunID {
			t.Error("the lost run may still write")
		}
		wantEnd(t, a.Message(reply.ID), message.StatusCompleted, "", "again")
	})
}

// TestAStoppingProcessPassesRepliesOn: it begins none, and gives back what it has shown nothing of.
func TestAStoppingProcessPassesRepliesOn(t *testing.T) {
	t.Parallel()
	runtest.Each(t, func(t *testing.T, p *runtest.Process) {
		waiting, begun, shown := p.Send("a"), p.Send("b"), p.Send("c")
		first, second := p.Write(begun.ID), p.Write(shown.ID)
		heard := p.Shown(*shown.RunID)
		for range 2 {
			if call := p.Model.Next(t); call.Request.Turns[0].Text == "c" {
				call.Say("some ")
			}
		}
		runtest.Receive(t, heard, "the first piece")
		p.Self.Stop()
		if err := p.Write(waiting.ID).End(); !errors.Is(err, run.ErrStopping) {
			t.Errorf("it begins another: %v", err)
		}
		first.Leave()
		second.Leave()
		first.Ended()
		second.Ended()
		if got := p.Message(waiting.ID); got.RunCount != 0 || got.LeaseUntilMs != nil || *got.RunID != *waiting.RunID {
			t.Errorf("what waits was touched: %d runs", got.RunCount)
		}
		if got := p.Message(begun.ID); got.Status != message.StatusPending || got.UnprovenRuns != 0 || got.LeaseUntilMs != nil || *got.RunID == *begun.RunID {
			t.Errorf("what showed nothing is %s, %d runs unproven", got.Status, got.UnprovenRuns)
		}
		wantEnd(t, p.Message(shown.ID), message.StatusInterrupted, chat.FailureWorkerLost, "some ")
	})
}

// TestAnAdaptersPanicEndsItsReplyAlone: the process goes on.
func TestAnAdaptersPanicEndsItsReplyAlone(t *testing.T) {
	t.Parallel()
	runtest.Each(t, func(t *testing.T, p *runtest.Process) {
		reply := p.Send("hello")
		w := p.Write(reply.ID)
		p.Model.Next(t).Panic()
		w.Ended()
		wantEnd(t, p.Message(reply.ID), message.StatusFailed, chat.FailureInternal, "")
	})
}
