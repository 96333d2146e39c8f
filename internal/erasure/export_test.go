package erasure

import (
	"context"
	"time"

	"github.com/weav-ai/weav/internal/oid"
)

// Steps is how many steps lead to the end of an account.
func (s *Service) Steps() int { return len(s.steps()) }

// EraseUntil takes the first n steps, as a process does that then dies.
func (s *Service) EraseUntil(ctx context.Context, id oid.User, now time.Time, n int) error {
	for _, step := range s.steps()[:n] {
		if due, err := step(ctx, id, now); err != nil || !due {
			return err
		}
	}
	return nil
}
