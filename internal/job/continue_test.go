package job_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/weav-ai/weav/ent"
	entjob "github.com/weav-ai/weav/ent/job"
	entusage "github.com/weav-ai/weav/ent/usage"
	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/ai/sandboxai"
	"github.com/weav-ai/weav/internal/blob/fileblob"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/chat"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/feed"
	"github.com/weav-ai/weav/internal/file"
	"github.com/weav-ai/weav/internal/job"
	"github.com/weav-ai/weav/internal/live/memlive"
	"github.com/weav-ai/weav/internal/membership"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/store/storetest"
	"github.com/weav-ai/weav/internal/usage"
)

// brokenMaker is a maker of videos whose downloads fail while it is set so. It counts its calls.
type brokenMaker struct {
	ai.VideoMaker

	mu      sync.Mutex
	fault   *ai.Error // what downloads fail with; nil for nothing
	undone  bool      // polls say that the video is still being made
	half    bool      // a download that fails brings half of what is missing first
	started int
	fetched int
	asked   []int64 // where in the file each download began
}

func (b *brokenMaker) StartVideo(ctx context.Context, req ai.VideoRequest) (string, error) {
	b.mu.Lock()
	b.started++
	b.mu.Unlock()
	return b.VideoMaker.StartVideo(ctx, req)
}

func (b *brokenMaker) PollVideo(ctx context.Context, model, ref string) (ai.VideoState, error) {
	state, err := b.VideoMaker.PollVideo(ctx, model, ref)
	b.mu.Lock()
	defer b.mu.Unlock()
	state.Done = state.Done && !b.undone
	return state, err
}

func (b *brokenMaker) DownloadVideo(ctx context.Context, model, ref string, w io.Writer) (ai.VideoResult, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fetched++
	var whole bytes.Buffer
	result, err := b.VideoMaker.DownloadVideo(ctx, model, ref, &whole)
	if err != nil {
		return result, err
	}
	part := ai.PartOf(w)
	b.asked = append(b.asked, part.Written())
	rest := whole.Bytes()[part.Written():]
	switch {
	case b.fault == nil:
		_, err = part.Write(rest)
		return result, err
	case b.half && len(b.asked) < 4:
		if _, err := part.Write(rest[:len(rest)/2]); err != nil {
			return result, err
		}
	}
	return ai.VideoResult{}, b.fault
}

func (b *brokenMaker) set(fault *ai.Error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fault = fault
}

// studio is the domain of jobs over a broken maker.
type studio struct {
	t     *testing.T
	store *store.Store
	jobs  *job.Service
	maker *brokenMaker
	user  oid.User
}

type noMeter struct{}

func (noMeter) ObjectsRepaired(string, int)            {}
func (noMeter) JobEnded(string, string, time.Duration) {}
func (noMeter) AttemptFailed(string, string)           {}

// eachStudio runs a test on both databases.
func eachStudio(t *testing.T, test func(s *studio)) {
	t.Helper()
	t.Parallel()
	storetest.Each(t, func(t *testing.T, st *store.Store) { test(newStudio(t, st)) })
}

func newStudio(t *testing.T, st *store.Store) *studio {
	t.Helper()
	s := &studio{t: t, store: st, maker: &brokenMaker{VideoMaker: sandboxai.New(sandboxai.Cadence(0))}, user: storetest.User(t, st)}
	log, bus := slog.New(slog.DiscardHandler), memlive.New()
	bucket, err := fileblob.Open(fileblob.Options{Root: t.TempDir(), Secret: bytes.Repeat([]byte("s"), 32), BaseURL: "http://127.0.0.1"})
	s.must(err)
	models, err := catalog.Load(catalog.Settings{Default: "sandbox-writer", Provider: sandboxai.Name, Configured: func(name string) bool { return name == sandboxai.Name }})
	s.must(err)
	plans, err := membership.Load(membership.Settings{})
	s.must(err)
	t.Cleanup(func() {
		_ = bus.Close()    // Nobody listens any more.
		_ = bucket.Close() // Nothing is written any more.
	})
	events := feed.New(st, bus, log)
	files := file.New(st, bucket, log, noMeter{}, file.Config{TempDir: t.TempDir(), PublicURL: "https://weav.example", Generator: "WEAV test"})
	ledger := usage.NewLedger(usage.Parts{Store: st, Catalog: models, Plans: plans})
	chats := chat.New(chat.Parts{Store: st, Feed: events, Bus: bus, Catalog: models, Files: files, Ledger: ledger, Log: log}, chat.Config{})
	s.jobs = job.New(job.Parts{
		Store: st, Feed: events, Bus: bus, Catalog: models, Files: files, Chats: chats, Ledger: ledger, Meter: noMeter{}, Log: log,
		Router: ai.NewRouter(ai.Providers{Video: map[string]ai.VideoMaker{sandboxai.Name: s.maker}}),
	}, job.Config{Waits: []time.Duration{time.Millisecond}, PollGap: time.Millisecond})
	return s
}

