package firebaseauth

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	fireauth "firebase.google.com/go/v4/auth"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/google"
	"google.golang.org/api/option"

	"github.com/weav-ai/weav/internal/errs"
)

const (
	// accountTimeout bounds one question about a user, repetitions by the SDK included.
	accountTimeout = 3 * time.Second
	// accountScope is what a service account needs to read and delete users.
	accountScope = "https://www.googleapis.com/auth/identitytoolkit"
	// sdkVersion is what the SDK reports of itself to Google.
	sdkVersion = "4.19.0"
)

// AccountsConfig says which service account acts for which project.
type AccountsConfig struct {
	ProjectID string
	// Key is the service account's key as JSON; empty for the emulator, which asks for none.
	Key []byte
	// Transport reaches Google; nil for http.DefaultTransport.
	Transport http.RoundTripper
}

// IsAccountKey says whether key holds what a service account signs with. Some deployments give a file that holds the project's
// name alone.
func IsAccountKey(key []byte) bool {
	var fields struct {
		Type       string `json:"type"`
		Email      string `json:"client_email"`
		PrivateKey string `json:"private_key"`
	}
	return json.Unmarshal(key, &fields) == nil && fields.Type == "service_account" && fields.Email != "" && fields.PrivateKey != ""
}

// Accounts are the users of a Firebase project, reached through the Admin SDK.
type Accounts struct{ client *fireauth.Client }

// NewAccounts returns the users of a project. It sends no request.
func NewAccounts(ctx context.Context, c AccountsConfig) (*Accounts, error) {
	ctx = context.WithoutCancel(ctx) // Tokens of the service account are fetched as long as the client is used.
	conf := configOf(fireauth.NewClient)
	conf.ProjectID, conf.Version = c.ProjectID, sdkVersion
	if len(c.Key) > 0 {
		key, err := google.JWTConfigFromJSON(c.Key, accountScope)
		if err != nil {
			return nil, fmt.Errorf("firebaseauth: service account: %w", err)
		}
		source := key.TokenSource(context.WithValue(ctx, oauth2.HTTPClient, &http.Client{Transport: c.Transport, Timeout: accountTimeout}))
		client := &http.Client{Transport: &oauth2.Transport{Source: source, Base: c.Transport}, Timeout: accountTimeout}
		// The source is given beside the client that uses it, since the SDK looks for a default account otherwise.
		conf.Opts = []option.ClientOption{option.WithTokenSource(source), option.WithHTTPClient(client)}
	}
	client, err := fireauth.NewClient(ctx, conf)
	if err != nil {
		return nil, fmt.Errorf("firebaseauth: Admin SDK: %w", err)
	}
	return &Accounts{client: client}, nil
}

// configOf returns an empty configuration for a constructor of the SDK. Its type is internal to the SDK, whose root package is the
// usual way to it; that imports Firestore and Storage, 224 packages more in the program.
func configOf[C, R any](func(context.Context, *C) (R, error)) *C { return new(C) }

// judge says why a user may not sign in with a token made at issuedAt: the user was disabled, deleted or signed out everywhere since.
// The error says that Google did not answer.
func (a *Accounts) judge(ctx context.Context, uid string, issuedAt int64) (errs.Text, error) {
	ctx, cancel := context.WithTimeout(ctx, accountTimeout)
	defer cancel()
	u, err := a.client.GetUser(ctx, uid)
	switch {
	case fireauth.IsUserNotFound(err):
		return errs.Textf("The account was deleted at Firebase."), nil
	case err != nil:
		return errs.Text{}, fmt.Errorf("firebaseauth: read user: %w", err)
	case u.Disabled:
		return errs.Textf("The account is disabled at Firebase."), nil
	case issuedAt*1000 < u.TokensValidAfterMillis:
		return errs.Textf("The ID token was revoked. Sign in again at Firebase."), nil
	default:
		return errs.Text{}, nil
	}
}

// Delete removes a user. One that does not exist is removed already.
func (a *Accounts) Delete(ctx context.Context, uid string) error {
	ctx, cancel := context.WithTimeout(ctx, accountTimeout)
	defer cancel()
	if err := a.client.DeleteUser(ctx, uid); err != nil && !fireauth.IsUserNotFound(err) {
		return fmt.Errorf("firebaseauth: delete user: %w", err)
	}
	return nil
}
