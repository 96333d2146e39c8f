package runtest

import (
	"testing"
	"time"

	"github.com/weav-ai/weav/internal/ai"
)

// shortWait is the StopWait of the suite: what a stop waits for is held, so that it waits in vain.
const shortWait = 20 * time.Millisecond

// Conform checks that a kind of row keeps the protocol of package run on both databases. Each case forces one interleaving: the
// run or the request is held at a step, and goes on when the other is done.
func Conform(t *testing.T, kind Kind) {
	t.Helper()
	for name, test := range map[string]func(t *testing.T, p *Process, kind Kind){
		"a stop ends a row that no run has claimed":           stopBeforeClaim,
		"an end that comes before the stop is seen stands":    endBeforeStop,
		"a stop that comes before the end stands":             stopBeforeEnd,
		"a late publisher is not heard behind a take-over":    latePublisher,
		"a renewal beats a sweep, before the first piece":     renewalBeatsSweep(""),
		"a renewal beats a sweep, behind the first piece":     renewalBeatsSweep("one "),
		"of two sweeps one decides":                           sweepsAtOnce,
		"a clock that jumps ahead ends a run once":            clockAhead,
		"a clock that jumps back keeps no row":                clockBack,
		"a run frozen past its lease goes on":                 frozenRunGoesOn,
		"a run frozen past its lease, and swept, is lost":     frozenRunIsSwept,
		"a run frozen before its call, and requeued, is lost": frozenRunIsRequeued,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			Each(t, func(t *testing.T, p *Process) { test(t, p, kind) }, StopWait(shortWait))
		})
	}
}

// want checks how a row stands, and that it has one end in the feed if it has ended, and else none.
func want(t *testing.T, p *Process, row Row, end, text string) {
	t.Helper()
	if got := row.Read(p); got.End != end || got.Text != text {
		t.Errorf("the row is %q with %q; want %q with %q", got.End, got.Text, end, text)
	}
	ends := 1
	if end == "" {
		ends = 0
	}
	if got := row.Ends(p); got != ends {
		t.Errorf("it has %d ends in the feed, want %d", got, ends)
	}
}

// begun is a run whose first piece was shown.
func begun(t *testing.T, p *Process, row Row) (*Run, *Call) {
	t.Helper()
	shown := p.Shown(row.Read(p).Run)
	w := row.Work(p)
	call := p.Model.Next(t)
	call.Say("one ")
	Receive(t, shown, "the first piece")
	return w, call
}

// background calls do in a goroutine.
func background(do func() error) <-chan error {
	done := make(chan error, 1)
	go func() { done <- do() }()
	return done
}

func noError(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}

func stopBeforeClaim(t *testing.T, p *Process, kind Kind) {
	row := kind.Create(p)
	noError(t, row.Stop(p))
	want(t, p, row, "stopped", "")
	row.Work(p).Ended() // The queue's entry finds nothing to do.
	if n := p.Model.Calls(); n != 0 {
		t.Errorf("%d calls were made", n)
	}
	noError(t, row.Stop(p))
	want(t, p, row, "stopped", "")
}

// endBeforeStop holds the request between its flag and its signal until the run has ended.
func endBeforeStop(t *testing.T, p *Process, kind Kind) {
	row := kind.Create(p)
	w, call := begun(t, p, row)
	flagged, release := p.Bus.HoldSignal(row.Read(p).Run)
	stopped := background(func() error { return row.Stop(p) })
	Receive(t, flagged, "the stop flag")
	call.Say("two")
	call.Finish(ai.FinishStop)
	if err := w.End(); err != nil {
		t.Error(err)
	}
	end := row.Read(p)
	release()
	noError(t, Receive(t, stopped, "the answer of the stop"))
	if end.End != "completed" && end.End != "stopped" { // It may have renewed, and so read the flag.
		t.Errorf("it ended as %q", end.End)
	}
	want(t, p, row, end.End, end.Text)
}

// stopBeforeEnd holds the run before it ends, until the stop has taken its row over.
func stopBeforeEnd(t *testing.T, p *Process, kind Kind) {
	row := kind.Create(p)
	w, call := begun(t, p, row)
	held, release := p.Bus.HoldText(row.Read(p).Run)
	call.Say("two")
	Receive(t, held, "the second piece")
	noError(t, row.Stop(p))
	want(t, p, row, "stopped", "one ")
	release()
	call.Finish(ai.FinishStop)
	w.Ended()
	want(t, p, row, "stopped", "one ")
}

// latePublisher has a slow run publish text, and end, behind the take-over of its row. A subscriber is sent neither.
func latePublisher(t *testing.T, p *Process, kind Kind) {
	row := kind.Create(p)
	events := row.Watch(p)
	w := row.Work(p)
	call := p.Model.Next(t)
	call.Say("one ")
	text := ""
	for text == "" {
		if e := Receive(t, events, "the first piece"); e.Delta != nil {
			text = e.Delta.Text
		}
	}
	held, release := p.Bus.HoldText(row.Read(p).Run)
	call.Say("two")
	Receive(t, held, "the second piece")
	stopped := background(func() error { return row.Stop(p) })
	for isOver := false; !isOver; {
		e := Receive(t, events, "the end")
		if e.Delta != nil {
			text = text[:min(len(text), e.Delta.Offset)] + e.Delta.Text
		}
		isOver = row.EndOf(e)
	}
	noError(t, Receive(t, stopped, "the answer of the stop"))
	release()
	call.Finish(ai.FinishStop)
	w.Ended()
	row.Fence(p)
	if e, ok := <-events; ok && (e.Delta != nil || row.EndOf(e)) {
		t.Errorf("behind the end came %+v", e)
	}
	if text != "one " {
		t.Errorf("the subscriber was sent %q", text)
	}
	want(t, p, row, "stopped", "one ")
}

