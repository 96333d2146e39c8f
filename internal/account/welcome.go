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

// welcome creates the account of an identity, in the language that its person asked for if any, or brings its profile up to date.
func (s *Service) welcome(ctx context.Context, tx *store.Tx, id auth.Identity, language *user.Language) (*ent.User, error) {
	before, err := lockIdentity(ctx, tx, id.UID)
	if ent.IsNotFound(err) {
		u, err := s.create(ctx, tx, id, language)
		if u != nil || err != nil {
			return u, err
		}
		before, err = lockIdentity(ctx, tx, id.UID) // Another sign-in was first.
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

// lockIdentity reads the account of an identity under its lock, so that the sign-ins of one follow each other: what one
// proves, the next one sees. It fails as ent does when there is none.
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

// create makes the account of an identity. It leaves it to the unique uid which of many first sign-ins does, and returns
// nil to the others.
func (s *Service) create(ctx context.Context, tx *store.Tx, id auth.Identity, language *user.Language) (*ent.User, error) {
	now := s.cfg.Now()
	c := tx.Client().User.Create().SetUID(id.UID).SetCreatedAt(now).SetLastLoginAt(now).SetIsEmailVerified(id.IsEmailVerified).
		SetNillableFirstName(id.FirstName).SetNillableLastName(id.LastName).SetNillablePhotoURL(id.PhotoURL).
		SetNillableLanguage(language)
	if id.Email != "" {
		c.SetEmail(id.Email)
	}
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

// mayEnter refuses an account that is being deleted; and, where the address of the account was proven, an identity whose
// address is not, whichever it is. A token lives on after its account was given to the address's owner, so it may be that of
// whoever made the account before.
func (s *Service) mayEnter(u *ent.User, id auth.Identity) error {
	if u.DeletesAt != nil && !s.cfg.Now().Before(*u.DeletesAt) {
		return errs.New(errs.Unavailable, "This account is being deleted. A new one can be made in a few minutes.").Retry(time.Minute)
	}
	if u.IsEmailVerified && !id.IsEmailVerified {
		return errs.Input(errs.InvalidValue, "identity", "The identity provider does not vouch for the address in this proof, as it did before. Verify the address there, then sign in again.")
	}
	return nil
}

// welcomeBack brings a profile up to date, and does what follows from how it has changed.
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
	// Whoever made the account may not be whom the address belongs to: nothing of theirs lives on.
	return now, s.endAll(ctx, tx, now.ID)
}

// update writes what the identity tells. What it does not tell stays as it was, and so do names and picture that the
// person wrote.
func (s *Service) update(ctx context.Context, tx *store.Tx, before *ent.User, id auth.Identity) (*ent.User, error) {
	u := tx.Client().User.UpdateOne(before).SetLastLoginAt(s.cfg.Now()).SetIsEmailVerified(id.IsEmailVerified)
	if id.Email == "" {
		u.ClearEmail()
	} else {
		u.SetEmail(id.Email)
	}
	if !before.IsProfileCustom {
		u.SetNillableFirstName(id.FirstName).SetNillableLastName(id.LastName).SetNillablePhotoURL(id.PhotoURL)
	}
	return u.Save(ctx)
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
