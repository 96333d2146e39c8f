package firebaseauth

import (
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/weav-ai/weav/internal/auth"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/text"
)

const (
	// maxSubject is the longest name of somebody at Firebase, in bytes.
	maxSubject = 128
	// maxName is the longest given or family name that is kept, in code points.
	maxName = 100
	// maxEmail is the longest e-mail address (RFC 5321, erratum 1690), and maxPicture the longest address of a picture.
	maxEmail, maxPicture = 254, 2048
)

// doubt says why a token that is truly signed does not count; empty when it does.
func (v *Verifier) doubt(t token) errs.Text {
	now := time.Now()
	future := func(seconds int64) bool { return time.Unix(seconds, 0).After(now.Add(v.cfg.Leeway)) }
	switch {
	case t.Subject == "" || len(t.Subject) > maxSubject || strings.ContainsFunc(t.Subject, unicode.IsControl):
		return errs.Textf("The ID token names nobody.")
	case !now.Before(time.Unix(t.Expires, 0).Add(v.cfg.Leeway)):
		return errs.Textf("The ID token has ended. Get a fresh one from Firebase's SDK.")
	case t.IssuedAt <= 0 || future(t.IssuedAt):
		return errs.Textf("The ID token does not say when it was made, or says a time to come.")
	case t.AuthTime <= 0 || future(t.AuthTime):
		return errs.Textf("The ID token does not say when its person signed in, or says a time to come.")
	case !slices.Contains(v.cfg.Providers, t.Firebase.SignInProvider):
		return errs.Textf("This server does not take that way to sign in at Firebase.")
	case t.Firebase.Tenant != "":
		// The same name is somebody else's in another tenant.
		return errs.Textf("This server takes no people of a project's tenants.")
	default:
		return errs.Text{}
	}
}

// identity is what a token says of a person.
func identity(t token) auth.Identity {
	id := auth.Identity{UID: t.Subject, AuthTime: time.Unix(t.AuthTime, 0).UTC()}
	if email := claim(t, "email"); len(email) <= maxEmail {
		id.Email = strings.ToLower(email)
	}
	id.IsEmailVerified, _ = t.claims["email_verified"].(bool)
	id.IsEmailVerified = id.IsEmailVerified && id.Email != ""
	id.FirstName, id.LastName = names(t)
	if picture := claim(t, "picture"); strings.HasPrefix(picture, "https://") && len(picture) <= maxPicture {
		id.PhotoURL = &picture
	}
	return id
}

// names are the given and the family name. Where there is but one name for both, the first word of it is taken for the
// given name; both are nil where there is none at all.
func names(t token) (first, last *string) {
	given, family := claim(t, "given_name"), claim(t, "family_name")
	if given == "" && family == "" {
		given, family, _ = strings.Cut(claim(t, "name"), " ")
	}
	if given == "" && family == "" {
		return nil, nil
	}
	given, family = text.Truncate(given, maxName), text.Truncate(family, maxName)
	return &given, &family
}

// claim is a text of a token without control characters, which no column may hold, and without needless space.
func claim(t token, name string) string {
	s, _ := t.claims[name].(string)
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) }), " ")
}
