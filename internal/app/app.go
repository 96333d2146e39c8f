package app

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/weav-ai/weav/graph"
	"github.com/weav-ai/weav/graph/guard"
	"github.com/weav-ai/weav/graph/playground"
	"github.com/weav-ai/weav/graph/ws"
	"github.com/weav-ai/weav/internal/account"
	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/ai/sandboxai"
	"github.com/weav-ai/weav/internal/auth/devauth"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/chat"
	"github.com/weav-ai/weav/internal/feed"
	"github.com/weav-ai/weav/internal/folder"
	"github.com/weav-ai/weav/internal/live"
	"github.com/weav-ai/weav/internal/metrics"
	"github.com/weav-ai/weav/internal/server"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/worker"
)

// Version is the release; the build may set it.
var Version = "0.1.0-dev"

// maintenanceEvery is how often what has had its time is cleaned up.
const maintenanceEvery = time.Hour

// App is a process's parts, opened and wired, not yet running.
type App struct {
	cfg    Config
	part   Part
	log    *slog.Logger
	store  *store.Store
	bus    live.Bus
	feed   *feed.Feed
	meter  *metrics.Metrics
	socket *ws.Transport

	accounts *account.Service
	folders  *folder.Service
	chats    *chat.Service
	catalog  *catalog.Catalog
	runner   store.Runner
}

// Open checks the settings, opens the parts and wires them. The caller closes the App.
func Open(ctx context.Context, cfg Config, part Part, log *slog.Logger) (*App, error) {
	if err := cfg.Check(part); err != nil {
		return nil, err
	}
	cfg.NodeID = cmp.Or(cfg.NodeID, nodeID(cfg.ListenAddr, part))
	a := &App{cfg: cfg, part: part, log: log, meter: metrics.New()}
	if err := a.open(ctx); err != nil {
		return nil, errors.Join(err, a.Close())
	}
	return a, nil
}

func (a *App) open(ctx context.Context) error {
	if err := a.openStore(ctx); err != nil {
		return err
	}
	bus, err := openBus(ctx, a.cfg.RedisURL, a.log)
	if err != nil {
		return err
	}
	a.bus = bus
	secret, err := a.jwtSecret()
	if err != nil {
		return err
	}
	return a.wire(secret) //nolint:contextcheck // The runner's pool lives as long as the process, not as the opening.
}

func (a *App) openStore(ctx context.Context) error {
	st, err := store.Open(ctx, a.cfg.DatabaseURL, store.WithLogger(a.log))
	if err != nil {
		return err
	}
	a.store = st
	if a.cfg.AutoMigrate {
		return st.Migrate(ctx)
	}
	if err := st.Migrated(ctx); err != nil {
		return fmt.Errorf("%w: run `weav migrate`, or set AUTO_MIGRATE=true", err)
	}
	return nil
}

// wire makes the domain of the parts.
func (a *App) wire(secret []byte) error {
	cat, err := catalog.Load(catalog.Settings{MaxTextChars: a.cfg.MaxTextChars, MaxOutputTokens: a.cfg.MaxOutputTokens, Default: a.cfg.DefaultModel})
	if err != nil {
		return err
	}
	a.catalog = cat
	a.feed = feed.New(a.store, a.bus, a.log)
	a.store.OnCommit(a.feed.Publish)
	sandbox := sandboxai.New(sandboxai.Cadence(a.cfg.SandboxPace))
	router := ai.NewRouter(map[string]ai.TextStreamer{
		sandboxai.Name: ai.Retrying(sandbox, ai.RetryPolicy{OnRetry: a.retried}),
	})
	a.chats = chat.New(a.store, a.feed, a.bus, cat, router, a.meter, a.log, chat.Config{
		MaxTextChars: a.cfg.MaxTextChars, Lease: a.cfg.Lease, StopWait: a.cfg.StopWait,
	})
	a.folders = folder.New(a.store, a.chats.StopRunning)
	usable := func(id string) error {
		_, err := cat.Usable(id)
		return err
	}
	a.accounts, err = account.New(a.store, devauth.New(), usable, a.log, account.Config{JWTSecret: secret, AccessTTL: a.cfg.AccessTTL})
	if err != nil {
		return err
	}
	a.meter.WatchQueues(a.store.QueueDepths)
	a.meter.WatchFailedPublishes(a.feed.FailedPublishes)
	if !a.part.Works {
		return nil
	}
	a.runner, err = a.store.NewRunner(store.RunnerConfig{
		Workers: worker.New(a.chats, a.Maintain), NodeID: a.cfg.NodeID, Logger: quieter(a.log),
		Queues:   map[string]int{chat.QueueReply: a.cfg.ReplyWorkers, worker.QueueMaintenance: 1},
		Periodic: worker.Periodic(maintenanceEvery),
	})
	return err
}

func (a *App) retried(ctx context.Context, err *ai.Error, wait time.Duration) {
	a.log.InfoContext(ctx, "a provider's call is repeated", "provider", err.Provider, "kind", string(err.Kind), "wait", wait)
}

// Maintain removes what has had its time: keys, events, tokens, and what was deleted for good.
func (a *App) Maintain(ctx context.Context) error {
	now := store.Now()
	var faults []error
	for name, purge := range map[string]func(context.Context, time.Time) (int, error){
		"idempotency keys": a.store.PurgeKeys,
		"events":           a.feed.Purge,
		"sessions":         a.accounts.Purge,
		"chats":            a.chats.Purge,
		"folders":          a.folders.Purge,
	} {
		n, err := purge(ctx, now)
		if err != nil {
			faults = append(faults, err)
		} else if n > 0 {
			a.log.InfoContext(ctx, "cleaned up", "what", name, "count", n)
		}
	}
	return errors.Join(faults...)
}

