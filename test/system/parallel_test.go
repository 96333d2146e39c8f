package systemtest

import (
	"encoding/json"
	"sync"
)

// parallel calls step n times at once and returns what each call returned.
func parallel[T any](n int, step func(i int) T) []T {
	out := make([]T, n)
	begin := make(chan struct{})
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			<-begin
			out[i] = step(i)
		})
	}
	close(begin)
	all.Wait()
	return out
}

// text writes an outcome so that outcomes compare.
func text(value any, err error) string {
	if err != nil {
		return "error: " + err.Error()
	}
	raw, err := json.Marshal(value)
	if err != nil {
		return "error: " + err.Error()
	}
	return string(raw)
}
