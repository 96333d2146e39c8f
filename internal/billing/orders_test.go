package billing_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/weav-ai/weav/ent/paymentstep"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/store/storetest"
	"github.com/weav-ai/weav/test/servicetest"
)

// On SQLite every sequence of up to three states must match the model. One and two states are checked by
// every sequence of sources.
//
// Three states with effects of their own are checked by one of the 27 sequences of three sources each, chosen
// so that
//   - each two states, at any two of the three places, are checked by each two sources there;
//   - each state, at any place, is in a sequence that is checked by each of the 27.
//
// TestTheSequencesCoverAllPairs verifies that. ROUNDS adds more of the 27 each, up to all of them.
func TestEverySequenceMatchesTheModel(t *testing.T) {
	t.Parallel()
	walkAll(t, 3, open)
}

// The same for one and two checks where the gateway is PortOne's real adapter, which queries a local PortOne
// over HTTP and verifies the signatures of its notices.
func TestEverySequenceMatchesTheModelWithPortOne(t *testing.T) {
	t.Parallel()
	walkAll(t, 2, func(t *testing.T, st *store.Store) *harness {
		x, _ := openPortOne(t, st)
		return x
	})
}

// walkAll walks all sequences up to a length.
func walkAll(t *testing.T, longest int, open func(*testing.T, *store.Store) *harness) {
	t.Helper()
	if servicetest.Race {
		t.Skip("one person's looks follow each other here; they race elsewhere")
	}
	if servicetest.Rounds() > few {
		longest = 3
	}
	const workers = 4
	var walked atomic.Int64
	for w := range workers {
		t.Run(fmt.Sprint(w), func(t *testing.T) {
			t.Parallel()
			x := open(t, storetest.Open(t, store.SQLite))
			n := 0
			orders(longest, func(seq []state, from []paymentstep.Source) {
				n++
				if n%workers != w || t.Failed() {
					return
				}
				walked.Add(1)
				if err := x.walk(seq, from); err != nil {
					t.Errorf("%s from %v: %v", names(seq), from, err)
				}
			})
		})
	}
	t.Cleanup(func() { t.Logf("%d orders", walked.Load()) })
}

func names(seq []state) (out []string) {
	for _, s := range seq {
		out = append(out, s.name)
	}
	return out
}

// few is the default of Rounds.
const few = 3

// orders calls visit with every sequence of up to longest states, each with sequences of sources.
func orders(longest int, visit func([]state, []paymentstep.Source)) {
	for length := 1; length <= longest; length++ {
		kinds := len(states)
		if length == 3 {
			kinds -= alike
		}
		for i := range power(kinds, length) {
			at := digits(i, kinds, length)
			seq := make([]state, length)
			for k, one := range at {
				seq[k] = states[one]
			}
			first, n := 0, power(len(sources), length)
			if length == 3 {
				first, n = mixed(at[0], at[1], at[2]), min(n, max(1, servicetest.Rounds()-few))
			}
			for j := range n {
				visit(seq, from(first+j, length))
			}
		}
	}
}

// from is one of the sequences of so many sources; they repeat after all of them.
func from(i, length int) []paymentstep.Source {
	out := make([]paymentstep.Source, length)
	for k, one := range digits(i, len(sources), length) {
		out[k] = sources[one]
	}
	return out
}

// digits are the last n digits of i in a base, the lowest first.
func digits(i, base, n int) []int {
	out := make([]int, n)
	for k := range out {
		out[k], i = i%base, i/base
	}
	return out
}

// mixed chooses one of the 27 sequences of three sources for three states. Each state has two digits in base
// three, and each source is a sum of digits. The two digits of one state reach each two sources in all nine
// ways, since their two sums are independent. Those of two states reach all three sources in all 27 ways,
// since their third sums depend on the others differently.
func mixed(a, b, c int) int {
	x, y, z := digits(a, 3, 2), digits(b, 3, 2), digits(c, 3, 2)
	first := x[0] + y[0] + z[0]
	second := x[1] + y[1] + z[1]
	third := 2*x[0] + x[1] + y[0] + y[1] + z[0] + 2*z[1]
	return first%3 + second%3*3 + third%3*9
}

func power(base, exponent int) int {
	n := 1
	for range exponent {
		n *= base
	}
	return n
}

// TestTheSequencesCoverAllPairs verifies the comment of TestEverySequenceMatchesTheModel.
func TestTheSequencesCoverAllPairs(t *testing.T) {
	t.Parallel()
	type pair struct {
		i, k            int
		first, second   string
		source, source2 paymentstep.Source
	}
	type triple struct {
		i    int
		name string
		from [3]paymentstep.Source
	}
	pairs, triples, short := map[pair]bool{}, map[triple]bool{}, 0
	orders(3, func(seq []state, from []paymentstep.Source) {
		if len(seq) < 3 {
			short++
			return
		}
		for i := range seq {
			triples[triple{i, seq[i].name, [3]paymentstep.Source(from)}] = true
			for k := i + 1; k < len(seq); k++ {
				pairs[pair{i, k, seq[i].name, seq[k].name, from[i], from[k]}] = true
			}
		}
	})
	all, kinds, n := len(states), len(states)-alike, len(sources)
	if want := all*n + all*n*all*n; short != want {
		t.Errorf("%d orders of one and two looks, want %d", short, want)
	}
	if want := 3 * kinds * kinds * n * n; len(pairs) != want {
		t.Errorf("%d pairs, want %d", len(pairs), want)
	}
	if want := 3 * kinds * n * n * n; len(triples) != want {
		t.Errorf("%d triples, want %d", len(triples), want)
	}
}

// The same on Postgres, for all sequences of two checks by one sequence of sources each, with either gateway.
func TestSequencesOnPostgres(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(*testing.T, *store.Store) *harness{
		"fake": open,
		"portone": func(t *testing.T, st *store.Store) *harness {
			x, _ := openPortOne(t, st)
			return x
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := open(t, storetest.Open(t, store.Postgres))
			for i := range power(len(states), 2) {
				at := digits(i, len(states), 2)
				seq := []state{states[at[0]], states[at[1]]}
				if err := x.walk(seq, from(at[0]+at[1]*2+i, 2)); err != nil {
					t.Fatalf("%s: %v", names(seq), err)
				}
			}
		})
	}
}
