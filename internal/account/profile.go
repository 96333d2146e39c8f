package account

import (
	"context"
	"net/url"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/feed"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/text"
)

// The longest values of a profile: names in code points, addresses in bytes.
const (
	maxProfileName = 100
	maxPhotoURL    = 2000
)

// Profile is a change of a user's profile; nil fields stay unchanged.
type Profile struct {
	FirstName, LastName *string
	// PhotoURL is cleared by an empty value. The server never requests it, which excludes requests to
	// internal addresses.
	PhotoURL *string
}

// UpdateProfile changes the profile of a user. From then on sign-ins do not overwrite names and picture.
func (s *Service) UpdateProfile(ctx context.Context, id oid.User, in Profile) (*ent.User, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	in = in.normal()
	var after *ent.User
	err := s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
		u := tx.Client().User.UpdateOneID(id).SetIsProfileCustom(true).SetNillableFirstName(in.FirstName).SetNillableLastName(in.LastName)
		if in.PhotoURL != nil {
			u.SetPhotoURL(*in.PhotoURL)
			if *in.PhotoURL == "" {
				u.ClearPhotoURL()
			}
		}
		after, err = found(u.Save(ctx))
		feed.Record(tx, id, feed.ViewerUpdated, feed.Facts{})
		return err
	})
	return after, err
}

// normal clears names without a visible character.
func (in Profile) normal() Profile {
	if in.FirstName != nil {
		in.FirstName = shown(*in.FirstName)
	}
	if in.LastName != nil {
		in.LastName = shown(*in.LastName)
	}
	return in
}

// check reports all faults of a profile at once.
func (in Profile) check() error {
	var c text.Checker
	if in.FirstName != nil {
		c.Text("firstName", *in.FirstName, 0, maxProfileName)
	}
	if in.LastName != nil {
		c.Text("lastName", *in.LastName, 0, maxProfileName)
	}
	if in.PhotoURL != nil && *in.PhotoURL != "" && !isPicture(*in.PhotoURL) {
		c.Fail(errs.InvalidValue, "photoUrl", "A picture has an https address of at most %d characters, without a name or password in it.", maxPhotoURL)
	}
	return c.Err()
}

// isPicture accepts only https, without credentials, because clients load the address.
func isPicture(address string) bool {
	u, err := url.Parse(address)
	return err == nil && len(address) <= maxPhotoURL && u.Scheme == "https" && u.Host != "" && u.User == nil
}
