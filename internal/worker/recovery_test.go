package worker

import (
	"context"
	"sync"
	"testing"

	"github.com/weav-ai/weav/internal/billing"
)

// TestRoundsDoNotPileUp: while a gateway hangs, the rounds of later minutes end at once, and the next one behind it works again.
func TestRoundsDoNotPileUp(t *testing.T) {
	t.Parallel()
	began, answers, rounds := make(chan struct{}), make(chan struct{}), 0
	w := &recovery{run: func(context.Context) error {
		rounds++
		if rounds == 1 {
			close(began)
			<-answers
		}
		return nil
	}}
	var group sync.WaitGroup
	group.Go(func() {
		if err := w.Work(t.Context(), nil); err != nil {
			t.Error(err)
		}
	})
	<-began
	for range 10 {
		if err := w.Work(t.Context(), nil); err != nil || rounds != 1 {
			t.Fatalf("%d rounds, %v", rounds, err)
		}
	}
	close(answers)
	group.Wait()
	if err := w.Work(t.Context(), nil); err != nil || rounds != 2 {
		t.Errorf("%d rounds, %v", rounds, err)
	}
}

// TestPaymentChecksDoNotWaitForRounds: they have separate queues, so separate workers.
func TestPaymentChecksDoNotWaitForRounds(t *testing.T) {
	t.Parallel()
	if (RecoveryArgs{}).InsertOpts().Queue == billing.Queue {
		t.Error("rounds wait in the queue of single payments")
	}
}
