package ratetest

import (
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/weav-ai/weav/internal/rate"
)

// Bench measures takes that are allowed: alone, and from all processors for many subjects.
func Bench(b *testing.B, open Open) {
	b.Helper()
	limits := []rate.Limit{
		{Name: "operations", Events: 1 << 30, Per: time.Millisecond},
		rate.Limit{Name: "cost", Events: 1 << 30, Per: time.Millisecond}.Times(20),
	}
	b.Run("one", func(b *testing.B) {
		s := open(b)
		b.ReportAllocs()
		for b.Loop() {
			s.allow(b, "ada", 1, limits...)
		}
	})
	b.Run("parallel", func(b *testing.B) {
		s := open(b)
		var users atomic.Int64
		b.ReportAllocs()
		b.ResetTimer()
		b.RunParallel(func(pb *testing.PB) {
			subject := "person " + strconv.FormatInt(users.Add(1), 10)
			for pb.Next() {
				if _, err := s.Take(b.Context(), subject, 1, limits...); err != nil {
					b.Error(err)
				}
			}
		})
	})
}
