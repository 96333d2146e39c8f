package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/weav-ai/weav/graph"
	"github.com/weav-ai/weav/internal/auth"
	"github.com/weav-ai/weav/internal/auth/devauth"
	"github.com/weav-ai/weav/internal/auth/firebaseauth"
)

// ways are the ways to sign in that AUTH names.
type ways struct {
	dev bool
	// project is that of Firebase; empty where people do not sign in with it.
	project string
}

// ways reads AUTH. One that is not known is an error, and none of the others counts then.
func (c Config) ways() (ways, error) {
	var w ways
	for _, way := range strings.Split(c.Auth, ",") {
		kind, project, _ := strings.Cut(strings.TrimSpace(way), ":")
		switch {
		case kind == "dev" && project == "" && !w.dev:
			w.dev = true
		case kind == "firebase" && project != "" && w.project == "":
			w.project = project
		default:
			return ways{}, fmt.Errorf("AUTH=%s is not known: it is dev, or firebase:PROJECT, or both with a comma between", c.Auth)
		}
	}
	return w, nil
}

// serviceAccount is the content of FIREBASE_SERVICE_ACCOUNT_KEY_PATH or _JSON, where people sign in with Firebase.
func (e *environment) serviceAccount(setting string, s sources) []byte {
	if !slices.ContainsFunc(fields(setting), func(way string) bool { return way == "firebase" || strings.HasPrefix(way, "firebase:") }) {
		return nil
	}
	if s.FirebaseAccountPath == "" {
		return []byte(s.FirebaseAccountJSON)
	}
	raw, err := os.ReadFile(s.FirebaseAccountPath)
	if err != nil {
		e.fault("FIREBASE_SERVICE_ACCOUNT_KEY_PATH cannot be read")
		return nil
	}
	return raw
}

// signIn is AUTH, where `firebase` without a project gets that of the service account.
func (e *environment) signIn(setting string, account []byte) string {
	ways := fields(setting)
	for i, way := range ways {
		if way == "firebase" {
			ways[i] = "firebase:" + e.accountProject(account)
		}
	}
	return strings.Join(ways, ",")
}

// accountProject is the project of a service account; nil stands for one that could not be read, which is a fault already.
func (e *environment) accountProject(account []byte) string {
	var fields struct {
		ProjectID string `json:"project_id"`
	}
	if account != nil && (json.Unmarshal(account, &fields) != nil || fields.ProjectID == "") {
		e.fault("AUTH=firebase needs its project: write AUTH=firebase:PROJECT, or name the service account's file in FIREBASE_SERVICE_ACCOUNT_KEY_PATH")
	}
	return fields.ProjectID
}

// checkAuth refuses ways to sign in that would let in anybody.
func (c Config) checkAuth(p Part) error {
	w, err := c.ways()
	switch {
	case c.FirebaseEmulator && !w.dev:
		return errors.New("the Firebase emulator (FIREBASE_AUTH_EMULATOR_HOST) switches off signature checks: unset it, or have AUTH name dev, which is for development")
	case err != nil:
		return err
	case p.Serves && w.dev && !loopback(c.ListenAddr):
		return fmt.Errorf("AUTH=dev lets anybody sign in as anybody, so it listens on loopback only: set LISTEN_ADDR=127.0.0.1:8080, not %s", c.ListenAddr)
	}
	return nil
}

// authNote says what AUTH means.
func (c Config) authNote() string {
	w, _ := c.ways() // One that is not known is a fault of its own.
	var notes []string
	if w.dev {
		notes = append(notes, "dev, on "+c.ListenAddr+" alone: for development, anybody signs in as anybody")
	}
	if w.project != "" {
		providers := c.FirebaseProviders
		if providers == nil {
			providers = firebaseauth.DefaultProviders()
		}
		note := "Firebase, project " + w.project + ", by " + strings.Join(providers, ", ")
		if c.FirebaseAccount.IsSet() {
			note += "; its service account refuses revoked tokens and deletes users whose account goes"
		}
		notes = append(notes, note)
	}
	return strings.Join(notes, "; ")
}

// openAuth opens what proves identities here, and the users of Firebase where a service account is given.
func (a *App) openAuth(ctx context.Context) error {
	w, err := a.cfg.ways()
	if err != nil {
		return err
	}
	var methods auth.Methods
	if w.dev {
		methods.Dev = devauth.New()
	}
	if w.project != "" {
		if a.firebaseUsers, err = a.cfg.openFirebaseUsers(ctx, w.project); err != nil {
			return err
		}
		v := firebaseauth.New(ctx, firebaseauth.Config{
			ProjectID: w.project, Providers: a.cfg.FirebaseProviders, Emulator: a.cfg.FirebaseEmulator, Accounts: a.firebaseUsers, Log: a.log,
		})
		methods.Firebase, a.closeAuth = v, v.Close
	}
	a.verifier = methods
	return nil
}

// openFirebaseUsers reaches the users of a project through the service account, or the emulator; nil without both.
func (c Config) openFirebaseUsers(ctx context.Context, project string) (*firebaseauth.Accounts, error) {
	if !c.FirebaseAccount.IsSet() && !c.FirebaseEmulator {
		return nil, nil
	}
	users, err := firebaseauth.NewAccounts(ctx, firebaseauth.AccountsConfig{ProjectID: project, Key: []byte(c.FirebaseAccount.Reveal())})
	if err != nil {
		return nil, fmt.Errorf("sign-in with Firebase cannot be opened: %w", err)
	}
	return users, nil
}

// deleteIdentity removes a user where they sign in; nil where this server may not.
func (a *App) deleteIdentity() func(ctx context.Context, uid string) error {
	if a.firebaseUsers == nil {
		return nil
	}
	return a.firebaseUsers.Delete
}

// signInMethods are the ways to sign in that signIn takes.
func (c Config) signInMethods() []graph.SignInMethod {
	w, _ := c.ways() // The app has opened with it.
	var methods []graph.SignInMethod
	if w.project != "" {
		methods = append(methods, graph.SignInMethodFirebase)
	}
	if w.dev {
		methods = append(methods, graph.SignInMethodDev)
	}
	return methods
}
