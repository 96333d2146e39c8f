// Package runtest gives tests the domains of chats and jobs as a process has them, over a real database, with a model
// that says what the test says. The tests call the runs themselves: there is no queue in between. [Conform] is the suite
// that every kind of row passes.
package runtest

import (
	"bytes"
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/weav-ai/weav/ent"
	entjob "github.com/weav-ai/weav/ent/job"
	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/ai/sandboxai"
	"github.com/weav-ai/weav/internal/blob/fileblob"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/chat"
	"github.com/weav-ai/weav/internal/feed"
	"github.com/weav-ai/weav/internal/file"
	"github.com/weav-ai/weav/internal/job"
	"github.com/weav-ai/weav/internal/live"
	"github.com/weav-ai/weav/internal/live/memlive"
	"github.com/weav-ai/weav/internal/membership"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/run"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/store/storetest"
	"github.com/weav-ai/weav/internal/usage"
	"github.com/weav-ai/weav/test/servicetest"
)

// Patience is far beyond what any step takes; only a broken one reaches it.
const Patience = 30 * time.Second

// Process is a process's domains. Its bus is its own, so what was live is lost with it, as in the embedded mode.
type Process struct {
	T     *testing.T
	Store *store.Store
	Bus   *Bus
	Feed  *feed.Feed
	Self  *run.Process
	Chats *chat.Service
	Jobs  *job.Service
	Model *Model
	// User has a feed and no membership; billing is off.
	User oid.User

	url, files string
	cfg        job.Config
	stopWait   time.Duration
	composers  map[entjob.Kind]job.Composer
}

// Option changes a Process.
type Option func(*Process)

// Jobs are the limits of jobs.
func Jobs(cfg job.Config) Option { return func(p *Process) { p.cfg = cfg } }

// StopWait is how long a stop or a cancel waits for the run before it takes the row over.
func StopWait(d time.Duration) Option {
	return func(p *Process) { p.stopWait, p.cfg.CancelWait = d, d }
}

// Composer does the work of a kind.
func Composer(kind entjob.Kind, c job.Composer) Option {
	return func(p *Process) { p.composers = map[entjob.Kind]job.Composer{kind: c} }
}

// Each runs test on SQLite and on Postgres, as [storetest.Each] does.
func Each(t *testing.T, test func(t *testing.T, p *Process), opts ...Option) {
	t.Helper()
	for _, dialect := range storetest.Dialects {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			if dialect == "sqlite" && servicetest.Race {
				t.Skip("SQLite is too slow under the race detector")
			}
			p := &Process{T: t, url: storetest.URL(t, dialect), files: t.TempDir()}
			for _, opt := range opts {
				opt(p)
			}
			p.open("first")
			p.User = storetest.User(t, p.Store)
			test(t, p)
		})
	}
}

// Another is a further process over the same database.
func (p *Process) Another(node string) *Process {
	p.T.Helper()
	other := &Process{T: p.T, url: p.url, files: p.files, cfg: p.cfg, stopWait: p.stopWait, composers: p.composers, User: p.User}
	other.open(node)
	return other
}

// Kill cuts the process off from everything: nothing of it is written any more.
func (p *Process) Kill() {
	p.T.Helper()
	if err := p.Store.Close(); err != nil {
		p.T.Fatal(err)
	}
}

