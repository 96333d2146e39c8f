package store_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/riverqueue/river"

	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/store/storetest"
)

const testQueue = "test"

// deadline is far beyond what any step takes; only a broken one reaches it.
const deadline = 30 * time.Second

type jobArgs struct {
	Name  string  `json:"name"`
	RunID oid.Run `json:"run_id"`
}

func (jobArgs) Kind() string { return "test" }

func job(name string) store.Job {
	return store.Job{Kind: "test", Queue: testQueue, Args: jobArgs{Name: name, RunID: oid.New[oid.Run]()}}
}

// jobWorker hands each job to work.
type jobWorker struct {
	river.WorkerDefaults[jobArgs]
	work func(ctx context.Context, job *river.Job[jobArgs]) error
}

func (w *jobWorker) Work(ctx context.Context, job *river.Job[jobArgs]) error { return w.work(ctx, job) }

// run starts a runner over st and stops it at the end of the test.
func run(t *testing.T, st *store.Store, node string, work func(context.Context, *river.Job[jobArgs]) error) store.Runner {
	t.Helper()
	return start(t, st, store.RunnerConfig{NodeID: node}, work)
}

func start(
	t *testing.T, st *store.Store, cfg store.RunnerConfig, work func(context.Context, *river.Job[jobArgs]) error,
) store.Runner {
	t.Helper()
	if cfg.Logger == nil {
		cfg.Logger = slog.New(loudHandler{t})
	}
	cfg.Workers, cfg.Queues, cfg.TestOnly = river.NewWorkers(), map[string]int{testQueue: 4}, true
	river.AddWorker(cfg.Workers, &jobWorker{work: work})
	r, err := st.NewRunner(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.StopAndCancel(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return r
}

// loudHandler fails a test whose queue logs an error: a fetch that found the database
// busy shows nowhere else.
type loudHandler struct{ t *testing.T }

func (loudHandler) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelError }

func (h loudHandler) Handle(ctx context.Context, r slog.Record) error {
	if errors.Is(ctx.Err(), context.Canceled) { // It was called off.
		return nil
	}
	r.Attrs(func(a slog.Attr) bool { r.Message += " " + a.String(); return true })
	h.t.Error("the queue: " + r.Message)
	return nil
}

func (h loudHandler) WithAttrs([]slog.Attr) slog.Handler { return h }
func (h loudHandler) WithGroup(string) slog.Handler      { return h }

func enqueue(t *testing.T, st *store.Store, jobs ...store.Job) {
	t.Helper()
	err := st.Tx(t.Context(), func(_ context.Context, tx *store.Tx) error {
		for _, j := range jobs {
			tx.Enqueue(j)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// receive waits for a signal.
func receive[T any](t *testing.T, from <-chan T, what string) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(deadline):
		t.Fatalf("waited in vain for %s", what)
		panic("unreachable")
	}
}

func TestJobRunsAfterCommitOnly(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		ran := make(chan string, 10)
		run(t, st, "node", func(_ context.Context, job *river.Job[jobArgs]) error {
			ran <- job.Args.Name
			return nil
		})
		err := st.Tx(t.Context(), func(_ context.Context, tx *store.Tx) error {
			tx.Enqueue(job("rolled back"))
			return errGivenUp
		})
		if !errors.Is(err, errGivenUp) {
			t.Fatal(err)
		}
		enqueue(t, st, job("committed"))
		if got := receive(t, ran, "the job"); got != "committed" {
			t.Errorf("%q ran", got)
		}
	})
}

// The queue is woken by what [store.Tx] stores: polls come once an hour here.
func TestEnqueueWakesTheRunner(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		ran := make(chan string, 100)
		start(t, st, store.RunnerConfig{PollInterval: time.Hour}, func(_ context.Context, job *river.Job[jobArgs]) error {
			ran <- job.Args.Name
			return nil
		})
		untilListening(t, st, ran)
		var total, longest time.Duration
		for range 10 {
			enqueue(t, st, job("timed"))
			committed := time.Now()
			for receive(t, ran, "a job") != "timed" { // The rest of what untilListening sent.
			}
			took := time.Since(committed)
			total, longest = total+took, max(longest, took)
		}
		t.Logf("commit to start: mean %v, longest %v", total/10, longest)
	})
}

// untilListening enqueues until a job runs: a runner may not listen yet when Start returns.
func untilListening(t *testing.T, st *store.Store, ran <-chan string) {
	t.Helper()
	for began := time.Now(); time.Since(began) < deadline; {
		enqueue(t, st, job("are you there?"))
		select {
		case <-ran:
			return
		case <-time.After(100 * time.Millisecond):
		}
	}
	t.Fatal("the runner hears of no job")
}

