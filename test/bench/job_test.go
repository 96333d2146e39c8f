package bench

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/weav-ai/weav/internal/client"
)

// textJob orders a short text of a model that answers at once.
func textJob() map[string]any {
	return map[string]any{
		"work":           map[string]any{"text": map[string]any{"prompt": "[sandbox:fast][sandbox:echo] a short text"}},
		"onLimit":        "WAIT",
		"idempotencyKey": uuid.NewString(),
	}
}

// viewerEvents reads of jobs what a list of them needs.
const viewerEvents = `subscription { viewerEvents { __typename
	... on JobSaved { jobId job { status createdAt } }
	... on JobEnded { jobId status } } }`

// viewerEvent is one of viewerEvents.
type viewerEvent struct {
	Typename string `json:"__typename"`
	JobID    string `json:"jobId"`
	Status   string
	Job      *struct {
		Status    string
		CreatedAt time.Time
	}
}

// listen opens a subscription to the viewer's jobs and waits until it stands.
func listen(b *testing.B, c *client.Client) <-chan json.RawMessage {
	b.Helper()
	socket, err := c.Dial(b.Context())
	must(b, err)
	b.Cleanup(func() { must(b, socket.Close()) })
	events, err := socket.Subscribe(viewerEvents, nil)
	must(b, err)
	next(b, events)
	return events
}

// next is the next event but those of the quota, which follow others.
func next(b *testing.B, events <-chan json.RawMessage) viewerEvent {
	b.Helper()
	for payload := range events {
		var out struct{ ViewerEvents viewerEvent }
		must(b, client.Decode(payload, &out))
		if out.ViewerEvents.Typename != "QuotaChanged" {
			return out.ViewerEvents
		}
	}
	b.Fatal("the subscription ended")
	return viewerEvent{}
}

// BenchmarkJob is the time to the first event of a job at a subscriber, from when the server enqueues it (the
// transaction with the job's row and its queue entry is still open then) and from when its orderer sends the
// mutation; then, from the latter, to the event that says that it is being worked on, and to its end.
func BenchmarkJob(b *testing.B) {
	each(b, func(b *testing.B, c *client.Client) {
		events := listen(b, c)
		var enqueued, first, started, ended []time.Duration
		for b.Loop() {
			began := time.Now()
			_, err := c.CreateJob(b.Context(), textJob())
			must(b, err)
			for n, over := 0, false; !over; n++ {
				e := next(b, events)
				took := time.Since(began)
				if n == 0 {
					first = append(first, took)
					enqueued = append(enqueued, time.Since(e.Job.CreatedAt))
				}
				// A fast job can have ended before its start is sent.
				if e.Job != nil && e.Job.Status != "IN_QUEUE" && len(started) < len(first) {
					started = append(started, took)
				}
				if over = e.Typename == "JobEnded"; over {
					ended = append(ended, took)
				}
			}
		}
		b.ReportMetric(median(enqueued), "ms-enqueue-to-event")
		b.ReportMetric(median(first), "ms-to-first-event")
		b.ReportMetric(median(started), "ms-to-start")
		b.ReportMetric(median(ended), "ms-to-end")
	})
}

func median(d []time.Duration) float64 {
	if len(d) == 0 {
		return 0
	}
	slices.Sort(d)
	return float64(d[len(d)/2].Microseconds()) / 1000
}

// BenchmarkJobsPerSecond orders 100 jobs of ten people at once and waits until all have ended.
func BenchmarkJobsPerSecond(b *testing.B) {
	const people, each10 = 10, 10
	each(b, func(b *testing.B, c *client.Client) {
		var crowd []*client.Client
		var feeds []<-chan json.RawMessage
		for range people {
			one := &client.Client{URL: c.URL}
			_, err := one.SignIn(b.Context(), uuid.NewString()+"@example.com")
			must(b, err)
			crowd = append(crowd, one)
			feeds = append(feeds, listen(b, one))
		}
		for b.Loop() {
			done := make(chan error, people)
			for i, one := range crowd {
				go func() { done <- work(b, one, feeds[i], each10) }()
			}
			for range people {
				must(b, <-done)
			}
		}
		b.ReportMetric(float64(people*each10*b.N)/b.Elapsed().Seconds(), "jobs/s")
	})
}

// work orders n jobs and waits for their ends.
func work(b *testing.B, c *client.Client, events <-chan json.RawMessage, n int) error {
	for range n {
		if _, err := c.CreateJob(b.Context(), textJob()); err != nil {
			return err
		}
	}
	for ended := 0; ended < n; {
		var out struct{ ViewerEvents viewerEvent }
		if err := client.Decode(<-events, &out); err != nil {
			return err
		}
		if out.ViewerEvents.Typename == "JobEnded" {
			ended++
		}
	}
	return nil
}

// BenchmarkJobSubscriptions is what 500 open subscriptions to jobs cost while one of them progresses: the
// time from ordering a job to its end, with that many standing beside it.
func BenchmarkJobSubscriptions(b *testing.B) {
	const people, perPerson = 50, 10
	each(b, func(b *testing.B, c *client.Client) {
		for range people {
			one := &client.Client{URL: c.URL}
			_, err := one.SignIn(b.Context(), uuid.NewString()+"@example.com")
			must(b, err)
			stand(b, one, perPerson)
		}
		events := listen(b, c)
		for b.Loop() {
			_, err := c.CreateJob(b.Context(), textJob())
			must(b, err)
			for next(b, events).Typename != "JobEnded" {
			}
		}
	})
}

// stand opens n subscriptions of a person to a job that never ends.
func stand(b *testing.B, c *client.Client, n int) {
	b.Helper()
	job, err := c.CreateJob(b.Context(), map[string]any{
		"work":           map[string]any{"image": map[string]any{"prompt": "[sandbox:stall] never"}},
		"idempotencyKey": uuid.NewString(),
	})
	must(b, err)
	socket, err := c.Dial(b.Context())
	must(b, err)
	b.Cleanup(func() { must(b, socket.Close()) })
	for range n {
		events, err := socket.FollowJob(job.ID, "")
		must(b, err)
		<-events
	}
}
