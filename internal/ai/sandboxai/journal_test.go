package sandboxai_test

import (
	"context"
	"io"
	"slices"
	"sync"
	"testing"

	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/ai/sandboxai"
)

// journalLog is a journal in memory.
type journalLog struct {
	mu      sync.Mutex
	entries []sandboxai.JournalEntry
}

func (l *journalLog) write(e sandboxai.JournalEntry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries = append(l.entries, e)
}

func TestJournalRecordsAcceptedCalls(t *testing.T) {
	t.Parallel()
	tests := []struct {
		directive string
		taken     bool
	}{
		{"", true},
		{"[sandbox:rate_limit]", false},
		{"[sandbox:overloaded]", false},
		{"[sandbox:unsupported]", false},
		{"[sandbox:fail_times=1:auth]", false},
		{"[sandbox:upstream]", true},
		{"[sandbox:timeout]", true},
		{"[sandbox:no_output]", true},
		{"[sandbox:fail_at=0:rate_limit]", true},
		{"[sandbox:drop_after=0]", true},
	}
	for _, tt := range tests {
		t.Run(tt.directive, func(t *testing.T) {
			t.Parallel()
			book := &journalLog{}
			p := sandboxai.New(sandboxai.Cadence(0), sandboxai.Journal(book.write))
			makeImage(t.Context(), t, p, imageRequest("Hi "+tt.directive))
			_, _ = p.StartVideo(t.Context(), videoRequest("Hi "+tt.directive))
			text := request("Hi " + tt.directive)
			text.JobKey = "job-1"
			stream(t.Context(), t, p, text)
			want := []sandboxai.Op{sandboxai.OpImage, sandboxai.OpVideoStart, sandboxai.OpText}
			if !tt.taken {
				want = nil
			}
			var got []sandboxai.Op
			for _, e := range book.entries {
				got = append(got, e.Op)
				if e.JobKey != "job-1" || e.Model == "" || (e.Ref != "") != (e.Op == sandboxai.OpVideoStart) {
					t.Errorf("entry %+v", e)
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("journal has %v, want %v", got, want)
			}
		})
	}
}

func TestJournalIsWrittenFirst(t *testing.T) {
	t.Parallel()
	book := &journalLog{}
	p := sandboxai.New(sandboxai.Cadence(0), sandboxai.Journal(book.write))
	for _, err := range p.MakeImage(t.Context(), imageRequest("Hi")) {
		if err != nil || len(book.entries) != 1 {
			t.Errorf("%d entries at the first event, error %v", len(book.entries), err)
		}
		break
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	makeImage(ctx, t, p, imageRequest("Hi"))
	makeImage(t.Context(), t, p, ai.ImageRequest{})
	if len(book.entries) != 1 {
		t.Errorf("journal = %+v, want the one call whose reader left, not those never taken", book.entries)
	}
}

func TestJournalRecordsEveryCallAboutAVideo(t *testing.T) {
	t.Parallel()
	book := &journalLog{}
	p := sandboxai.New(sandboxai.Cadence(0), sandboxai.Journal(book.write))
	ref := start(t.Context(), t, p, videoRequest("waves"))
	_, _ = p.PollVideo(t.Context(), "sandbox-filmer", ref)
	_, _ = p.PollVideo(t.Context(), "sandbox-filmer", "nonsense")
	_, _ = p.DownloadVideo(t.Context(), "sandbox-filmer", ref, io.Discard)
	_ = p.CancelVideo(t.Context(), "sandbox-filmer", ref)
	entry := sandboxai.JournalEntry{Model: "sandbox-filmer", Ref: ref}
	var want []sandboxai.JournalEntry
	for _, op := range []sandboxai.Op{sandboxai.OpVideoStart, sandboxai.OpVideoPoll, sandboxai.OpVideoDownload, sandboxai.OpVideoCancel} {
		entry.Op = op
		want = append(want, entry)
	}
	want[0].JobKey = "job-1"
	if !slices.Equal(book.entries, want) {
		t.Errorf("journal = %+v, want %+v", book.entries, want)
	}
}