func TestJobSettings(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		type seen struct {
			name                  string
			priority, maxAttempts int
			late                  time.Duration
		}
		ran := make(chan seen, 3)
		urgent, patient, delayed := job("first"), job("second"), job("delayed")
		patient.Priority, patient.MaxAttempts = 3, 1
		delayed.RunAt = time.Now().Add(400 * time.Millisecond)
		enqueue(t, st, delayed, patient, urgent)
		run(t, st, "node", func(_ context.Context, job *river.Job[jobArgs]) error {
			ran <- seen{job.Args.Name, job.Priority, job.MaxAttempts, time.Since(delayed.RunAt)}
			return nil
		})
		got := map[string]seen{}
		for range 3 {
			s := receive(t, ran, "a job")
			got[s.name] = s
		}
		if s := got["first"]; s.priority != 1 || s.maxAttempts != 4 {
			t.Errorf("defaults: %+v", s)
		}
		if s := got["second"]; s.priority != 3 || s.maxAttempts != 1 {
			t.Errorf("own settings: %+v", s)
		}
		if s := got["delayed"]; s.late < -time.Millisecond {
			t.Errorf("ran %v too early", -s.late)
		}
	})
}

func TestFailedJobRunsAgain(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		attempts := make(chan time.Time, 2)
		run(t, st, "node", func(_ context.Context, job *river.Job[jobArgs]) error {
			attempts <- time.Now()
			if job.Attempt == 1 {
				return errGivenUp
			}
			return nil
		})
		enqueue(t, st, job("twice"))
		first := receive(t, attempts, "the first attempt")
		if wait := receive(t, attempts, "the second attempt").Sub(first); wait < 900*time.Millisecond {
			t.Errorf("the second attempt came after %v, want about 1 s", wait)
		}
	})
}

// A process that was killed leaves its jobs running; the next of the same name takes them up.
func TestRunnerReclaimsWhatItsLastProcessLeft(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		abandoned, hold := make(chan struct{}), make(chan struct{})
		killed := run(t, st, "node a", func(context.Context, *river.Job[jobArgs]) error {
			close(abandoned)
			<-hold // Never returns during the test, like a killed process.
			return nil
		})
		t.Cleanup(func() { close(hold) }) // Runs before the cleanups of run.
		enqueue(t, st, job("abandoned"))
		receive(t, abandoned, "the first process to take the job")
		expired, cancel := context.WithCancel(t.Context())
		cancel()
		if err := killed.Stop(expired); err == nil {
			t.Error("Stop reported that all jobs ended")
		}

		ran := make(chan *river.Job[jobArgs], 1)
		hand := func(_ context.Context, job *river.Job[jobArgs]) error { ran <- job; return nil }
		other := run(t, st, "node b", hand)
		enqueue(t, st, job("new"))
		if got := receive(t, ran, "the new job"); got.Args.Name != "new" {
			t.Errorf("another process took up %q", got.Args.Name)
		}
		if err := other.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}

		run(t, st, "node a", hand)
		if got := receive(t, ran, "the abandoned job"); got.Args.Name != "abandoned" || got.Attempt != 2 {
			t.Errorf("%q ran, attempt %d; want the abandoned one's second", got.Args.Name, got.Attempt)
		}
	})
}

func TestLiveJobsAndDepths(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		started, finish := make(chan struct{}), make(chan struct{})
		waiting := job("waiting")
		id := waiting.Args.(jobArgs).RunID
		enqueue(t, st, waiting, job("other"))
		checkLive(t, st, id, true)
		checkLive(t, st, oid.New[oid.Run](), false)
		if depths, err := st.QueueDepths(t.Context()); err != nil || depths[testQueue] != 2 || len(depths) != 1 {
			t.Errorf("depths %v (%v), want 2 in %s", depths, err, testQueue)
		}
		r := run(t, st, "node", func(_ context.Context, job *river.Job[jobArgs]) error {
			if job.Args.RunID == id {
				close(started)
				<-finish
			}
			return nil
		})
		receive(t, started, "the job")
		checkLive(t, st, id, true)
		if live, err := st.HasLiveJob(t.Context(), "test", id, 0); err != nil || live {
			t.Errorf("a job that began long ago: got %v (%v), want false", live, err)
		}
		close(finish)
		if err := r.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		checkLive(t, st, id, false)
	})
}

func checkLive(t *testing.T, st *store.Store, run oid.Run, want bool) {
	t.Helper()
	got, err := st.HasLiveJob(t.Context(), "test", run, time.Minute)
	if err != nil || got != want {
		t.Errorf("live: got %v (%v), want %v", got, err, want)
	}
	if other, err := st.HasLiveJob(t.Context(), "another kind", run, time.Minute); err != nil || other {
		t.Errorf("another kind: got %v (%v)", other, err)
	}
}
