package app

import (
	"log/slog"
	"os"
	"slices"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/weav-ai/weav/graph/guard"
	"github.com/weav-ai/weav/internal/auth"
	"github.com/weav-ai/weav/internal/metrics"
	"github.com/weav-ai/weav/internal/oid"
)

// TestFieldsWithLimitsAreThoseOfTheSchema keeps a limit from being lost with a name: paid is each mutation that
// takes maxCost, or asks a provider or the gateway of the person's payments; a sign-in is each that answers with tokens.
func TestFieldsWithLimitsAreThoseOfTheSchema(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../schema.graphql")
	if err != nil {
		t.Fatal(err)
	}
	schema := gqlparser.MustLoadSchema(&ast.Source{Name: "schema.graphql", Input: string(text)})
	paid, signIns := []string{"setProviderKey", "preparePayment", "completePayment"}, []string{}
	for _, f := range schema.Mutation.Fields {
		if schema.Types[f.Arguments.ForName("input").Type.Name()].Fields.ForName("maxCost") != nil {
			paid = append(paid, f.Name)
		}
		if schema.Types[f.Type.Name()].Fields.ForName("tokens") != nil {
			signIns = append(signIns, f.Name)
		}
	}
	wantSame(t, "paid mutations", paidFields, paid)
	wantSame(t, "sign-ins", signInFields, signIns)
}

func wantSame(t *testing.T, what string, got, want []string) {
	t.Helper()
	got, want = slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want))
	if !slices.Equal(got, want) {
		t.Errorf("%s with limits: %v, in the schema: %v", what, got, want)
	}
}

// BenchmarkRates measures all that limits add to one paid mutation, counted in the process.
func BenchmarkRates(b *testing.B) {
	cfg := Config{Rates: Rates{
		OperationsPerMinute: 1_000_000, CostPerMinute: 1_000_000, AnonymousCostPerMinute: 1_000_000,
		PaidPerMinute: 1_000_000, PaidPerHour: 1_000_000,
	}}
	ctx := auth.With(b.Context(), auth.Principal{User: oid.New[oid.User]()})
	op := guard.Operation{Kind: ast.Mutation, Fields: []string{"sendMessage"}, Cost: 1}
	var r *rates
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if i%500_000 == 0 { // Before the limits are reached.
			var err error
			if r, err = openRates(cfg, metrics.New(), slog.New(slog.DiscardHandler)); err != nil {
				b.Fatal(err)
			}
		}
		if r.request(ctx) != nil || r.operation(ctx, op) != nil {
			b.Fatal("refused")
		}
	}
}
