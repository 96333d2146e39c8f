package auth

import (
	"context"

	"github.com/weav-ai/weav/internal/errs"
)

// Methods is a Verifier of the ways to sign in that a server offers; a nil one is not offered.
type Methods struct {
	Dev, Firebase Verifier
}

// Verify implements [Verifier] with the verifier of the proof's kind. It passes only that part of the proof
// on.
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

// kinds lists the fields of an identity that this server accepts, for users.
func (m Methods) kinds() errs.Text {
	switch {
	case m.Dev != nil && m.Firebase != nil:
		return errs.Textf("`dev` or `firebase`")
	case m.Dev != nil:
		return errs.Textf("`dev`")
	default:
		return errs.Textf("`firebase`")
	}
}
