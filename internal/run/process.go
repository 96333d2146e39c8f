package run

import (
	"cmp"
	"errors"
	"slices"
	"sync"

	"github.com/weav-ai/weav/internal/oid"
)

// ErrStopping says that the process stops and begins no run: the entry of the queue is another's.
var ErrStopping = errors.New("run: the process stops")

// Process is this process as its runs know it: its name, the runs under way, and whether it stops.
// It is safe for concurrent use.
type Process struct {
	node string

	mu       sync.Mutex
	stopping bool
	active   map[oid.Run]string
}

// Active is a run under way.
type Active struct {
	Run oid.Run
	// Kind is what it works on, such as reply or image.
	Kind string
}

// NewProcess returns the process of a name. No two living processes share one; it stays the same over restarts, or no
// other process ever has it.
func NewProcess(node string) *Process {
	return &Process{node: node, active: map[oid.Run]string{}}
}

// Node is the process's name.
func (p *Process) Node() string { return p.node }

// Begin notes a run. It returns ErrStopping once the process stops. The caller calls end when the run is over.
func (p *Process) Begin(run oid.Run, kind string) (end func(), err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stopping {
		return nil, ErrStopping
	}
	p.active[run] = kind
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.active, run)
	}, nil
}

// Stop says that the process stops: no run begins from now on.
func (p *Process) Stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stopping = true
}

// Active returns the runs under way, the oldest first.
func (p *Process) Active() []Active {
	p.mu.Lock()
	defer p.mu.Unlock()
	active := make([]Active, 0, len(p.active))
	for run, kind := range p.active {
		active = append(active, Active{run, kind})
	}
	slices.SortFunc(active, func(a, b Active) int { return cmp.Compare(a.Run.String(), b.Run.String()) })
	return active
}
