package run_test

import (
	"errors"
	"testing"

	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/run"
)

func TestAProcessKnowsItsRuns(t *testing.T) {
	t.Parallel()
	p := run.NewProcess("here")
	first, second := oid.New[oid.Run](), oid.New[oid.Run]()
	end, err := p.Begin(first, "reply")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Begin(second, "job"); err != nil {
		t.Fatal(err)
	}
	if got := p.Active(); len(got) != 2 || got[0] != (run.Active{Run: first, Kind: "reply"}) || p.Node() != "here" {
		t.Errorf("%s has %v", p.Node(), got)
	}
	p.Stop()
	if _, err := p.Begin(oid.New[oid.Run](), "reply"); !errors.Is(err, run.ErrStopping) {
		t.Errorf("a stopping process begins a run: %v", err)
	}
	end()
	if got := p.Active(); len(got) != 1 || got[0].Run != second {
		t.Errorf("it has %v", got)
	}
}
