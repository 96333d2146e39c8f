package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/weav-ai/weav/internal/client"
)

// mediaDir is where the demo saves the results.
const mediaDir = "weav-demo"

// barWidth is the width of a full progress bar in characters.
const barWidth = 30

// media orders an image and a video, shows their progress as it is pushed, and saves the files.
func (d *demonstration) media(ctx context.Context) error {
	works := []struct {
		name string
		work map[string]any
	}{
		{"image", map[string]any{"image": map[string]any{"prompt": "A lighthouse above the clouds, at dawn"}}},
		{"video", map[string]any{"video": map[string]any{"prompt": "Waves that roll in under a full moon", "seconds": 4}}},
	}
	for _, w := range works {
		job, err := d.make(ctx, w.name, w.work)
		if err != nil {
			return err
		}
		if err := d.save(ctx, w.name, job); err != nil {
			return err
		}
	}
	return nil
}

// make orders a job and follows it to its end.
func (d *demonstration) make(ctx context.Context, name string, work map[string]any) (*client.Job, error) {
	job, err := d.client.CreateJob(ctx, map[string]any{"work": work, "idempotencyKey": rand.Text()})
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(d.out, "\n> one %s, as a job\n", name)
	return d.watch(ctx, job.ID)
}

// watch follows a job to its end and draws its progress.
func (d *demonstration) watch(ctx context.Context, jobID string) (_ *client.Job, err error) {
	began := time.Now()
	socket, err := d.client.Dial(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, socket.Close()) }()
	events, err := socket.FollowJob(jobID, "")
	if err != nil {
		return nil, err
	}
	for payload := range events {
		e, err := client.JobEventOf(payload)
		if err != nil {
			return nil, err
		}
		switch e.Typename {
		case "JobProgressed":
			d.bar(e.Progress, e.Phase)
		case "JobEnded":
			d.bar(e.Job.Progress, fmt.Sprintf("%s after %.1f s", e.Status, time.Since(began).Seconds()))
			fmt.Fprintln(d.out)
			return e.Job, nil
		}
	}
	return nil, errors.New("demo: the subscription ended early")
}

// bar draws the progress of a job over the last bar.
func (d *demonstration) bar(progress *float64, phase string) {
	if progress == nil {
		fmt.Fprintf(d.out, "\r  [%s]       %-40s", strings.Repeat(" ", barWidth), phase)
		return
	}
	full := min(barWidth, int(*progress*barWidth))
	fmt.Fprintf(d.out, "\r  [%s%s] %3.0f %%  %-40s", strings.Repeat("=", full), strings.Repeat(" ", barWidth-full), *progress*100, phase)
}

// save downloads the result of a job into the present folder.
func (d *demonstration) save(ctx context.Context, name string, job *client.Job) error {
	if job.Result == nil || len(job.Result.Artifacts) == 0 {
		return fmt.Errorf("demo: the %s ended %s and left nothing", name, job.Status)
	}
	a := job.Result.Artifacts[0]
	if a.URL == nil {
		return fmt.Errorf("demo: the %s has no address", name)
	}
	content, err := d.client.Fetch(ctx, *a.URL)
	if err != nil {
		return err
	}
	// The size in the record is what the server measured when it stored the result.
	if int64(len(content)) != a.Bytes {
		return fmt.Errorf("demo: the %s has %d bytes, its record says %d", name, len(content), a.Bytes)
	}
	_, ext, _ := strings.Cut(a.MimeType, "/")
	path := filepath.Join(mediaDir, name+"."+ext)
	if err := os.MkdirAll(mediaDir, 0o750); err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	fmt.Fprintf(d.out, "  saved %s (%s, %d bytes)\n", path, a.MimeType, a.Bytes)
	return nil
}
