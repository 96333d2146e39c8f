package systemtest

import (
	"testing"

	"github.com/weav-ai/weav/internal/client"
)

// jobTab is what a tab shows of a job.
type jobTab struct {
	text     client.Text
	cursor   string
	progress []float64
	added    int
	ends     []client.JobEvent
	over     bool // the subscription was completed
}

// watch follows a job from a cursor, until stop says so or the subscription ends.
func (p *person) watch(server int, job string, tab *jobTab, stop func() bool) {
	p.t.Helper()
	socket, err := p.clients[server].Dial(p.t.Context())
	if err != nil {
		p.t.Fatalf("dial: %v", err)
	}
	defer func() { _ = socket.Drop() }()
	events, err := socket.FollowJob(job, tab.cursor)
	if err != nil {
		p.t.Fatalf("follow: %v", err)
	}
	for payload := range events {
		e, err := client.JobEventOf(payload)
		if err != nil {
			p.t.Fatalf("the subscription ended with %v", err)
		}
		tab.note(p, e)
		if stop != nil && stop() {
			return
		}
	}
	tab.over = socket.Err() == nil
}

func (tab *jobTab) note(p *person, e client.JobEvent) {
	p.t.Helper()
	tab.cursor = e.Cursor
	switch e.Typename {
	case "JobTextDelta":
		if tab.text.Apply(e.Offset, e.Text) {
			p.t.Error("text before a piece is missing")
		}
	case "JobProgressed":
		if e.Progress != nil {
			tab.progress = append(tab.progress, *e.Progress)
		}
	case "ArtifactAdded":
		tab.added++
	case "JobEnded":
		tab.ends = append(tab.ends, e)
	}
}

// TestATextJobIsWholeForWhoLosesTheSocket drops the socket in the middle and resumes on the other server.
func TestATextJobIsWholeForWhoLosesTheSocket(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, h house) {
		p := h.newPerson(t)
		o := p.order(0, writing("[sandbox:tokens=200] A long text"))
		var tab jobTab
		p.watch(1, o.ID, &tab, func() bool { return tab.text.Len() > 60 })
		p.watch(0, o.ID, &tab, nil)
		j := h.over(t, o.ID)
		if tab.text.String() != j.Text || tab.text.Len() != tab.ends[0].Length {
			t.Errorf("the tab has %d units, the job %d bytes", tab.text.Len(), len(j.Text))
		}
		if len(tab.ends) != 1 || !tab.over || tab.added != 1 {
			t.Errorf("%d ends, %d artifacts, completed: %t", len(tab.ends), tab.added, tab.over)
		}
		h.wantKept(t, p, j)

		var late jobTab
		p.watch(1, o.ID, &late, nil)
		if len(late.ends) != 1 || !late.over {
			t.Errorf("who comes late sees %d ends, completed: %t", len(late.ends), late.over)
		}
		behind := jobTab{cursor: tab.cursor}
		p.watch(0, o.ID, &behind, nil)
		if len(behind.ends) != 0 || !behind.over {
			t.Errorf("who saw the end sees %d more, completed: %t", len(behind.ends), behind.over)
		}
	})
}

// TestProgressOfAVideoIsPushed also to the other server, and never falls.
func TestProgressOfAVideoIsPushed(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, h house) {
		p := h.newPerson(t)
		o := p.order(0, video("A film to wait for"))
		var tab jobTab
		p.watch(1, o.ID, &tab, nil)
		if len(tab.progress) < 2 || len(tab.ends) != 1 || tab.ends[0].Status != "COMPLETED" || tab.added != 1 {
			t.Errorf("progress %v, ends %d, artifacts %d", tab.progress, len(tab.ends), tab.added)
		}
		for i := 1; i < len(tab.progress); i++ {
			if tab.progress[i] < tab.progress[i-1] {
				t.Errorf("progress fell: %v", tab.progress)
			}
		}
		h.wantKept(t, p, h.over(t, o.ID))
	})
}