func (s *studio) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *studio) order() oid.Job {
	s.t.Helper()
	j, err := s.jobs.Create(s.t.Context(), s.user, job.CreateInput{
		Work: job.Work{Video: &job.VideoWork{Prompt: "waves"}}, StoreResult: true, OnLimit: job.Refuse, Key: uuid.NewString(),
	})
	s.must(err)
	return j.ID
}

func (s *studio) retry(id oid.Job) (*ent.Job, error) {
	return s.jobs.Retry(s.t.Context(), s.user, job.RetryInput{JobID: id.String(), OnLimit: job.Refuse, Key: uuid.NewString()})
}

func (s *studio) job(id oid.Job) *ent.Job {
	s.t.Helper()
	j, err := s.store.Client().Job.Get(s.t.Context(), id)
	s.must(err)
	return j
}

// work makes the next step of a job.
func (s *studio) work(id oid.Job) *ent.Job {
	s.t.Helper()
	s.must(s.jobs.Work(s.t.Context(), id, s.job(id).RunID))
	return s.job(id)
}

// late makes a job's deadline pass.
func (s *studio) late(id oid.Job) {
	s.t.Helper()
	s.must(s.store.Client().Job.UpdateOneID(id).SetDeadlineAt(store.Now().Add(-time.Second)).Exec(s.t.Context()))
}

// spoiled is a job whose video was made and could not be fetched until its deadline.
func (s *studio) spoiled() oid.Job {
	s.t.Helper()
	s.maker.set(&ai.Error{Kind: ai.Interrupted, Accepted: true})
	id := s.order()
	for range 3 {
		if j := s.work(id); j.Status != entjob.StatusInProgress || j.ProviderRef == nil {
			s.t.Fatalf("the job is %s", j.Status)
		}
	}
	s.late(id)
	s.want(s.work(id), entjob.StatusFailed, job.FailureResultNotFetched)
	return id
}

func (s *studio) want(j *ent.Job, status entjob.Status, code job.FailureCode) {
	s.t.Helper()
	got := job.FailureCode("")
	if j.FailureCode != nil {
		got = job.FailureCode(*j.FailureCode)
	}
	if j.Status != status || got != code {
		s.t.Errorf("the job is %s, %q; want %s, %q", j.Status, got, status, code)
	}
}

// wantOnce checks that one video was ordered and one charged, and that nothing is held any more.
func (s *studio) wantOnce() {
	s.t.Helper()
	if s.maker.started != 1 {
		s.t.Errorf("%d videos were ordered", s.maker.started)
	}
	ctx := s.t.Context()
	n, err := s.store.Client().Usage.Query().Where(entusage.IsCharged(true)).Count(ctx)
	s.must(err)
	if n != 1 {
		s.t.Errorf("%d videos were charged", n)
	}
	n, err = s.store.Client().Artifact.Query().Count(ctx)
	s.must(err)
	if n != 1 {
		s.t.Errorf("%d videos were kept", n)
	}
}

// TestAMadeVideoIsFetchedByARetry whatever happens to the retry.
func TestAMadeVideoIsFetchedByARetry(t *testing.T) {
	eachStudio(t, func(s *studio) {
		first := s.spoiled()
		failed := s.job(first)
		if job.ResumableUntil(failed) == nil || !job.FailureOf(*failed.FailureCode).Retryable {
			s.t.Error("the job says that nothing can be gone on from")
		}
		second, err := s.retry(first)
		s.must(err)
		if job.ResumableUntil(s.job(first)) != nil || *second.RetryOfID != first {
			s.t.Error("the order at the provider has two jobs")
		}
		if _, err := s.retry(first); !isInput(err) {
			s.t.Errorf("a retry while another goes on: %v", err)
		}
		// Its process is killed behind the claim.
		s.must(s.store.Client().Job.UpdateOneID(second.ID).SetLeaseUntilMs(1).Exec(s.t.Context()))
		s.must(s.jobs.Sweep(s.t.Context()))
		s.want(s.work(second.ID), entjob.StatusInProgress, "")
		// Its person cancels it, and thinks again.
		_, err = s.jobs.Cancel(s.t.Context(), s.user, second.ID.String())
		s.must(err)
		third, err := s.retry(first)
		s.must(err)
		s.maker.set(nil)
		s.want(s.work(third.ID), entjob.StatusCompleted, "")
		s.wantOnce()
		again, err := s.retry(first) // What is there already is ordered again.
		s.must(err)
		s.work(again.ID)
		if s.maker.started != 2 {
			s.t.Errorf("%d videos were ordered", s.maker.started)
		}
	})
}