func (p *Process) open(node string) {
	t := p.T
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	p.Store, p.Bus, p.Self, p.Model = storetest.At(t, p.url), &Bus{Bus: memlive.New()}, run.NewProcess(node), newModel(t)
	p.Feed = feed.New(p.Store, p.Bus, log)
	p.Store.OnCommit(p.Feed.Publish)
	bucket, err := fileblob.Open(fileblob.Options{Root: p.files, Secret: bytes.Repeat([]byte("s"), 32), BaseURL: "http://127.0.0.1"})
	p.must(err)
	models, err := catalog.Load(catalog.Settings{Default: "sandbox-writer", Provider: sandboxai.Name, Configured: func(name string) bool { return name == sandboxai.Name }})
	p.must(err)
	plans, err := membership.Load(membership.Settings{})
	p.must(err)
	files := file.New(p.Store, bucket, log, quiet{}, file.Config{TempDir: t.TempDir(), PublicURL: "https://weav.example", Generator: "WEAV test"})
	ledger := usage.NewLedger(usage.Parts{Store: p.Store, Catalog: models, Plans: plans})
	sandbox := sandboxai.New(sandboxai.Cadence(0))
	router := ai.NewRouter(ai.Providers{
		Text:  map[string]ai.TextStreamer{sandboxai.Name: p.Model},
		Image: map[string]ai.ImageMaker{sandboxai.Name: sandbox}, Video: map[string]ai.VideoMaker{sandboxai.Name: sandbox},
	})
	p.Chats = chat.New(chat.Parts{
		Store: p.Store, Feed: p.Feed, Bus: p.Bus, Catalog: models, Router: router, Files: files, Ledger: ledger, Meter: quiet{}, Log: log, Process: p.Self,
	}, chat.Config{StopWait: p.stopWait})
	p.Jobs = job.New(job.Parts{
		Store: p.Store, Feed: p.Feed, Bus: p.Bus, Catalog: models, Router: router, Files: files, Chats: p.Chats, Ledger: ledger, Meter: quiet{}, Log: log,
		Process: p.Self, Composers: p.composers,
	}, p.cfg)
	p.Chats.OnPurge(p.Jobs.ForgetChats)
	following, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan struct{})
	go func() { defer close(ended); p.Feed.Run(following) }()
	t.Cleanup(func() {
		stop()
		<-ended
		_ = p.Bus.Close()  // Nobody listens any more.
		_ = bucket.Close() // Nothing is written any more.
	})
}

func (p *Process) must(err error) {
	p.T.Helper()
	if err != nil {
		p.T.Fatal(err)
	}
}

// quiet counts nothing.
type quiet struct{}

// ObjectsRepaired implements the meter of files.
func (quiet) ObjectsRepaired(string, int) {}

// DeltaPublished implements the meter of chats and jobs.
func (quiet) DeltaPublished(int) {}

// ReplyEnded implements the meter of chats.
func (quiet) ReplyEnded(string, time.Duration) {}

// ReplyFellBack implements the meter of chats.
func (quiet) ReplyFellBack(string, string) {}

// JobEnded implements the meter of jobs.
func (quiet) JobEnded(string, string, time.Duration) {}

// AttemptFailed implements the meter of jobs.
func (quiet) AttemptFailed(string, string) {}

// Run is a run under way.
type Run struct {
	t     *testing.T
	leave context.CancelFunc
	done  chan error
}

func (p *Process) start(work func(ctx context.Context) error) *Run {
	ctx, leave := context.WithCancel(context.WithoutCancel(p.T.Context()))
	r := &Run{t: p.T, leave: leave, done: make(chan error, 1)}
	over := make(chan struct{})
	go func() {
		defer close(over)
		r.done <- work(ctx)
	}()
	p.T.Cleanup(func() { leave(); <-over })
	return r
}

// Leave says to the run that its process stops.
func (r *Run) Leave() { r.leave() }

// End waits until the run has ended, and returns its error.
func (r *Run) End() error {
	r.t.Helper()
	return Receive(r.t, r.done, "the end of a run")
}

// Ended waits until the run has ended well.
func (r *Run) Ended() {
	r.t.Helper()
	if err := r.End(); err != nil {
		r.t.Errorf("the run failed: %v", err)
	}
}

// Work works on a job as the run that its row names.
func (p *Process) Work(id oid.Job) *Run {
	p.T.Helper()
	j := p.Job(id)
	return p.start(func(ctx context.Context) error { return p.Jobs.Work(ctx, id, j.RunID) })
}

// Write writes a reply as the run that its row names.
func (p *Process) Write(id oid.Message) *Run {
	p.T.Helper()
	m := p.Message(id)
	return p.start(func(ctx context.Context) error { return p.Chats.WriteReply(ctx, id, *m.RunID) })
}

// Job reads a job.
func (p *Process) Job(id oid.Job) *ent.Job {
	p.T.Helper()
	j, err := p.Store.Client().Job.Get(p.T.Context(), id)
	p.must(err)
	return j
}

