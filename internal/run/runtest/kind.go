package runtest

import (
	"context"
	"sync"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/feedevent"
	entjob "github.com/weav-ai/weav/ent/job"
	"github.com/weav-ai/weav/ent/message"
	"github.com/weav-ai/weav/internal/feed"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/run"
	"github.com/weav-ai/weav/internal/store"
)

// Kind is a kind of row that the suite of [Conform] is run for.
type Kind interface {
	// Create puts a row into the queue.
	Create(p *Process) Row
	// Sweep and TakeBack are those of a process.
	Sweep(p *Process) error
	TakeBack(p *Process) error
	// AfterFind has act called once, behind the query by which the next sweep of a process finds rows and before it writes.
	AfterFind(p *Process, act func())
}

// Row is one row, as any process sees it.
type Row interface {
	// Read returns how the row stands.
	Read(p *Process) Standing
	// Work begins the run that the row names.
	Work(p *Process) *Run
	// Stop requests the end and waits for it.
	Stop(p *Process) error
	// SetLease moves the end of the lease, in milliseconds of the database's clock.
	SetLease(p *Process, untilMs int64)
	// Watch follows the row.
	Watch(p *Process) <-chan run.Event
	// EndOf returns whether an event is the row's end.
	EndOf(e run.Event) bool
	// Fence records an event that subscribers are sent after all that came before.
	Fence(p *Process)
	// Ends is how many ends of the row are in the feed.
	Ends(p *Process) int
}

// Standing is how a row stands.
type Standing struct {
	Run  oid.Run
	Text string
	// End is completed, stopped, lost or failed; empty while the row has not ended.
	End string
	// LeaseUntilMs is nil while no run has the lease.
	LeaseUntilMs *int64
}

// Replies are replies, TextJobs jobs that write a text.
var (
	Replies  Kind = replies{}
	TextJobs Kind = textJobs{}
)

// once calls act behind the first query from now on.
func once(act func()) ent.Interceptor {
	act = sync.OnceFunc(act)
	return ent.InterceptFunc(func(next ent.Querier) ent.Querier {
		return ent.QuerierFunc(func(ctx context.Context, q ent.Query) (ent.Value, error) {
			v, err := next.Query(ctx, q)
			act()
			return v, err
		})
	})
}

func (p *Process) ends(t feed.Type, id string) int {
	n, err := p.Store.Client().FeedEvent.Query().Where(feedevent.Type(string(t)), feedevent.PayloadContains(id)).Count(p.T.Context())
	p.must(err)
	return n
}

// endOf is the end of a row by its status and failure code.
func endOf(status string, code *string) string {
	switch {
	case code != nil && *code == string(run.FailureWorkerLost):
		return "lost"
	case status == string(message.StatusCompleted):
		return "completed"
	case status == string(message.StatusStopped), status == string(entjob.StatusCancelled):
		return "stopped"
	default:
		return "failed"
	}
}

type replies struct{}

// Create implements [Kind].
func (replies) Create(p *Process) Row {
	msg := p.Send("hello")
	return reply{msg.ChatID, msg.ID}
}

// Sweep implements [Kind].
func (replies) Sweep(p *Process) error { return p.Chats.Sweep(p.T.Context()) }

// TakeBack implements [Kind].
func (replies) TakeBack(p *Process) error { return p.Chats.TakeBack(p.T.Context()) }

// AfterFind implements [Kind].
func (replies) AfterFind(p *Process, act func()) {
	p.Store.Client().Message.Intercept(once(act))
}

type reply struct {
	chat oid.Chat
	id   oid.Message
}

// Read implements [Row].
func (r reply) Read(p *Process) Standing {
	msg := p.Message(r.id)
	s := Standing{Run: *msg.RunID, Text: msg.Text, LeaseUntilMs: msg.LeaseUntilMs}
	if msg.EndedAt != nil {
		s.End = endOf(string(msg.Status), msg.FailureCode)
	}
	return s
}

// Work implements [Row].
func (r reply) Work(p *Process) *Run { return p.Write(r.id) }

// Stop implements [Row].
func (r reply) Stop(p *Process) error {
	_, err := p.Chats.Stop(p.T.Context(), p.User, r.id.String())
	return err
}

// SetLease implements [Row].
func (r reply) SetLease(p *Process, untilMs int64) {
	p.must(p.Store.Client().Message.UpdateOneID(r.id).SetLeaseUntilMs(untilMs).Exec(p.T.Context()))
}

// Watch implements [Row].
func (r reply) Watch(p *Process) <-chan run.Event {
	events, err := p.Chats.Watch(p.T.Context(), p.User, r.chat.String(), nil)
	p.must(err)
	return events
}

// EndOf implements [Row].
func (reply) EndOf(e run.Event) bool { return e.Feed != nil && e.Feed.Type == feed.ReplyEnded }

// Fence implements [Row].
func (r reply) Fence(p *Process) {
	p.must(p.Store.Tx(p.T.Context(), func(_ context.Context, tx *store.Tx) error {
		feed.Record(tx, p.User, feed.HeadMoved, feed.Facts{Chat: r.chat})
		return nil
	}))
}

// Ends implements [Row].
func (r reply) Ends(p *Process) int { return p.ends(feed.ReplyEnded, r.id.UUID().String()) }

type textJobs struct{}

// Create implements [Kind].
func (textJobs) Create(p *Process) Row { return textJob{p.Order(Text("write")).ID} }

// Sweep implements [Kind].
func (textJobs) Sweep(p *Process) error { return p.Jobs.Sweep(p.T.Context()) }

// TakeBack implements [Kind].
func (textJobs) TakeBack(p *Process) error { return p.Jobs.TakeBack(p.T.Context()) }

// AfterFind implements [Kind].
func (textJobs) AfterFind(p *Process, act func()) { p.Store.Client().Job.Intercept(once(act)) }

type textJob struct{ id oid.Job }

// Read implements [Row].
func (r textJob) Read(p *Process) Standing {
	j := p.Job(r.id)
	s := Standing{Run: j.RunID, Text: j.Text, LeaseUntilMs: j.LeaseUntilMs}
	if j.EndedAt != nil {
		s.End = endOf(string(j.Status), j.FailureCode)
	}
	return s
}

// Work implements [Row].
func (r textJob) Work(p *Process) *Run { return p.Work(r.id) }

// Stop implements [Row].
func (r textJob) Stop(p *Process) error {
	_, err := p.Jobs.Cancel(p.T.Context(), p.User, r.id.String())
	return err
}

// SetLease implements [Row].
func (r textJob) SetLease(p *Process, untilMs int64) {
	p.must(p.Store.Client().Job.UpdateOneID(r.id).SetLeaseUntilMs(untilMs).Exec(p.T.Context()))
}

// Watch implements [Row].
func (r textJob) Watch(p *Process) <-chan run.Event {
	events, err := p.Jobs.Watch(p.T.Context(), p.User, r.id.String(), nil)
	p.must(err)
	return events
}

// EndOf implements [Row].
func (textJob) EndOf(e run.Event) bool { return e.Feed != nil && e.Feed.Type == feed.JobEnded }

// Fence does nothing: the subscription to a job ends behind its end.
func (textJob) Fence(*Process) {}

// Ends implements [Row].
func (r textJob) Ends(p *Process) int { return p.ends(feed.JobEnded, r.id.UUID().String()) }
