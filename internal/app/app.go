package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"

	"github.com/weav-ai/weav/graph"
	"github.com/weav-ai/weav/graph/guard"
	"github.com/weav-ai/weav/graph/playground"
	"github.com/weav-ai/weav/graph/ws"
	"github.com/weav-ai/weav/internal/account"
	"github.com/weav-ai/weav/internal/admin"
	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/apikey"
	"github.com/weav-ai/weav/internal/auth"
	"github.com/weav-ai/weav/internal/auth/firebaseauth"
	"github.com/weav-ai/weav/internal/billing"
	"github.com/weav-ai/weav/internal/blob"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/chat"
	"github.com/weav-ai/weav/internal/erasure"
	"github.com/weav-ai/weav/internal/export"
	"github.com/weav-ai/weav/internal/feed"
	"github.com/weav-ai/weav/internal/file"
	"github.com/weav-ai/weav/internal/folder"
	"github.com/weav-ai/weav/internal/job"
	"github.com/weav-ai/weav/internal/live"
	"github.com/weav-ai/weav/internal/locale"
	"github.com/weav-ai/weav/internal/membership"
	"github.com/weav-ai/weav/internal/metrics"
	"github.com/weav-ai/weav/internal/modelcheck"
	"github.com/weav-ai/weav/internal/pay"
	"github.com/weav-ai/weav/internal/planner"
	"github.com/weav-ai/weav/internal/providerkey"
	"github.com/weav-ai/weav/internal/run"
	"github.com/weav-ai/weav/internal/server"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/store/queueui"
	"github.com/weav-ai/weav/internal/usage"
)

// Version is the release; the build may set it.
var Version = "0.1.0-dev"

// App is a process's parts, opened and wired, not yet running.
type App struct {
	cfg     Config
	part    Part
	log     *slog.Logger
	process *run.Process
	store   *store.Store
	bus     live.Bus
	// verifier proves identities; closeAuth closes it.
	verifier  auth.Verifier
	closeAuth func() error
	// firebaseUsers is nil without a service account of Firebase.
	firebaseUsers *firebaseauth.Accounts
	feed          *feed.Feed
	meter         *metrics.Metrics
	socket        *ws.Transport
	rates         *rates
	// connections bounds what an address holds open before it has signed in.
	connections *server.Connections

	bucket  blob.Bucket
	blobs   http.Handler // answers for files kept in a folder; nil for a store that answers itself
	journal *journal
	queueUI *queueui.Page // nil without operators

	accounts *account.Service
	folders  *folder.Service
	files    *file.Service
	chats    *chat.Service
	jobs     *job.Service
	plans    *planner.Service
	exports  *export.Service
	ownKeys  *providerkey.Service
	models   *modelcheck.Service
	catalog  *catalog.Catalog

	memberships *membership.Plans
	ledger      *usage.Ledger
	apiKeys     *apikey.Service
	admins      *admin.Service
	erasure     *erasure.Service
	billing     *billing.Service
	gateways    []pay.Gateway // the first takes new orders
	payPages    http.Handler  // of the sandbox's payments; nil for a gateway with its own
	runner      store.Runner

	providers ai.Providers // behind their breakers, without repetitions
	listers   map[string]ai.ModelLister
	breakers  map[string]*ai.Breaker
}

// Open checks the settings, opens the parts and wires them. The caller closes the App.
func Open(ctx context.Context, cfg Config, part Part, log *slog.Logger) (*App, error) {
	if err := cfg.Check(part); err != nil {
		return nil, err
	}
	cfg.NodeID = cmp.Or(cfg.NodeID, nodeID(cfg.ListenAddr, part))
	for _, doubt := range cfg.doubts() {
		log.WarnContext(ctx, "a setting is unsafe", "setting", doubt.Item, "why", doubt.Note)
	}
	a := &App{cfg: cfg, part: part, log: log, process: run.NewProcess(cfg.NodeID), meter: metrics.New()}
	a.connections = server.NewConnections(cfg.HTTP.Connections, cfg.TrustedProxies, a.connectionRefused())
	if err := a.open(ctx); err != nil {
		return nil, errors.Join(err, a.Close())
	}
	return a, nil
}