func isInput(err error) bool { _, ok := errs.InputOf(err); return ok }

// TestOneOfManyRetriesGoesOn when several are asked for at once.
func TestOneOfManyRetriesGoesOn(t *testing.T) {
	eachStudio(t, func(s *studio) {
		first := s.spoiled()
		s.maker.set(nil)
		const many = 4
		jobs, failures := make([]*ent.Job, many), make([]error, many)
		var all sync.WaitGroup
		for i := range many {
			all.Go(func() { jobs[i], failures[i] = s.retry(first) })
		}
		all.Wait()
		ordered := 0
		for i, err := range failures {
			switch {
			case err == nil:
				ordered++
				s.want(s.work(jobs[i].ID), entjob.StatusCompleted, "")
			case errs.CodeOf(err) != errs.Conflict && !isInput(err):
				s.t.Errorf("a retry beside another: %v", err)
			}
		}
		if ordered != 1 {
			s.t.Errorf("%d retries went on", ordered)
		}
		s.wantOnce()
	})
}

// TestAVideoStillBeingMadeIsNotOrderedTwice when its job ran out of time.
func TestAVideoStillBeingMadeIsNotOrderedTwice(t *testing.T) {
	eachStudio(t, func(s *studio) {
		s.maker.undone = true
		first := s.order()
		s.work(first)
		s.work(first)
		s.late(first)
		s.want(s.work(first), entjob.StatusFailed, job.FailureTimeout)
		second, err := s.retry(first)
		s.must(err)
		s.work(second.ID)
		s.maker.undone = false
		s.want(s.work(second.ID), entjob.StatusCompleted, "")
		s.wantOnce()
	})
}

// TestWhatIsGoneIsOrderedAgain when the provider has removed it, or may have by now.
func TestWhatIsGoneIsOrderedAgain(t *testing.T) {
	for name, lose := range map[string]func(s *studio) oid.Job{
		"removed": func(s *studio) oid.Job {
			s.maker.set(&ai.Error{Kind: ai.BadRequest, HTTP: http.StatusNotFound, Accepted: true})
			id := s.order()
			s.work(id)
			s.want(s.work(id), entjob.StatusFailed, job.FailureResultNotFetched)
			return id
		},
		"its time is over": func(s *studio) oid.Job {
			id := s.spoiled()
			s.must(s.store.Client().Job.UpdateOneID(id).SetKeptUntil(store.Now().Add(-time.Second)).Exec(s.t.Context()))
			return id
		},
	} {
		t.Run(name, func(t *testing.T) {
			eachStudio(t, func(s *studio) {
				first := lose(s)
				if job.ResumableUntil(s.job(first)) != nil {
					s.t.Error("it can be gone on from")
				}
				s.maker.set(nil)
				second, err := s.retry(first)
				s.must(err)
				s.work(second.ID)
				s.want(s.work(second.ID), entjob.StatusCompleted, "")
				if s.maker.started != 2 {
					s.t.Errorf("%d videos were ordered", s.maker.started)
				}
			})
		})
	}
}

// TestADownloadGoesOnWhereItBrokeOff within one run, as long as each call brings more.
func TestADownloadGoesOnWhereItBrokeOff(t *testing.T) {
	eachStudio(t, func(s *studio) {
		s.maker.half = true
		s.maker.set(&ai.Error{Kind: ai.Interrupted, Accepted: true})
		id := s.order()
		s.work(id)
		j := s.work(id)
		s.want(j, entjob.StatusInProgress, "")
		if len(s.maker.asked) != 4 || s.maker.asked[0] != 0 || s.maker.asked[1] <= 0 || s.maker.asked[2] <= s.maker.asked[1] {
			s.t.Errorf("the downloads began at %v", s.maker.asked)
		}
		if j.FailedPolls != 1 {
			s.t.Errorf("%d failures were counted", j.FailedPolls)
		}
	})
}
