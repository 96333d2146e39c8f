package run

import (
	"context"
	"time"

	"entgo.io/ent/dialect/sql"

	"github.com/weav-ai/weav/internal/oid"
)

// Batch is the most rows that one sweep looks at for each reason. What is left comes with the next.
const Batch = 200

// Condition is what must hold of a row. ent's predicates of messages and of jobs have the same form, see [Where].
type Condition = func(*sql.Selector)

// Where turns conditions into the predicates of one kind of row.
func Where[P ~func(*sql.Selector)](conditions ...Condition) []P {
	predicates := make([]P, len(conditions))
	for i, c := range conditions {
		predicates[i] = P(c)
	}
	return predicates
}

// The columns that replies and jobs have in common.
const (
	columnLease = "lease_until_ms"
	columnNode  = "node"
)

// Unclaimed holds while no run has the lease of a row.
func Unclaimed() Condition { return sql.FieldIsNull(columnLease) }

// Claimed holds while a run has the lease of a row, also when that has expired.
func Claimed() Condition { return sql.FieldNotNull(columnLease) }

// Record is the port to one kind of row: ID is its id, R the row as it was read. It names a run by its row's run_id.
//
// Each write is one statement or one transaction, and conditional on the run (WHERE run_id = mine and the row has
// not ended) and on where. A write that matches no row returns ErrLost and has changed nothing.
type Record[ID, R any] interface {
	// Read returns the row, or NOT_FOUND.
	Read(ctx context.Context, id ID) (*R, error)
	// State is what the protocol knows of a row that was read.
	State(row *R) State

	// Claim gives run the lease of a row that it is named in and that is not held, and returns the row. It returns nil when the
	// run is stale: the row is another's, is worked on, or has ended.
	Claim(ctx context.Context, id ID, run oid.Run) (*R, error)
	// Mark says that no other run may begin again, and stores the first piece of the text, if there is one. It renews
	// the lease. The caller shows the piece, or makes the paid call, only behind it. A kind whose calls are paid for
	// returns ErrStopped instead when a stop was requested: the call is then not made.
	Mark(ctx context.Context, row *R, first string) error
	// Renew renews the lease, sets the count of unproven runs to zero and stores the text unless that is empty, and
	// the progress unless that is nil. It returns how many rows matched: 0 or 1.
	Renew(ctx context.Context, row *R, text string, progress *Progress, where ...Condition) (rows int, err error)
	// StopNotRequested holds while the stop flag of a row is not set.
	StopNotRequested() Condition

	// Held holds while a run works on a row at this moment. It does not between two polls of a parked video.
	Held() Condition
	// Find returns at most Batch unfinished rows for which all conditions hold.
	Find(ctx context.Context, where ...Condition) ([]*R, error)
	// FindUnclaimed returns the oldest rows, at most Batch, that should be in the queue since before.
	FindUnclaimed(ctx context.Context, before time.Time) ([]*R, error)
	// Requeue gives the row a new run and its entry in the queue. isLost says that the run did not end its work itself.
	Requeue(ctx context.Context, row *R, isLost bool, where ...Condition) error
	// TakeOver ends the row from outside, as stopped or as WORKER_LOST, with the text that was shown of it.
	TakeOver(ctx context.Context, row *R, isStopped bool, where ...Condition) error
}

// State is what the protocol knows of a row.
type State struct {
	// Run is the run that the row names.
	Run oid.Run
	// HasEnded says that nothing of the row changes any more.
	HasEnded bool
	// IsStopRequested says that the stop flag is set.
	IsStopRequested bool
	// IsMarked says that something was shown, or that a paid call may have been made.
	IsMarked bool
	// IsResumable says that another run can go on where the last one was, though the row is marked.
	IsResumable bool
	// Unproven is how many runs in a row were lost unproven, Lost how many in all, the current one included.
	Unproven, Lost int
}

// Progress is how far the work on a row is.
type Progress struct {
	// Value is from 0 to 1; nil where the provider does not say.
	Value *float64
	// Phase says in a few words for people what is done; empty where nothing is known.
	Phase string
}
