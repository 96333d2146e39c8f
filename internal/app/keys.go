package app

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/weav-ai/weav/internal/providerkey"
	"github.com/weav-ai/weav/internal/seal"
)

// jwtSecret is the configured secret, or in the embedded mode one of the data folder's own.
func (a *App) jwtSecret() ([]byte, error) {
	if len(a.cfg.JWTSecret) > 0 || !a.cfg.sqlite() {
		return a.cfg.JWTSecret, nil
	}
	secret, err := a.cfg.kept("jwt.key", func() string {
		fresh := make([]byte, minSecretBytes)
		_, _ = rand.Read(fresh) // It never fails: the program would end.
		return hex.EncodeToString(fresh)
	})
	return []byte(secret), err
}

// sealing are the configured keys, or in the embedded mode one of the data folder's own; nil for none.
func (a *App) sealing() (*seal.Ring, error) {
	text := a.cfg.SealingKeys.Reveal()
	if text == "" && a.cfg.sqlite() {
		var err error
		if text, err = a.cfg.kept("sealing.keys", func() string { return seal.Generate("own") }); err != nil {
			return nil, err
		}
	}
	if text == "" {
		return nil, nil
	}
	ring, err := seal.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("SEALING_KEYS: %w", err)
	}
	return ring, nil
}

// checkSealing refuses keys that cannot seal.
func (c Config) checkSealing() error {
	if !c.SealingKeys.IsSet() {
		return nil
	}
	if _, err := seal.Parse(c.SealingKeys.Reveal()); err != nil {
		return fmt.Errorf("SEALING_KEYS %w", err)
	}
	return nil
}

// kept is a secret of the data folder, made when there is none.
func (c Config) kept(name string, fresh func() string) (string, error) {
	path := filepath.Join(c.DataDir, name)
	raw, err := os.ReadFile(path)
	if err == nil {
		return strings.TrimSpace(string(raw)), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("the key %s cannot be read: %w", name, err)
	}
	secret := strings.TrimSpace(fresh())
	if err := os.MkdirAll(c.DataDir, 0o700); err != nil {
		return "", fmt.Errorf("the data folder cannot be made: %w", err)
	}
	if err := os.WriteFile(path, []byte(secret+"\n"), 0o600); err != nil {
		return "", fmt.Errorf("the key %s cannot be kept: %w", name, err)
	}
	return secret, nil
}

// loadOwnKeys makes what keeps people's own keys of the providers that are set up.
func (a *App) loadOwnKeys() error {
	ring, err := a.sealing()
	if err != nil {
		return err
	}
	a.ownKeys = providerkey.New(providerkey.Parts{Store: a.store, Plans: a.memberships, Ring: ring, Dial: a.dialOwn, Log: a.log})
	return nil
}

// dialOwn makes the adapter that asks one of the two vendors with a person's key, where the house asks it too.
func (a *App) dialOwn(ctx context.Context, provider, key string) (providerkey.Vendor, error) {
	i := slices.IndexFunc(a.cfg.Providers, func(p Provider) bool { return p.Name == provider })
	if i < 0 {
		return nil, nil
	}
	p := a.cfg.Providers[i]
	p.Key = NewSecret(key)
	return dial(ctx, p)
}
