// Package firebaseauth proves identities by ID tokens of Firebase.
//
// Tokens are verified here, by Google's published keys that are fetched before they end: the SDK drops its keys before it asks for
// new ones, so with it no user can sign in while Google is out of reach. Where a service account is given the Admin SDK says whether a
// token was revoked since, and deletes users.
package firebaseauth

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/weav-ai/weav/internal/auth"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/text"
)

const (
	// maxToken is the longest ID token in bytes; Firebase's have some 1,000.
	maxToken = 16384
	// field is where the token stands in the input.
	field = "identity.firebase.idToken"
)

// DefaultLeeway is how far our clock and Google's may differ.
const DefaultLeeway = 30 * time.Second

// DefaultProviders are the ways to sign in at Firebase that count unless the settings say otherwise: those that prove an
// identity. Anonymous accounts and the app's own tokens do not.
func DefaultProviders() []string { return []string{"google.com", "password", "apple.com"} }

// Config says whose tokens count.
type Config struct {
	// ProjectID is the project that tokens must be for.
	ProjectID string
	// Providers are the ways to sign in that count; nil for the default ones.
	Providers []string
	// Leeway is how far clocks may differ; 0 for the default.
	Leeway time.Duration
	// Emulator accepts tokens without a signature, as Firebase's emulator makes them: for development.
	Emulator bool
	// Accounts says whether a token was revoked; nil where there is no service account.
	Accounts *Accounts
	// Transport fetches the keys; nil for http.DefaultTransport.
	Transport http.RoundTripper
	Log       *slog.Logger
}

// Verifier proves identities by ID tokens of one project.
type Verifier struct {
	cfg  Config
	keys *keySource
}

// New returns a verifier; the caller closes it. Keys are fetched when the first token comes.
func New(ctx context.Context, c Config) *Verifier {
	if c.Providers == nil {
		c.Providers = DefaultProviders()
	}
	if c.Leeway == 0 {
		c.Leeway = DefaultLeeway
	}
	return &Verifier{cfg: c, keys: newKeySource(ctx, c.Transport, c.Log)}
}

// Close ends the fetching of keys.
func (v *Verifier) Close() error {
	v.keys.Close()
	return nil
}

// Verify implements [auth.Verifier]. An address is returned whether or not it is verified; Identity.IsEmailVerified says which.
func (v *Verifier) Verify(ctx context.Context, proof auth.Proof) (auth.Identity, error) {
	if proof.Firebase == nil {
		return auth.Identity{}, errs.Input(errs.InvalidValue, "identity", "This is no identity of the kind `firebase`.")
	}
	raw := proof.Firebase.IDToken
	if raw == "" {
		return auth.Identity{}, fault(errs.Required, errs.Textf("Give the ID token of Firebase's SDK."))
	}
	if len(raw) > maxToken {
		return auth.Identity{}, fault(errs.TooLong, errs.Textf("An ID token has at most %d characters.", maxToken))
	}
	token, err := v.check(ctx, raw)
	if err != nil {
		return auth.Identity{}, err
	}
	if why := v.doubt(token); !why.IsZero() {
		return auth.Identity{}, fault(errs.InvalidValue, why)
	}
	if why := v.revoked(ctx, token); !why.IsZero() {
		return auth.Identity{}, fault(errs.InvalidValue, why)
	}
	return identity(token), nil
}

// check waits for the key of a token and checks its signature. What is wrong is not repeated to the client: errors of the parser
// hold parts of the token.
func (v *Verifier) check(ctx context.Context, raw string) (token, error) {
	if kid := keyID(raw); kid != "" && !v.cfg.Emulator {
		if err := v.keys.want(ctx, kid); err != nil {
			return token{}, unavailable(err)
		}
	}
	t, err := v.parse(raw)
	if err != nil {
		return token{}, fault(errs.InvalidValue, errs.Textf("The ID token is not one of this app's, or it has ended. Get a fresh one from Firebase's SDK."))
	}
	return t, nil
}

// revoked says why a good token does not count any more; empty when it does. Where Google does not answer the token counts: it was
// made within the hour, and an outage of Google must not end all sign-ins.
func (v *Verifier) revoked(ctx context.Context, t token) errs.Text {
	if v.cfg.Accounts == nil {
		return errs.Text{}
	}
	why, err := v.cfg.Accounts.judge(ctx, t.Subject, t.IssuedAt)
	if err != nil {
		v.cfg.Log.WarnContext(ctx, "Firebase does not say whether a token was revoked; it is accepted", "error", err)
	}
	return why
}

// keyID is the name of the key that a token says it is signed with; empty when it says none.
func keyID(raw string) string {
	segment, _, _ := strings.Cut(raw, ".")
	decoded, err := base64.RawURLEncoding.DecodeString(segment)
	var header struct{ Kid string }
	if err != nil || json.Unmarshal(decoded, &header) != nil {
		return ""
	}
	return header.Kid
}

func unavailable(err error) error {
	return errs.Wrap(err, errs.Unavailable, "Signing in is not possible for the moment.").Retry(retrySoon)
}

func fault(reason errs.Reason, message errs.Text) error {
	var c text.Checker
	c.FailText(reason, field, message)
	return c.Err()
}