func (a *App) open(ctx context.Context) error {
	if _, err := locale.Own(); err != nil {
		return err
	}
	if err := a.openStore(ctx); err != nil {
		return err
	}
	bus, err := openBus(ctx, a.cfg.RedisURL, a.log)
	if err != nil {
		return err
	}
	a.bus = bus
	if a.rates, err = openRates(a.cfg, a.meter, a.log); err != nil {
		return err
	}
	secret, err := a.jwtSecret()
	if err != nil {
		return err
	}
	if a.bucket, a.blobs, err = openFiles(a.cfg, secret); err != nil {
		return err
	}
	if err := a.openAuth(ctx); err != nil {
		return err
	}
	if a.journal, err = openJournal(a.cfg.SandboxJournal); err != nil {
		return err
	}
	if err := a.openProviders(ctx, dial); err != nil {
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
		err = st.Migrate(ctx)
	} else if err = st.Migrated(ctx); err != nil {
		err = fmt.Errorf("%w: run `weav migrate`, or set AUTO_MIGRATE=true", err)
	}
	if err != nil {
		return err
	}
	return a.checkDrift(ctx)
}

// checkDrift refuses a database without a table or a column that the program uses, and warns of one
// without an index or a trigger, on which it works.
func (a *App) checkDrift(ctx context.Context) error {
	err := a.store.CheckDrift(ctx)
	var drift *store.DriftError
	if errors.As(err, &drift) && !drift.Breaks {
		a.log.Warn("the database differs from what its migrations make", "mendedBy", drift.Statements)
		return nil
	}
	return err
}

// Handler returns the process's routes.
func (a *App) Handler() http.Handler {
	a.socket = a.newSocket()
	gql := graph.NewHandler(graph.Options{
		Services: graph.Services{Accounts: a.accounts, APIKeys: a.apiKeys, Folders: a.folders, Chats: a.chats, Files: a.files, Exports: a.exports, OwnKeys: a.ownKeys, Jobs: a.jobs, Plans: a.plans, Feed: a.feed,
			Catalog: a.catalog, Models: a.models,
			Memberships: a.memberships, Ledger: a.ledger, Administration: a.admins, Billing: a.billing, Role: a.role},
		Info: a.info(), Limits: a.limits(), Rates: a.rates.guard(), Observer: a.meter, Log: a.log, Socket: a.socket,
	})
	return server.Handler(server.Options{
		GraphQL: gql, Playground: a.playground(), Metrics: a.meter.Handler(), Health: a.health(),
		Blobs: a.blobs, Files: server.Files{Own: a.files.OwnTarget, Shared: a.files.SharedTarget, Limit: a.rates.request}, Admin: a.admin(), Payments: a.payments(),
		Authenticate: a.authenticate, Language: a.language, Origins: a.cfg.origins(), Hosts: a.cfg.hosts(), App: a.cfg.frontend(), TrustedProxies: a.cfg.TrustedProxies,
		Bodies: server.BodyTimeouts(a.cfg.HTTP.Bodies), Connections: a.connections,
		OnRequest: a.meter.RequestEnded, Log: a.log,
	})
}

// limits are the bounds of one operation.
func (a *App) limits() guard.Limits {
	limits := guard.DefaultLimits()
	limits.HideSchema = !a.cfg.Introspection
	return limits
}

// playground is the page for exploring the API; nil for none.
func (a *App) playground() http.Handler {
	switch {
	case !a.cfg.Playground:
		return nil
	case !a.cfg.Introspection:
		return playground.Handler("Introspection is switched off on this server (INTROSPECTION=false): the editor knows no schema, so it neither completes nor explains. Operations run all the same.")
	default:
		return playground.Handler("")
	}
}

