package account

import (
	"context"
	"fmt"
	"time"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/user"
	"github.com/weav-ai/weav/internal/auth"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/feed"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/text"
)

// maxDeviceName is the longest name of a device, in code points.
const maxDeviceName = 100

// SignInInput is who signs in, and on what.
type SignInInput struct {
	Proof auth.Proof
	// DeviceName is what the device calls itself; may be empty.
	DeviceName string
}

// SignedIn is a new session.
type SignedIn struct {
	User    *ent.User
	Session *ent.Session
	Tokens  Tokens
}

// SignIn opens a session for a proven identity, and on the first visit the account. However
// many sign in as one new identity at once, there is one account.
func (s *Service) SignIn(ctx context.Context, in SignInInput) (*SignedIn, error) {
	identity, err := s.identify(ctx, in)
	if err != nil {
		return nil, err
	}
	out := &SignedIn{}
	err = s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if out.User, err = s.welcome(ctx, tx, identity); err != nil {
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

// identify checks the whole input, so that a person learns of all faults at once.
func (s *Service) identify(ctx context.Context, in SignInInput) (auth.Identity, error) {
	var c text.Checker
	identity, err := s.verifier.Verify(ctx, in.Proof)
	if err := c.Take(err); err != nil {
		return auth.Identity{}, err
	}
	c.Text("deviceName", in.DeviceName, 0, maxDeviceName)
	return identity, c.Err()
}

// welcome creates the account of an identity or brings its profile up to date.
func (s *Service) welcome(ctx context.Context, tx *store.Tx, id auth.Identity) (*ent.User, error) {
	before, err := tx.Client().User.Query().Where(user.UID(id.UID)).Only(ctx)
	if err != nil && !ent.IsNotFound(err) {
		return nil, fmt.Errorf("account: sign in: %w", err)
	}
	if before != nil && before.DeletesAt != nil && !s.cfg.Now().Before(*before.DeletesAt) {
		return nil, errs.New(errs.Unavailable, "This account is being deleted. A new one can be made in a few minutes.").Retry(time.Minute)
	}
	if err := s.upsert(ctx, tx, id, before != nil && before.IsProfileCustom); err != nil {
		return nil, err
	}
	u, err := tx.Client().User.Query().Where(user.UID(id.UID)).Only(ctx)
	if err != nil {
		return nil, fmt.Errorf("account: sign in: %w", err)
	}
	if err := tx.OpenFeed(ctx, u.ID); err != nil {
		return nil, fmt.Errorf("account: sign in: %w", err)
	}
	if before == nil {
		return u, nil
	}
	return u, s.welcomeBack(ctx, tx, before, u)
}

// welcomeBack does what follows from how somebody's profile has changed since they were here.
func (s *Service) welcomeBack(ctx context.Context, tx *store.Tx, before, now *ent.User) error {
	if !sameProfile(before, now) {
		feed.Record(tx, now.ID, feed.ViewerUpdated, feed.Facts{})
	}
	if before.IsEmailVerified || !now.IsEmailVerified {
		return nil
	}
	// Whoever made the account may not be whom the address belongs to: nothing of theirs lives on.
	return s.endAll(ctx, tx, now.ID)
}

// upsert leaves it to the unique uid which of many first sign-ins makes the account. What the
// identity does not tell stays as it was, and so do names and picture that the person wrote.
func (s *Service) upsert(ctx context.Context, tx *store.Tx, id auth.Identity, custom bool) error {
	now := s.cfg.Now()
	create := tx.Client().User.Create().SetUID(id.UID).SetCreatedAt(now).SetLastLoginAt(now).
		SetNillableFirstName(id.FirstName).SetNillableLastName(id.LastName).SetNillablePhotoURL(id.PhotoURL)
	create.SetIsEmailVerified(id.IsEmailVerified)
	if id.Email != "" {
		create.SetEmail(id.Email)
	}
	err := create.OnConflictColumns(user.FieldUID).Update(func(u *ent.UserUpsert) {
		u.SetLastLoginAt(now).UpdateEmail().UpdateIsEmailVerified()
		if custom {
			return
		}
		if id.FirstName != nil {
			u.UpdateFirstName()
		}
		if id.LastName != nil {
			u.UpdateLastName()
		}
		if id.PhotoURL != nil {
			u.UpdatePhotoURL()
		}
	}).Exec(ctx)
	if err != nil {
		return fmt.Errorf("account: sign in: %w", err)
	}
	return nil
}

func sameProfile(a, b *ent.User) bool {
	return a.FirstName == b.FirstName && a.LastName == b.LastName && same(a.Email, b.Email) && same(a.PhotoURL, b.PhotoURL)
}

func same[T comparable](a, b *T) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}
