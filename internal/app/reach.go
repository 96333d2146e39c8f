package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/auth/firebaseauth"
	"github.com/weav-ai/weav/internal/store"
)

// reachTimeout is how long each part and each provider may take to answer a checklist.
const reachTimeout = 5 * time.Second

// probe asks what settings name for an answer.
type probe struct {
	cfg  Config
	dial dialer
}

func (p probe) all(ctx context.Context) []Finding {
	list := []Finding{
		p.part(ctx, "database", p.database),
		p.part(ctx, "redis", p.redis),
		p.part(ctx, "storage", p.storage),
		p.part(ctx, "payments", p.payments),
	}
	if w, err := p.cfg.ways(); err == nil && w.project != "" && !p.cfg.FirebaseEmulator {
		list = append(list, p.part(ctx, "sign-in", p.signIn))
	}
	for _, provider := range p.cfg.Providers {
		list = append(list, p.provider(ctx, provider))
	}
	return list
}

// part asks one part. A fault's text is shown without what is secret in the settings.
func (p probe) part(ctx context.Context, item string, ask func(context.Context) (string, error)) Finding {
	ctx, cancel := context.WithTimeout(ctx, reachTimeout)
	defer cancel()
	note, err := ask(ctx)
	if err != nil {
		return Finding{Unreachable, item, p.cfg.scrub(err.Error())}
	}
	return Finding{Fine, item, note}
}

// database opens a database that is there. SQLite's is made by the first start, and not by a question.
func (p probe) database(ctx context.Context) (note string, err error) {
	if p.cfg.sqlite() {
		path, _, _ := strings.Cut(strings.TrimPrefix(p.cfg.DatabaseURL, "sqlite:"), "?")
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return "is made at the first start", nil
		}
	} else if _, err := url.Parse(p.cfg.DatabaseURL); err != nil {
		return "", errors.New("DATABASE_URL cannot be read") // The cause repeats the password.
	}
	st, err := store.Open(ctx, p.cfg.DatabaseURL)
	if err != nil {
		return "", fmt.Errorf("%w: check that it runs, DATABASE_URL and its password", err)
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	switch lacks := st.Migrated(ctx); {
	case lacks == nil:
		return "answers, and is up to date", st.Compare(ctx)
	case p.cfg.AutoMigrate:
		return "answers; the next start brings it up to date", nil
	default:
		return "", fmt.Errorf("%w: run `weav migrate`, or set AUTO_MIGRATE=true", lacks)
	}
}

func (p probe) redis(ctx context.Context) (string, error) {
	if p.cfg.RedisURL == "" {
		return "in the process", nil
	}
	bus, err := openBus(ctx, p.cfg.RedisURL, slog.New(slog.DiscardHandler))
	if err == nil {
		err = errors.Join(bus.Ping(ctx), bus.Close())
	}
	if err != nil {
		return "", fmt.Errorf("%w: check that it runs, REDIS_URL and its password", err)
	}
	return "answers", nil
}

// signIn asks for the keys that Firebase's ID tokens are signed with.
func (p probe) signIn(ctx context.Context) (string, error) {
	n, err := firebaseauth.Reach(ctx)
	if err != nil {
		return "", fmt.Errorf("%w: check that this machine reaches www.googleapis.com", err)
	}
	return fmt.Sprintf("Google answers, with %d keys of Firebase", n), nil
}

// storage asks the bucket. A folder is looked at, not opened: opening clears away what a server
// may just be writing.
func (p probe) storage(ctx context.Context) (string, error) {
	if !strings.HasPrefix(p.cfg.Files.URL, "s3:") {
		folder := strings.TrimPrefix(p.cfg.Files.URL, "file:")
		if folder == "" {
			folder = filepath.Join(p.cfg.DataDir, "files")
		}
		return writable(folder)
	}
	bucket, _, err := openFiles(p.cfg, nil)
	if err != nil {
		return "", err
	}
	if err := errors.Join(bucket.Ping(ctx), bucket.Close()); err != nil {
		return "", fmt.Errorf("%w: check that it runs, that the bucket is there, and that its account may use it", err)
	}
	return "the bucket answers", nil
}

// writable looks whether files can be made in a folder.
func writable(folder string) (string, error) {
	f, err := os.CreateTemp(folder, ".check-*")
	if errors.Is(err, fs.ErrNotExist) {
		return "the folder is made at the first start", nil
	}
	if err != nil {
		return "", errors.New("the folder cannot be written to")
	}
	return "the folder can be written to", errors.Join(f.Close(), os.Remove(f.Name()))
}

// provider asks for the list of models, which is free and needs a key that is good.
func (p probe) provider(ctx context.Context, provider Provider) Finding {
	ctx, cancel := context.WithTimeout(ctx, reachTimeout)
	defer cancel()
	item := "provider " + provider.Name
	v, err := p.dial(ctx, provider)
	if err != nil {
		return Finding{Unreachable, item, p.cfg.scrub(err.Error())}
	}
	models, err := v.ListModels(ctx)
	switch kind := ai.KindOf(err); kind {
	case "":
		return Finding{Fine, item, fmt.Sprintf("answers, and lists %d models", len(models))}
	case ai.Unsupported:
		return Finding{Fine, item, "has no list of models to ask for"}
	case ai.Auth:
		return Finding{Unreachable, item, "refuses the key: check " + provider.keySetting}
	case ai.QuotaExhausted:
		return Finding{Unreachable, item, "the account has no credit left: look at its billing"}
	case ai.Timeout, ai.Canceled:
		return Finding{Unreachable, item, fmt.Sprintf("does not answer within %s: check %s and the network", reachTimeout, provider.urlSetting)}
	default:
		return Finding{Unreachable, item, fmt.Sprintf("fails (%s): check %s and the network", kind, provider.urlSetting)}
	}
}

// scrub takes what is secret in the settings out of a text.
func (c Config) scrub(text string) string {
	secrets := []string{c.Files.SecretKey, c.Files.AccessKey, string(c.JWTSecret)}
	for _, p := range c.Providers {
		secrets = append(secrets, p.Key.Reveal())
	}
	for _, raw := range []string{c.DatabaseURL, c.RedisURL} {
		if u, err := url.Parse(raw); err == nil && u.User != nil {
			password, _ := u.User.Password()
			_, encoded, _ := strings.Cut(u.User.String(), ":")
			secrets = append(secrets, password, encoded, u.Query().Get("password"))
		}
	}
	for _, s := range secrets {
		if s != "" {
			text = strings.ReplaceAll(text, s, "***")
		}
	}
	return text
}