func (a *App) info() graph.Info {
	return graph.Info{
		Version:       Version,
		SignInMethods: a.cfg.signInMethods(),
		QuotaTimeZone: a.cfg.QuotaZone.Location().String(),
		Limits: graph.ServerLimits{
			MaxTextChars: a.cfg.MaxTextChars, MaxInstructionChars: chat.MaxInstructionChars, MaxOutputTokens: a.cfg.MaxOutputTokens,
			MaxUnfinishedJobs: job.DefaultMaxUnfinished, MaxWaitingJobs: job.DefaultMaxWaiting,
			MaxUploadBytes: file.DefaultMaxUploadBytes, UploadTypes: file.UploadTypes(), MaxImagePixels: file.DefaultMaxPixels,
			MaxRunningReplies: chat.DefaultRunningReplies, MaxRequestBytes: ws.DefaultMaxMessageBytes, MaxOperationCost: guard.DefaultLimits().Cost,
		},
	}
}

func (a *App) health() *server.Health {
	kind := map[bool]string{true: "embedded", false: "external"}
	parts := []server.Part{
		{Name: "database", Kind: map[bool]string{true: "sqlite", false: "postgres"}[a.cfg.sqlite()], Check: a.store.Ping},
		{Name: "redis", Kind: kind[a.cfg.RedisURL == ""], IsOptional: true, Check: a.bus.Ping},
		{Name: "storage", Kind: map[bool]string{true: "files", false: "s3"}[a.blobs != nil], Check: a.bucket.Ping},
	}
	if a.part.Works {
		parts = append(parts, server.Part{Name: "workers", Kind: "in process", Check: func(context.Context) error { return nil }})
	}
	return &server.Health{Version: Version, Parts: parts, Providers: a.providerStates}
}

// Listen checks the settings and opens their port, before the App is opened: the settings it returns know
// the address, which is part of links.
func Listen(ctx context.Context, cfg Config, part Part) (net.Listener, Config, error) {
	if err := cfg.Check(part); err != nil {
		return nil, cfg, err
	}
	l, err := server.Listen(ctx, cfg.ListenAddr)
	if err != nil {
		return nil, cfg, err
	}
	if cfg.PublicURL == "" {
		cfg.PublicURL = "http://" + l.Addr().String()
	}
	return l, cfg, nil
}

// Run does the process's work until ctx ends, then lets go of it: it claims no more work at once, sockets are sent
// elsewhere, and meanwhile what runs may finish within the shutdown time. Replies that do not are handed back or kept as
// they stand.
func (a *App) Run(ctx context.Context, listener net.Listener) error {
	background, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	for _, run := range []func(context.Context){a.feed.Run, a.chats.Run, a.jobs.Run} {
		go run(background)
	}
	go a.watchCatalog(background)
	if a.queueUI != nil {
		if err := a.queueUI.Start(background); err != nil {
			return err
		}
	}
	if err := a.startWork(background); err != nil {
		return err
	}
	leaving, leave := context.WithCancel(ctx)
	defer leave()
	stopped := make(chan error, 1)
	go func() {
		<-leaving.Done()
		stopped <- a.stopWork(background)
	}()
	err := a.serve(ctx, listener)
	leave()
	return errors.Join(err, <-stopped)
}

func (a *App) serve(ctx context.Context, listener net.Listener) error {
	if listener == nil {
		<-ctx.Done()
		return nil
	}
	handler := a.Handler()
	return server.Serve(ctx, a.connections.Listen(listener), handler, a.cfg.ShutdownTimeout, a.shutSockets)
}

// shutSockets sends the sockets elsewhere.
func (a *App) shutSockets(ctx context.Context) {
	if err := a.socket.Shutdown(ctx); err != nil {
		a.log.WarnContext(ctx, "sockets were cut", "error", err)
	}
}

// Close closes the parts.
func (a *App) Close() error {
	var faults []error
	if a.bus != nil {
		faults = append(faults, a.bus.Close())
	}
	if a.rates != nil {
		faults = append(faults, a.rates.close())
	}
	if a.bucket != nil {
		faults = append(faults, a.bucket.Close())
	}
	if a.queueUI != nil {
		a.queueUI.Close()
	}
	if a.closeAuth != nil {
		faults = append(faults, a.closeAuth())
	}
	faults = append(faults, a.journal.Close())
	if a.store != nil {
		faults = append(faults, a.store.Close())
	}
	return errors.Join(faults...)
}
