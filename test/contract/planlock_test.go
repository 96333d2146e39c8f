package contract

import (
	"sync"
	"testing"
)

// TestReplanAndApplyWaitForOneAnother does both to the same plans at once: neither may run into a deadlock.
func TestReplanAndApplyWaitForOneAnother(t *testing.T) {
	t.Parallel()
	w := external(t)
	var people sync.WaitGroup
	for _, name := range []string{"ada", "bob"} {
		p := w.person(t, name)
		people.Go(func() {
			for range 5 {
				plan, steps := p.newPlan(t, "[sandbox:fast] a goal")
				var wg sync.WaitGroup
				for i := range 8 {
					wg.Go(func() {
						a := p.mutate(t, "replan", object{"planId": plan, "fromStepId": steps[0], "wish": "[sandbox:fast] otherwise", "idempotencyKey": key()}, "job { id }")
						if i%2 == 1 {
							a = p.mutate(t, "applyPlan", object{"planId": plan, "idempotencyKey": key()}, "plan { id }")
						}
						if code := a.code(); code == "UNAVAILABLE" || code == "INTERNAL" {
							t.Errorf("%v", a.Errors)
						}
					})
				}
				wg.Wait()
			}
		})
	}
	people.Wait()
}
