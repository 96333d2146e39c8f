package job_test

import (
	"strings"
	"testing"

	"github.com/weav-ai/weav/ent"
	entjob "github.com/weav-ai/weav/ent/job"
	"github.com/weav-ai/weav/ent/message"
	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/job"
	"github.com/weav-ai/weav/internal/run/runtest"
)

// TestATextJobKeepsWhatWasShown however it breaks off; nothing is charged but what its person stopped, and nothing is asked again.
func TestATextJobKeepsWhatWasShown(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		breaks func(p *runtest.Process, j *ent.Job, call *runtest.Call, w *runtest.Run) *runtest.Process
		status entjob.Status
		code   job.FailureCode
		shown  message.Status
	}{
		"the provider breaks off": {func(p *runtest.Process, _ *ent.Job, call *runtest.Call, w *runtest.Run) *runtest.Process {
			call.Fail(&ai.Error{Kind: ai.Interrupted, Accepted: true})
			w.Ended()
			return p
		}, entjob.StatusFailed, job.FailureProviderInterrupted, message.StatusInterrupted},
		"a fault that may pass": {func(p *runtest.Process, _ *ent.Job, call *runtest.Call, w *runtest.Run) *runtest.Process {
			call.Fail(&ai.Error{Kind: ai.Overloaded})
			w.Ended()
			return p
		}, entjob.StatusFailed, job.FailureProviderUnavailable, message.StatusInterrupted},
		"its process stops": {func(p *runtest.Process, _ *ent.Job, _ *runtest.Call, w *runtest.Run) *runtest.Process {
			w.Leave()
			w.Ended()
			return p
		}, entjob.StatusFailed, job.FailureWorkerLost, message.StatusInterrupted},
		"its process is killed": {func(p *runtest.Process, j *ent.Job, _ *runtest.Call, _ *runtest.Run) *runtest.Process {
			return loseJob(p, j.ID, "first")
		}, entjob.StatusFailed, job.FailureWorkerLost, message.StatusInterrupted},
		"its process is killed, found by others": {func(p *runtest.Process, j *ent.Job, _ *runtest.Call, _ *runtest.Run) *runtest.Process {
			return loseJob(p, j.ID, "other")
		}, entjob.StatusFailed, job.FailureWorkerLost, message.StatusInterrupted},
		"its person cancels": {func(p *runtest.Process, j *ent.Job, _ *runtest.Call, w *runtest.Run) *runtest.Process {
			if _, err := p.Jobs.Cancel(p.T.Context(), p.User, j.ID.String()); err != nil {
				p.T.Fatal(err)
			}
			w.Ended()
			return p
		}, entjob.StatusCancelled, "", message.StatusStopped},
		"its adapter panics": {func(p *runtest.Process, _ *ent.Job, call *runtest.Call, w *runtest.Run) *runtest.Process {
			call.Panic()
			w.Ended()
			return p
		}, entjob.StatusFailed, job.FailureInternal, message.StatusInterrupted},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			each(t, func(t *testing.T, p *runtest.Process) {
				in, id := runtest.Text("write"), p.Chat().ID.String()
				in.ChatID = &id
				j := p.Order(in)
				heard := p.Shown(j.RunID)
				w := p.Work(j.ID)
				call := p.Model.Next(t)
				call.Say("shown ")
				runtest.Receive(t, heard, "the first piece")
				if got := p.Job(j.ID).Text; got != "shown " {
					t.Errorf("behind the first piece %q is kept", got)
				}
				call.Say("more")
				p.Until("the second piece is kept", func() bool { return p.Job(j.ID).Text == "shown more" })
				p = c.breaks(p, j, call, w)
				wantEnd(p, j.ID, c.status, c.code, "shown more")
				if f := job.FailureOfJob(p.Job(j.ID)); (f == nil) != (c.code == "") || f != nil && (f.Code != c.code || !strings.Contains(f.Message, " is kept.")) {
					t.Errorf("the failure is %+v", f)
				}
				if got := p.Message(*j.MessageID); got.Status != c.shown || got.Text != "shown more" {
					t.Errorf("the chat shows %s, %q", got.Status, got.Text)
				}
				if got := charged(p, j.ID); got != (c.status == entjob.StatusCancelled) {
					t.Errorf("charged %v", got)
				}
				p.Work(j.ID).Ended()
				if p.Model.Calls() != 0 {
					t.Error("it was asked again")
				}
			})
		})
	}
}

// TestATextJobWithoutTextIsNoOutput, blanks alone too, and it costs nothing.
func TestATextJobWithoutTextIsNoOutput(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, p *runtest.Process) {
		for said, c := range map[string]struct {
			why  ai.Finish
			code job.FailureCode
		}{
			"": {ai.FinishStop, job.FailureNoOutput}, "\u2009\n": {ai.FinishLength, job.FailureNoOutput}, "\u200b\u2800": {ai.FinishStop, job.FailureNoOutput},
			"\n": {ai.FinishContentFilter, job.FailureContentBlocked}, "\n\n": {ai.FinishRefusal, job.FailureModelRefused},
		} {
			j := p.Order(runtest.Text("write"))
			w := p.Work(j.ID)
			call := p.Model.Next(t)
			if said != "" {
				call.Say(said)
			}
			call.Finish(c.why)
			w.Ended()
			wantEnd(p, j.ID, entjob.StatusFailed, c.code, said)
			if f := job.FailureOfJob(p.Job(j.ID)); f == nil || strings.Contains(f.Message, "kept") {
				t.Errorf("%q: the failure is %+v", said, f)
			}
			if charged(p, j.ID) {
				t.Errorf("%q costs something", said)
			}
		}
	})
}
