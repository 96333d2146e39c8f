package run

import (
	"context"

	"github.com/weav-ai/weav/internal/ai"
)

// Update is what a call reports while it is under way.
type Update struct {
	// Delta is a further piece of the text.
	Delta string
	// Progress is from 0 to 1; nil for no change.
	Progress *float64
	// Phase says in a few words for people what is done; empty for no change.
	Phase string
}

// Call is a provider's call with what belongs to it, such as storing the file that it makes. It runs in a goroutine of its
// own, which may outlive the run: it touches nothing of the worker, and ends soon after ctx has. report never blocks
// once the run has ended.
type Call[T any] func(ctx context.Context, report func(Update)) (T, error)

// Do makes a call and handles meanwhile what happens to the run: updates are shown, the lease is renewed, and
// a stop or the end of the process cancels the call. A call that does not return within a second of that is left
// behind. A panic of the call is its error.
func Do[T any](ctx context.Context, w *Worker, call Call[T]) (T, error) {
	calling, cancel := context.WithCancel(ctx)
	defer cancel()
	type outcome struct {
		value T
		err   error
	}
	updates, left, done := make(chan Update), make(chan struct{}), make(chan outcome, 1)
	defer close(left)
	go func() {
		defer close(updates)
		defer func() {
			if v := recover(); v != nil {
				done <- outcome{err: Recovered(v)}
			}
		}()
		value, err := call(calling, func(u Update) {
			select {
			case updates <- u:
			case <-left:
			}
		})
		done <- outcome{value, err}
	}()
	if err := w.loop(ctx, updates, cancel); err != nil {
		var none T
		return none, err
	}
	out := <-done
	return out.value, out.err
}

// StreamText is the call that has a provider write a text, each piece of which is reported.
func StreamText(streamer ai.TextStreamer, req ai.TextRequest) Call[*ai.TextResult] {
	return func(ctx context.Context, report func(Update)) (*ai.TextResult, error) {
		shown := false
		for event, err := range streamer.StreamText(ctx, req) {
			if err != nil || event.Final != nil {
				return event.Final, err
			}
			report(Update{Delta: event.Delta})
			shown = shown || event.Delta != ""
		}
		return nil, &ai.Error{Kind: ai.Interrupted, Shown: shown, Accepted: true, Cause: ErrNoResult}
	}
}
