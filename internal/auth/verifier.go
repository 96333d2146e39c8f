package auth

import (
	"context"
	"time"
)

// Proof is what a person shows to sign in: exactly one of its fields.
type Proof struct {
	// Dev is an identity without proof, for development.
	Dev *DevProof
	// Firebase is an ID token of Firebase.
	Firebase *FirebaseProof
}

// FirebaseProof is what Firebase's SDK gives an app.
type FirebaseProof struct{ IDToken string }

// DevProof names an identity. Nil names leave those of the account as they were.
type DevProof struct {
	Email               string
	FirstName, LastName *string
}

// Identity is a person as an identity provider knows them.
type Identity struct {
	// UID is the provider's name for the person: the same for ever, never another's; 1–255 bytes.
	UID string
	// Email is empty when the identity has none.
	Email string
	// IsEmailVerified says that the provider vouches for the address.
	IsEmailVerified bool
	// AuthTime is when the person last showed who they are; zero when the provider does not tell.
	AuthTime time.Time
	// FirstName, LastName and PhotoURL are nil when the provider does not tell.
	FirstName, LastName, PhotoURL *string
}

// Verifier proves identities.
//
// It answers errs.InputErrors, with paths below input.identity, for a proof that is malformed,
// untrue or of a way to sign in that this server does not offer; UNAVAILABLE, retryable, when
// the provider cannot be asked. It is safe for concurrent use and returns soon after ctx ends.
type Verifier interface {
	Verify(ctx context.Context, proof Proof) (Identity, error)
}