// renewalBeatsSweep has the run renew its lease when a sweep has found it expired, and not decided yet.
func renewalBeatsSweep(first string) func(t *testing.T, p *Process, kind Kind) {
	return func(t *testing.T, p *Process, kind Kind) {
		row, other := kind.Create(p), p.Another("second")
		w := row.Work(p)
		call := p.Model.Next(t)
		if first != "" {
			shown := p.Shown(row.Read(p).Run)
			call.Say(first)
			Receive(t, shown, "the first piece")
		}
		found := false
		kind.AfterFind(other, func() {
			found = true
			p.Until("the run has renewed its lease", func() bool { return *row.Read(p).LeaseUntilMs > 1 })
		})
		row.SetLease(p, 1)
		noError(t, kind.Sweep(other))
		if !found {
			t.Error("the sweep looked for nothing")
		}
		want(t, p, row, "", first)
		call.Say("whole")
		call.Finish(ai.FinishStop)
		w.Ended()
		want(t, p, row, "completed", first+"whole")
	}
}

// sweepsAtOnce has a second sweep decide between the find of the first and its write.
func sweepsAtOnce(t *testing.T, p *Process, kind Kind) {
	row := kind.Create(p)
	_, _ = begun(t, p, row)
	p.Kill()
	first, second := p.Another("second"), p.Another("third")
	row.SetLease(first, 1)
	kind.AfterFind(first, func() { noError(t, kind.Sweep(second)) })
	noError(t, kind.Sweep(first))
	want(t, first, row, "lost", "one ")
}

// clockAhead moves the lease of a living run into the past, as the database's clock does that jumps ahead. The run is lost, and
// what it writes later is not stored.
func clockAhead(t *testing.T, p *Process, kind Kind) {
	row, other := kind.Create(p), p.Another("second")
	w, call := begun(t, p, row)
	p.Until("the sweep has found it", func() bool { // A renewal may come in between.
		row.SetLease(p, 1)
		noError(t, kind.Sweep(other))
		return row.Read(p).End != ""
	})
	want(t, p, row, "lost", "one ")
	call.Say("late")
	call.Finish(ai.FinishStop)
	w.Ended()
	want(t, p, row, "lost", "one ")
}

// clockBack moves a lease a day ahead, as the database's clock does that jumps back. A sweep cannot tell the lost run from a
// living one, but the next process of its name takes it back, and a stop takes it over.
func clockBack(t *testing.T, p *Process, kind Kind) {
	now := time.Now().UnixMilli()
	day := now + (24 * time.Hour).Milliseconds()
	taken, stopped := kind.Create(p), kind.Create(p)
	begun(t, p, taken)
	begun(t, p, stopped)
	p.Kill()
	next := p.Another("first")
	taken.SetLease(next, day)
	stopped.SetLease(next, day)
	noError(t, kind.Sweep(next))
	want(t, next, taken, "", "one ")
	noError(t, stopped.Stop(next))
	want(t, next, stopped, "stopped", "one ")
	noError(t, kind.TakeBack(next))
	want(t, next, taken, "lost", "one ")
}

// frozenRunGoesOn holds a run until its lease is over. Nothing has touched its row meanwhile.
func frozenRunGoesOn(t *testing.T, p *Process, kind Kind) {
	row := kind.Create(p)
	w, call := begun(t, p, row)
	frozen, thaw := p.Bus.HoldText(row.Read(p).Run)
	call.Say("two")
	Receive(t, frozen, "the second piece")
	row.SetLease(p, 1)
	thaw()
	call.Finish(ai.FinishStop)
	w.Ended()
	want(t, p, row, "completed", "one two")
}

// frozenRunIsSwept holds a run until a sweep has ended its row.
func frozenRunIsSwept(t *testing.T, p *Process, kind Kind) {
	row, other := kind.Create(p), p.Another("second")
	w, call := begun(t, p, row)
	frozen, thaw := p.Bus.HoldText(row.Read(p).Run)
	call.Say("two")
	Receive(t, frozen, "the second piece")
	p.Until("the row is swept", func() bool { // A save that was under way may renew once.
		row.SetLease(other, 1)
		noError(t, kind.Sweep(other))
		return row.Read(p).End != ""
	})
	thaw()
	call.Finish(ai.FinishStop)
	w.Ended()
	want(t, p, row, "lost", "one ")
}

// frozenRunIsRequeued holds a run that has claimed its row and made no call. Another run does the work.
func frozenRunIsRequeued(t *testing.T, p *Process, kind Kind) {
	row, other := kind.Create(p), p.Another("second")
	lost := row.Read(p).Run
	frozen, thaw := p.Bus.HoldStart(lost)
	slow := row.Work(p)
	Receive(t, frozen, "the claim")
	row.SetLease(other, 1)
	noError(t, kind.Sweep(other))
	if got := row.Read(other); got.Run == lost || got.LeaseUntilMs != nil || got.End != "" {
		t.Fatalf("it was not requeued: %+v", got)
	}
	w := row.Work(other)
	call := other.Model.Next(t)
	thaw()
	slow.Ended()
	call.Say("whole")
	call.Finish(ai.FinishStop)
	w.Ended()
	want(t, other, row, "completed", "whole")
}
