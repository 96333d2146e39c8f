// Package devauth accepts every identity without proof. It is for development, and for servers that are
// reachable only from their own machine; the configuration refuses it elsewhere.
package devauth

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/mail"
	"strings"

	"github.com/weav-ai/weav/internal/auth"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/text"
)

const (
	// maxEmail is the longest e-mail address (RFC 5321, erratum 1690).
	maxEmail = 254
	// maxName is the longest given or family name.
	maxName = 100
	// maxUID is the longest uid in bytes.
	maxUID = 255
	// prefix separates these identities from verified ones.
	prefix = "dev:"
)

// Verifier accepts every well-formed e-mail address as verified.
type Verifier struct{}

// New returns the verifier.
func New() Verifier { return Verifier{} }

// Verify implements [auth.Verifier]. The same address in any case is the same user.
func (Verifier) Verify(_ context.Context, proof auth.Proof) (auth.Identity, error) {
	if proof.Dev == nil {
		return auth.Identity{}, errs.Input(errs.InvalidValue, "identity", "This server takes identities of the kind `dev` only.")
	}
	if err := check(*proof.Dev); err != nil {
		return auth.Identity{}, err
	}
	email := strings.ToLower(proof.Dev.Email)
	return auth.Identity{
		UID:   uid(email),
		Email: email,
		// No address is verified here; it counts as verified, so that development sees the same paths.
		IsEmailVerified: true,
		FirstName:       proof.Dev.FirstName,
		LastName:        proof.Dev.LastName,
	}, nil
}

func check(p auth.DevProof) error {
	var c text.Checker
	c.Text("identity.dev.email", p.Email, 1, maxEmail)
	if c.Err() == nil && !wellFormed(p.Email) {
		c.Fail(errs.InvalidValue, "identity.dev.email", "This is no e-mail address; write one such as ada@example.com.")
	}
	if p.FirstName != nil {
		c.Text("identity.dev.firstName", *p.FirstName, 0, maxName)
	}
	if p.LastName != nil {
		c.Text("identity.dev.lastName", *p.LastName, 0, maxName)
	}
	return c.Err()
}

// wellFormed refuses what mail.ParseAddress accepts besides a bare address: names, comments, spaces.
func wellFormed(email string) bool {
	a, err := mail.ParseAddress(email)
	return err == nil && a.Address == email
}

// uid identifies the user; an address that is too long is replaced by its hash.
func uid(email string) string {
	if len(prefix+email) <= maxUID {
		return prefix + email
	}
	sum := sha256.Sum256([]byte(email))
	return prefix + "sha256:" + hex.EncodeToString(sum[:])
}
