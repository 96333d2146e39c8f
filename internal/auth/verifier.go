package auth

import (
	"context"
	"time"
)

// Proof is what a user presents to sign in: exactly one of its fields.
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

// Identity is a user as an identity provider knows them.
type Identity struct {
	// UID is the provider's name of the user: it never changes and is never reused; 1–255 bytes.
	UID string
	// Email is empty when the identity has none.
	Email string
	// IsEmailVerified says that the provider vouches for the address.
	IsEmailVerified bool
	// AuthTime is when the user last authenticated; zero when the provider does not report it.
	AuthTime time.Time
	// FirstName, LastName and PhotoURL are nil when the provider does not report them.
	FirstName, LastName, PhotoURL *string
}

// Verifier verifies identities.
//
// It returns errs.InputErrors, with paths below input.identity, for a proof that is malformed, invalid or of
// a way to sign in that this server does not offer; UNAVAILABLE, retryable, when the provider cannot be
// reached. It is safe for concurrent use and returns soon after ctx ends.
type Verifier interface {
	Verify(ctx context.Context, proof Proof) (Identity, error)
}