// Message reads a message.
func (p *Process) Message(id oid.Message) *ent.Message {
	p.T.Helper()
	m, err := p.Store.Client().Message.Get(p.T.Context(), id)
	p.must(err)
	return m
}

// Chat makes a chat.
func (p *Process) Chat() *ent.Chat {
	p.T.Helper()
	c, err := p.Chats.Create(p.T.Context(), p.User, chat.CreateInput{Key: uuid.NewString()})
	p.must(err)
	return c
}

// Send sends a message to a new chat, and returns the reply that is to be written.
func (p *Process) Send(said string) *ent.Message {
	p.T.Helper()
	sent, err := p.Chats.Send(p.T.Context(), p.User, chat.SendInput{ChatID: p.Chat().ID.String(), Text: said, Key: uuid.NewString()})
	p.must(err)
	return sent.Reply
}

// Order orders a job.
func (p *Process) Order(in job.CreateInput) *ent.Job {
	p.T.Helper()
	j, err := p.TryOrder(in)
	p.must(err)
	return j
}

// TryOrder orders a job, which may be refused. An input without a key gets one, and one without OnLimit is refused at the limit.
func (p *Process) TryOrder(in job.CreateInput) (*ent.Job, error) {
	if in.Key == "" {
		in.Key = uuid.NewString()
	}
	if in.OnLimit == "" {
		in.OnLimit = job.Refuse
	}
	return p.Jobs.Create(p.T.Context(), p.User, in)
}

// Text is an order of a text.
func Text(prompt string) job.CreateInput {
	return job.CreateInput{Work: job.Work{Text: &job.TextWork{Prompt: prompt}}, StoreResult: true}
}

// Image is an order of an image.
func Image(prompt string) job.CreateInput {
	return job.CreateInput{Work: job.Work{Image: &job.ImageWork{Prompt: prompt}}, StoreResult: true}
}

// Video is an order of a video.
func Video(prompt string) job.CreateInput {
	return job.CreateInput{Work: job.Work{Video: &job.VideoWork{Prompt: prompt}}, StoreResult: true}
}

// Shown hears the pieces of a run's text as they are shown.
func (p *Process) Shown(id oid.Run) <-chan struct{} {
	p.T.Helper()
	heard := make(chan struct{}, 1000)
	_, err := p.Bus.Subscribe(p.T.Context(), live.TextTopic(id.String()), func([]byte) { heard <- struct{}{} }, func() {})
	p.must(err)
	return heard
}

// QueueEntries is how many entries of a kind were ever put into the queue.
func (p *Process) QueueEntries(kind string) (n int) {
	p.T.Helper()
	rows, err := p.Store.Client().QueryContext(p.T.Context(), `SELECT count(*) FROM river_job WHERE kind = $1`, kind)
	p.must(err)
	defer func() { _ = rows.Close() }() // It was read.
	for rows.Next() {
		p.must(rows.Scan(&n))
	}
	p.must(rows.Err())
	return n
}

// Expire has the lease of a message or a job run out.
func (p *Process) Expire(ids ...any) {
	p.T.Helper()
	for _, id := range ids {
		switch id := id.(type) {
		case oid.Message:
			p.must(p.Store.Client().Message.UpdateOneID(id).SetLeaseUntilMs(1).Exec(p.T.Context()))
		case oid.Job:
			p.must(p.Store.Client().Job.UpdateOneID(id).SetLeaseUntilMs(1).Exec(p.T.Context()))
		default:
			p.T.Fatalf("runtest: %T has no lease", id)
		}
	}
}

// Until waits until something holds of the database. A run's saves tell nobody, so it is looked at again and again.
func (p *Process) Until(what string, holds func() bool) {
	p.T.Helper()
	deadline, check := time.After(Patience), time.NewTicker(5*time.Millisecond)
	defer check.Stop()
	for !holds() {
		select {
		case <-check.C:
		case <-deadline:
			p.T.Fatalf("waited in vain until %s", what)
		}
	}
}

// Receive waits for a value.
func Receive[T any](t *testing.T, from <-chan T, what string) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(Patience):
		t.Fatalf("waited in vain for %s", what)
		panic("unreachable")
	}
}