// Handler returns the process's routes.
func (a *App) Handler() http.Handler {
	a.socket = a.newSocket()
	gql := graph.NewHandler(graph.Options{
		Services: graph.Services{Accounts: a.accounts, Folders: a.folders, Chats: a.chats, Feed: a.feed, Catalog: a.catalog},
		Info:     a.info(), Limits: guard.DefaultLimits(), Observer: a.meter, Log: a.log, Socket: a.socket,
	})
	return server.Handler(server.Options{
		GraphQL: gql, Playground: playground.Handler(), Metrics: a.meter.Handler(), Health: a.health(),
		Authenticate: a.accounts.Authenticate, Origins: a.cfg.Origins, Hosts: a.hosts(),
		Counted: a.meter.RequestEnded, Log: a.log,
	})
}

// hosts are the names a server on loopback answers to.
func (a *App) hosts() []string {
	if !loopback(a.cfg.ListenAddr) {
		return nil
	}
	return []string{"localhost", "127.0.0.1", "::1"}
}

func (a *App) info() graph.Info {
	return graph.Info{
		Version:       Version,
		SignInMethods: []graph.SignInMethod{graph.SignInMethodDev},
		Limits: graph.ServerLimits{
			MaxTextChars: a.cfg.MaxTextChars, MaxInstructionChars: chat.MaxInstructionChars, MaxOutputTokens: a.cfg.MaxOutputTokens,
			MaxRunningReplies: chat.DefaultRunningReplies, MaxRequestBytes: ws.DefaultMaxMessageBytes, MaxOperationCost: guard.DefaultLimits().Cost,
		},
	}
}

func (a *App) health() *server.Health {
	kind := map[bool]string{true: "embedded", false: "external"}
	parts := []server.Part{
		{Name: "database", Kind: map[bool]string{true: "sqlite", false: "postgres"}[a.cfg.sqlite()], Check: a.store.Ping},
		{Name: "redis", Kind: kind[a.cfg.RedisURL == ""], Check: a.bus.Ping},
	}
	if a.part.Works {
		parts = append(parts, server.Part{Name: "workers", Kind: "in process", Check: func(context.Context) error { return nil }})
	}
	return &server.Health{Version: Version, Parts: parts}
}

// Listen opens the port of a configuration, so that its address is known before the App runs.
func Listen(ctx context.Context, cfg Config) (net.Listener, error) {
	return server.Listen(ctx, cfg.ListenAddr)
}

// Run does the process's work until ctx ends, then lets go of it: sockets are sent elsewhere, jobs
// that run may finish within the shutdown time, replies that do not are handed back or kept as they stand.
func (a *App) Run(ctx context.Context, listener net.Listener) error {
	background, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	go a.feed.Run(background)
	if a.runner != nil {
		go worker.Sweeper(background, a.chats.Sweep, a.log)
		if err := a.runner.Start(background); err != nil {
			return err
		}
	}
	err := a.serve(ctx, listener)
	return errors.Join(err, a.stopWork(ctx))
}

func (a *App) serve(ctx context.Context, listener net.Listener) error {
	if listener == nil {
		<-ctx.Done()
		return nil
	}
	handler := a.Handler()
	return server.Serve(ctx, listener, handler, a.cfg.ShutdownTimeout, a.shutSockets)
}

// shutSockets sends the sockets elsewhere.
func (a *App) shutSockets(ctx context.Context) {
	if err := a.socket.Shutdown(ctx); err != nil {
		a.log.WarnContext(ctx, "sockets were cut", "error", err)
	}
}

func (a *App) stopWork(ctx context.Context) error {
	if a.runner == nil {
		return nil
	}
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), a.cfg.ShutdownTimeout)
	defer cancel()
	if err := a.runner.Stop(end); err == nil {
		return nil
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), a.cfg.ShutdownTimeout)
	defer cancel()
	return a.runner.StopAndCancel(last)
}

// Close closes the parts.
func (a *App) Close() error {
	var faults []error
	if a.bus != nil {
		faults = append(faults, a.bus.Close())
	}
	if a.store != nil {
		faults = append(faults, a.store.Close())
	}
	return errors.Join(faults...)
}

// jwtSecret is the configured secret, or in the embedded mode one of the data folder's own.
func (a *App) jwtSecret() ([]byte, error) {
	if len(a.cfg.JWTSecret) > 0 || !a.cfg.sqlite() {
		return a.cfg.JWTSecret, nil
	}
	path := filepath.Join(a.cfg.DataDir, "jwt.key")
	raw, err := os.ReadFile(path)
	if err == nil {
		return []byte(strings.TrimSpace(string(raw))), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("the signing key cannot be read: %w", err)
	}
	fresh := make([]byte, minSecretBytes)
	rand.Read(fresh)
	secret := hex.EncodeToString(fresh)
	if err := os.MkdirAll(a.cfg.DataDir, 0o700); err != nil {
		return nil, fmt.Errorf("the data folder cannot be made: %w", err)
	}
	if err := os.WriteFile(path, []byte(secret+"\n"), 0o600); err != nil {
		return nil, fmt.Errorf("the signing key cannot be kept: %w", err)
	}
	return []byte(secret), nil
}
