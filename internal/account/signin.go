package account

import (
	"context"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/user"
	"github.com/weav-ai/weav/internal/auth"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/text"
)

// maxDeviceName is the longest name of a device, in code points.
const maxDeviceName = 100

// SignInInput identifies the user and the device that sign in.
type SignInInput struct {
	Proof auth.Proof
	// DeviceName is the device's name for itself; may be empty.
	DeviceName string
	// Language is the language of the request, which a new account gets; nil for none.
	Language *user.Language
}

// SignedIn is a new session.
type SignedIn struct {
	User    *ent.User
	Session *ent.Session
	Tokens  Tokens
}

// SignIn opens a session for a proven identity, and creates the account on the first sign-in. Concurrent
// first sign-ins of one identity create one account.
func (s *Service) SignIn(ctx context.Context, in SignInInput) (*SignedIn, error) {
	identity, err := s.identify(ctx, in)
	if err != nil {
		return nil, err
		// The proof is verified before the transaction, because it may need a request to the identity
		// provider.
	}
	out := &SignedIn{}
	err = s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if out.User, err = s.welcome(ctx, tx, identity, in.Language); err != nil {
			return err
		}
		out.Session, out.Tokens, err = s.openSession(ctx, tx, out.User.ID, in.DeviceName)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// identify checks the whole input, so that all faults are reported at once.
func (s *Service) identify(ctx context.Context, in SignInInput) (auth.Identity, error) {
	var c text.Checker
	identity, err := s.verifier.Verify(ctx, in.Proof)
	if err := c.Take(err); err != nil {
		return auth.Identity{}, err
	}
	c.Text("deviceName", in.DeviceName, 0, maxDeviceName)
	return identity, c.Err()
}
