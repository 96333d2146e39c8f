package auth

import (
	"context"
	"strings"

	"github.com/weav-ai/weav/internal/errs"
)

// Methods is a Verifier of the ways to sign in that a server offers; nil ones it does not.
type Methods struct {
	Dev, Firebase Verifier
}

// Verify implements [Verifier] by that of the proof's kind.
func (m Methods) Verify(ctx context.Context, proof Proof) (Identity, error) {
	switch {
	case proof.Dev != nil && m.Dev != nil:
		return m.Dev.Verify(ctx, Proof{Dev: proof.Dev})
	case proof.Firebase != nil && m.Firebase != nil:
		return m.Firebase.Verify(ctx, Proof{Firebase: proof.Firebase})
	default:
		return Identity{}, errs.Input(errs.InvalidValue, "identity", "This server takes identities of the kind %s only.", m.kinds())
	}
}

// kinds are the fields of an identity that count here, for people.
func (m Methods) kinds() string {
	var kinds []string
	if m.Dev != nil {
		kinds = append(kinds, "`dev`")
	}
	if m.Firebase != nil {
		kinds = append(kinds, "`firebase`")
	}
	return strings.Join(kinds, " or ")
}
