package account

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/user"
	"github.com/weav-ai/weav/internal/auth"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/feed"
	"github.com/weav-ai/weav/internal/store"
)

// welcome creates the account of an identity, in the requested language if any, or updates its profile.
func (s *Service) welcome(ctx context.Context, tx *store.Tx, id auth.Identity, language *user.Language) (*ent.User, error) {
	before, err := lockIdentity(ctx, tx, id.UID)
	if ent.IsNotFound(err) {
		u, err := s.create(ctx, tx, id, language)
		if u != nil || err != nil {
			return u, err
		}
		before, err = lockIdentity(ctx, tx, id.UID) // Another sign-in created the account first.
		if err != nil {
			return nil, fmt.Errorf("account: sign in: %w", err)
		}
	} else if err != nil {
		return nil, fmt.Errorf("account: sign in: %w", err)
	}
	if err := s.mayEnter(before, id); err != nil {
		return nil, err
	}
	return s.welcomeBack(ctx, tx, before, id)
}

// lockIdentity reads the account of an identity behind its lock. Sign-ins of one identity run in turn, so
// each sees what the one before proved. The error is ent's when there is no account.
func lockIdentity(ctx context.Context, tx *store.Tx, uid string) (*ent.User, error) {
	users := tx.Client().User.Query().Where(user.UID(uid))
	id, err := users.Clone().OnlyID(ctx)
	if err != nil {
		return nil, err
	}
	if err := tx.LockUser(ctx, id); err != nil && errs.CodeOf(err) != errs.NotFound {
		return nil, err
	}
	return users.Only(ctx)
}

// create creates the account of an identity. Of concurrent first sign-ins the unique uid admits one; the
// others get nil.
func (s *Service) create(ctx context.Context, tx *store.Tx, id auth.Identity, language *user.Language) (*ent.User, error) {
	now := s.cfg.Now()
	c := tx.Client().User.Create().SetUID(id.UID).SetCreatedAt(now).SetLastLoginAt(now).SetIsEmailVerified(id.IsEmailVerified).
		SetNillableFirstName(id.FirstName).SetNillableLastName(id.LastName).SetNillablePhotoURL(id.PhotoURL).
		SetNillableLanguage(language)
	if id.Email != "" {
		c.SetEmail(id.Email)
	}
	// A violated constraint would abort the transaction on Postgres, so the conflict is ignored instead.
	err := c.OnConflictColumns(user.FieldUID).DoNothing().Exec(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("account: sign in: %w", err)
	}
	u, err := tx.Client().User.Query().Where(user.UID(id.UID)).Only(ctx)
	if err != nil {
		return nil, fmt.Errorf("account: sign in: %w", err)
	}
	return u, tx.OpenFeed(ctx, u.ID)
}

// mayEnter refuses an account that is being deleted. Where the address of the account was verified, it also
// refuses an identity whose address is not, even the same one: an old proof of the party that registered the
// address before its owner is still valid at the provider.
func (s *Service) mayEnter(u *ent.User, id auth.Identity) error {
	if u.DeletesAt != nil && !s.cfg.Now().Before(*u.DeletesAt) {
		return errs.New(errs.Unavailable, "This account is being deleted. A new one can be made in a few minutes.").Retry(time.Minute)
	}
	if u.IsEmailVerified && !id.IsEmailVerified {
		return errs.Input(errs.InvalidValue, "identity", "The identity provider does not vouch for the address in this proof, as it did before. Verify the address there, then sign in again.")
	}
	return nil
}

// welcomeBack updates a profile and acts on the changes.
func (s *Service) welcomeBack(ctx context.Context, tx *store.Tx, before *ent.User, id auth.Identity) (*ent.User, error) {
	now, err := s.update(ctx, tx, before, id)
	if err != nil {
		return nil, fmt.Errorf("account: sign in: %w", err)
	}
	if err := tx.OpenFeed(ctx, now.ID); err != nil {
		return nil, fmt.Errorf("account: sign in: %w", err)
	}
	if !sameProfile(before, now) {
		feed.Record(tx, now.ID, feed.ViewerUpdated, feed.Facts{})
	}
	if before.IsEmailVerified || !now.IsEmailVerified {
		return now, nil
	}
	// The account may have been made by a party to which the address does not belong, so its sessions and
	// keys end.
	return now, s.endAll(ctx, tx, now.ID)
}

// update stores what the identity reports. Fields that it omits stay unchanged, and so do names and picture
// that the user set.
func (s *Service) update(ctx context.Context, tx *store.Tx, before *ent.User, id auth.Identity) (*ent.User, error) {
	u := tx.Client().User.UpdateOne(before).SetLastLoginAt(s.cfg.Now()).SetIsEmailVerified(id.IsEmailVerified)
	if id.Email == "" {
		u.ClearEmail()
	} else {
		u.SetEmail(id.Email)
	}
	// Names and picture that the user set take precedence over the provider's.
	if !before.IsProfileCustom {
		u.SetNillableFirstName(id.FirstName).SetNillableLastName(id.LastName).SetNillablePhotoURL(id.PhotoURL)
	}
	return u.Save(ctx)
}

// sameProfile reports whether two states of an account look alike to the user, so that no event is needed.
func sameProfile(a, b *ent.User) bool {
	return a.FirstName == b.FirstName && a.LastName == b.LastName && same(a.Email, b.Email) && same(a.PhotoURL, b.PhotoURL)
}

// same compares what two pointers point to; nil equals only nil.
func same[T comparable](a, b *T) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}
