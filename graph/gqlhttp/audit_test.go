package gqlhttp_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"testing"

	"github.com/weav-ai/weav/test/servicetest"
)

// auditCount is how many audits the pinned graphql-http has: fewer means that some
// were not run.
const auditCount = 61

// TestServerAudits runs the audits of the GraphQL-over-HTTP specification, those for
// what a server must, should and may do, as npm's graphql-http has them.
func TestServerAudits(t *testing.T) {
	t.Parallel()
	node := servicetest.Node(t, "audit", "graphql-http")
	server := newServer(t)
	cmd := exec.CommandContext(t.Context(), node, "audit.mjs", server.URL)
	cmd.Dir = "audit"
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var results []struct{ ID, Name, Status, Reason string }
	if err := json.Unmarshal(out, &results); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	if len(results) != auditCount {
		t.Errorf("%d audits ran, want %d", len(results), auditCount)
	}
	for _, r := range results {
		if r.Status != "ok" {
			t.Errorf("%s %s: %s: %s", r.ID, r.Name, r.Status, r.Reason)
		}
	}
}
