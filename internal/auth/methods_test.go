package auth_test

import (
	"context"
	"strings"
	"testing"

	"github.com/weav-ai/weav/internal/auth"
	"github.com/weav-ai/weav/internal/errs"
)

// named is a verifier that always returns one identity.
type named string

func (n named) Verify(context.Context, auth.Proof) (auth.Identity, error) {
	return auth.Identity{UID: string(n)}, nil
}

func TestMethodsUseTheVerifierOfTheProofsKind(t *testing.T) {
	t.Parallel()
	dev, firebase := auth.Proof{Dev: &auth.DevProof{}}, auth.Proof{Firebase: &auth.FirebaseProof{}}
	tests := map[string]struct {
		methods auth.Methods
		proof   auth.Proof
		uid     string
		refusal string
	}{
		"dev of both":           {auth.Methods{Dev: named("d"), Firebase: named("f")}, dev, "d", ""},
		"Firebase of both":      {auth.Methods{Dev: named("d"), Firebase: named("f")}, firebase, "f", ""},
		"dev of Firebase alone": {auth.Methods{Firebase: named("f")}, dev, "", "of the kind `firebase` only"},
		"Firebase of dev alone": {auth.Methods{Dev: named("d")}, firebase, "", "of the kind `dev` only"},
		"nothing of both":       {auth.Methods{Dev: named("d"), Firebase: named("f")}, auth.Proof{}, "", "of the kind `dev` or `firebase` only"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			id, err := tt.methods.Verify(t.Context(), tt.proof)
			if tt.refusal == "" {
				if err != nil || id.UID != tt.uid {
					t.Errorf("got %+v, %v, want %s", id, err, tt.uid)
				}
				return
			}
			faults, ok := errs.InputOf(err)
			if !ok || len(faults) != 1 || faults[0].Reason != errs.InvalidValue || !strings.Contains(faults[0].Message, tt.refusal) {
				t.Errorf("got %v, want %q", err, tt.refusal)
			}
		})
	}
}
