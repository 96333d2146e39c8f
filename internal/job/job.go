// Package job is the domain of jobs: texts, images and videos that a person orders and that are
// made in the background.
//
// A job is worked on by exactly one run at a time, by the protocol of internal/run.
package job

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/weav-ai/weav/ent"
	entjob "github.com/weav-ai/weav/ent/job"
	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/chat"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/feed"
	"github.com/weav-ai/weav/internal/file"
	"github.com/weav-ai/weav/internal/live"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/run"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/usage"
)

// The limits that hold unless Config says otherwise.
const (
	DefaultMaxUnfinished = 4
	DefaultMaxWaiting    = 100
)

// Config holds the limits of jobs. The zero value of a field means its default.
type Config struct {
	// MaxUnfinished is how many jobs of one person may be unfinished at once, those that wait
	// for a place left out; default 4.
	MaxUnfinished int
	// MaxWaiting is how many jobs of one person may wait for a place; default 100.
	MaxWaiting int
	// Lease is how long a run may go without renewing; default 10 s.
	Lease time.Duration
	// Timeout is how long the work on a job may take in all; default 10 min.
	Timeout time.Duration
	// ExportTimeout stands in for it with exports, which read and write a whole account; default 1 h.
	ExportTimeout time.Duration
	// CancelWait is how long cancelJob waits for the worker before it takes the run over; default 2 s.
	CancelWait time.Duration
	// OrphanAfter is how old unclaimed work must be before the sweeper looks for it in the queue; default 10 s.
	OrphanAfter time.Duration
	// Retention is how long finished jobs are kept; default 30 days.
	Retention time.Duration
	// Unstored is how long the result of a job that stores none is kept; default 1 h.
	Unstored time.Duration
	// ExportLife is how long an export can be fetched; default 7 days.
	ExportLife time.Duration
	// Waits are those between attempts; default 1, 2 and 4 s.
	Waits []time.Duration
	// PollGap is the wait between two polls of a video, unless the provider wishes another; default 2 s.
	PollGap time.Duration
}

func (c Config) withDefaults() Config {
	setDefault(&c.MaxUnfinished, DefaultMaxUnfinished)
	setDefault(&c.MaxWaiting, DefaultMaxWaiting)
	setDefault(&c.Lease, 10*time.Second)
	setDefault(&c.Timeout, 10*time.Minute)
	setDefault(&c.ExportTimeout, time.Hour)
	setDefault(&c.CancelWait, 2*time.Second)
	setDefault(&c.OrphanAfter, 10*time.Second)
	setDefault(&c.Retention, 30*24*time.Hour)
	setDefault(&c.Unstored, time.Hour)
	setDefault(&c.ExportLife, 7*24*time.Hour)
	setDefault(&c.PollGap, 2*time.Second)
	if c.Waits == nil {
		c.Waits = []time.Duration{time.Second, 2 * time.Second, 4 * time.Second}
	}
	return c
}

func setDefault[T comparable](v *T, def T) {
	var zero T
	if *v == zero {
		*v = def
	}
}

// Meter hears what the metrics count.
type Meter interface {
	// JobEnded is called once for each job, with the time from its order to its end.
	JobEnded(kind, status string, took time.Duration)
	// AttemptFailed is called for each attempt that failed, with the failure's code.
	AttemptFailed(kind, code string)
}

// Parts are what the domain of jobs is made of.
type Parts struct {
	Store   *store.Store
	Feed    *feed.Feed
	Bus     live.Bus
	Catalog *catalog.Catalog
	// Router's writers of text must not repeat calls themselves: attempts are counted here.
	Router *ai.Router
	Files  *file.Service
	Chats  *chat.Service
	Ledger *usage.Ledger
	Meter  Meter
	Log    *slog.Logger
	// Composers do the work of their kinds; a kind without one fails.
	Composers map[entjob.Kind]Composer
	// Process is this process; nil for one without a name, whose runs nobody asks for.
	Process *run.Process
}

// Service is the domain of jobs.
type Service struct {
	store     *store.Store
	feed      *feed.Feed
	bus       live.Bus
	catalog   *catalog.Catalog
	router    *ai.Router
	files     *file.Service
	chats     *chat.Service
	ledger    *usage.Ledger
	meter     Meter
	log       *slog.Logger
	composers map[entjob.Kind]Composer
	process   *run.Process
	cfg       Config
	runs      *run.Runs[oid.Job, ent.Job]
	rows      *live.Lookup[oid.Job, *ent.Job] // of followed jobs, for while the bus is out of reach
}

// New returns the domain of jobs.
func New(p Parts, cfg Config) *Service {
	s := &Service{
		store: p.Store, feed: p.Feed, bus: p.Bus, catalog: p.Catalog, router: p.Router,
		files: p.Files, chats: p.Chats, ledger: p.Ledger, meter: p.Meter, log: p.Log, composers: p.Composers,
		process: cmp.Or(p.Process, run.NewProcess("")), cfg: cfg.withDefaults(),
	}
	s.rows = live.NewLookup(p.Bus, p.Log, s.storedJobs)
	s.runs = run.New(jobs{s}, run.Parts{
		Kind: "job", Entry: KindRun, Store: s.store, Feed: s.feed, Bus: s.bus, Process: s.process, Log: s.log,
		Lease: s.cfg.Lease, StopWait: s.cfg.CancelWait, OrphanAfter: s.cfg.OrphanAfter,
	})
	return s
}

// errNotFound is the one answer for unknown, malformed and foreign ids.
func errNotFound() error { return errs.New(errs.NotFound, "There is no such object.") }

// own reads a job of user by the id the API shows.
func (s *Service) own(ctx context.Context, c *ent.Client, user oid.User, id string) (*ent.Job, error) {
	jid, err := oid.Parse[oid.Job](id)
	if err != nil {
		return nil, errNotFound()
	}
	return found(c.Job.Query().Where(entjob.ID(jid), entjob.UserID(user)).Only(ctx))
}

// found turns a missing row into NOT_FOUND.
func found[T any](row T, err error) (T, error) {
	var zero T
	if ent.IsNotFound(err) {
		return zero, errNotFound()
	}
	if err != nil {
		return zero, fmt.Errorf("job: read: %w", err)
	}
	return row, nil
}

// unfinished reports whether a job can still change.
func unfinished(st entjob.Status) bool {
	return st == entjob.StatusInQueue || st == entjob.StatusInProgress
}

// newStep begins an entry of a job's timeline.
func newStep(tx *store.Tx, id oid.Job) *ent.JobStepCreate {
	return tx.Client().JobStep.Create().SetJobID(id).SetCreatedAt(store.Now())
}

// step adds an entry to a job's timeline.
func step(ctx context.Context, tx *store.Tx, id oid.Job, create func(*ent.JobStepCreate)) error {
	c := newStep(tx, id)
	create(c)
	return wrap("timeline", c.Exec(ctx))
}
