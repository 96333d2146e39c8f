package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
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

// signIn is AUTH, where `firebase` without a project gets that of the service account.
func (e *environment) signIn(setting string, s sources) string {
	list := strings.Split(setting, ",")
	for i, way := range list {
		if strings.TrimSpace(way) == "firebase" {
			list[i] = "firebase:" + e.accountProject(s)
		}
	}
	return strings.Join(list, ",")
}

// accountProject is the project of the service account in FIREBASE_SERVICE_ACCOUNT_KEY_PATH or _JSON.
func (e *environment) accountProject(s sources) string {
	raw := []byte(s.FirebaseAccountJSON)
	if s.FirebaseAccountPath != "" {
		var err error
		if raw, err = os.ReadFile(s.FirebaseAccountPath); err != nil {
			e.fault("FIREBASE_SERVICE_ACCOUNT_KEY_PATH cannot be read")
			return ""
		}
	}
	var account struct {
		ProjectID string `json:"project_id"`
	}
	if json.Unmarshal(raw, &account) != nil || account.ProjectID == "" {
		e.fault("AUTH=firebase needs its project: write AUTH=firebase:PROJECT, or name the service account's file in FIREBASE_SERVICE_ACCOUNT_KEY_PATH")
	}
	return account.ProjectID
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
		notes = append(notes, "Firebase, project "+w.project+", by "+strings.Join(providers, ", "))
	}
	return strings.Join(notes, "; ")
}

// openAuth returns whoever proves identities here, and what lets go of it.
func (a *App) openAuth(ctx context.Context) (auth.Verifier, func() error, error) {
	w, err := a.cfg.ways()
	if err != nil {
		return nil, nil, err
	}
	var methods auth.Methods
	closing := func() error { return nil }
	if w.dev {
		methods.Dev = devauth.New()
	}
	if w.project != "" {
		v, err := firebaseauth.New(ctx, firebaseauth.Config{
			ProjectID: w.project, Providers: a.cfg.FirebaseProviders, Emulator: a.cfg.FirebaseEmulator, Log: a.log,
		})
		if err != nil {
			return nil, nil, fmt.Errorf("sign-in with Firebase cannot be opened: %w", err)
		}
		methods.Firebase, closing = v, v.Close
	}
	return methods, closing, nil
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
