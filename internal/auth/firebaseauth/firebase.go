// Package firebaseauth proves identities by ID tokens of Firebase. The SDK checks signature, audience and issuer; times,
// the way somebody signed in and what is believed of their address are checked here, more strictly than it does.
package firebaseauth

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	fireauth "firebase.google.com/go/v4/auth"

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
	// Leeway is how far clocks may differ; 0 for the default. The SDK allows 5 minutes at most.
	Leeway time.Duration
	// Emulator says that the SDK checks no signatures, since the environment holds FIREBASE_AUTH_EMULATOR_HOST: for development.
	Emulator bool
	// Transport fetches the keys; nil for http.DefaultTransport.
	Transport http.RoundTripper
	Log       *slog.Logger
}

// Verifier proves identities by ID tokens of one project.
type Verifier struct {
	cfg    Config
	client *fireauth.Client
	keys   *keySource
	server *http.Server
}

// New returns a verifier; the caller closes it. For a moment http.DefaultTransport is another, so it is called before
// anything else that uses that runs. Keys are fetched when the first token comes.
func New(ctx context.Context, c Config) (*Verifier, error) {
	if c.Providers == nil {
		c.Providers = DefaultProviders()
	}
	if c.Leeway == 0 {
		c.Leeway = DefaultLeeway
	}
	p := newPipe()
	client, err := newClient(ctx, c.ProjectID, p)
	if err != nil {
		return nil, fmt.Errorf("firebaseauth: %w", err)
	}
	keys := newKeySource(ctx, c.Transport, c.Log)
	return &Verifier{cfg: c, client: client, keys: keys, server: serve(p, keys)}, nil
}

// Close lets go of what the verifier holds.
func (v *Verifier) Close() error {
	v.keys.Close()
	return v.server.Close()
}

// Verify implements [auth.Verifier]. An address is told whether or not it is verified; Identity.IsEmailVerified says which.
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
	return identity(token), nil
}

// check has the SDK check the token. The key is waited for before, since the SDK holds a lock while it looks for one. Its
// own words stay here: they repeat parts of the token.
func (v *Verifier) check(ctx context.Context, raw string) (*fireauth.Token, error) {
	if kid := keyOf(raw); kid != "" && !v.cfg.Emulator {
		if err := v.keys.want(ctx, kid); err != nil {
			return nil, unavailable(err)
		}
	}
	token, err := v.client.VerifyIDToken(ctx, raw)
	switch {
	case err == nil:
		return token, nil
	case fireauth.IsCertificateFetchFailed(err):
		return nil, unavailable(errNoKeys)
	default:
		return nil, fault(errs.InvalidValue, errs.Textf("The ID token is not one of this app's, or it has ended. Get a fresh one from Firebase's SDK."))
	}
}

// keyOf is the name of the key that a token says it is signed with; empty when it says none.
func keyOf(raw string) string {
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
