package app

import (
	"context"
	"errors"
	"maps"
	"time"

	"github.com/weav-ai/weav/internal/account"
	"github.com/weav-ai/weav/internal/admin"
	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/apikey"
	"github.com/weav-ai/weav/internal/billing"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/chat"
	"github.com/weav-ai/weav/internal/erasure"
	"github.com/weav-ai/weav/internal/export"
	"github.com/weav-ai/weav/internal/feed"
	"github.com/weav-ai/weav/internal/file"
	"github.com/weav-ai/weav/internal/folder"
	"github.com/weav-ai/weav/internal/job"
	"github.com/weav-ai/weav/internal/modelcheck"
	"github.com/weav-ai/weav/internal/planner"
	"github.com/weav-ai/weav/internal/server"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/store/queueui"
	"github.com/weav-ai/weav/internal/usage"
	"github.com/weav-ai/weav/internal/worker"
)

const (
	// maintenanceEvery is how often what has had its time is cleaned up.
	maintenanceEvery = time.Hour
	// controlWorkers is how many short calls to providers run at once.
	controlWorkers = 4
	// exportWorkers is how many exports are made at once: each may take EXPORT_MAX_GB of the temporary folder.
	exportWorkers = 2
)

// wire makes the domain of the parts.
func (a *App) wire(secret []byte) error {
	if err := a.loadCatalog(); err != nil {
		return err
	}
	if err := a.loadMemberships(); err != nil {
		return err
	}
	a.feed = feed.New(a.store, a.bus, a.log)
	a.store.OnCommit(a.feed.Publish)
	a.files = file.New(a.store, a.bucket, a.log, a.meter, file.Config{PublicURL: a.cfg.publicURL(), Generator: "WEAV " + Version})
	if err := a.loadOwnKeys(); err != nil {
		return err
	}
	a.wireWork()
	if err := a.wireBilling(secret); err != nil {
		return err
	}
	usable := func(id string) error {
		_, err := a.catalog.Usable(catalog.Text, id)
		return err
	}
	var err error
	a.accounts, err = account.New(a.store, a.verifier, usable, a.log, account.Config{JWTSecret: secret, AccessTTL: a.cfg.AccessTTL})
	if err != nil {
		return err
	}
	a.admins = admin.New(admin.Parts{
		Store: a.store, Accounts: a.accounts, APIKeys: a.apiKeys, Jobs: a.jobs, Billing: a.billing, RoleOf: a.roleOf,
	})
	a.erasure = erasure.New(erasure.Parts{
		Store: a.store, Accounts: a.accounts, APIKeys: a.apiKeys, Chats: a.chats, Folders: a.folders, Jobs: a.jobs, Billing: a.billing, Log: a.log,
		DeleteIdentity: a.deleteIdentity(),
	})
	if len(a.cfg.AdminEmails) > 0 && a.part.Serves {
		if a.queueUI, err = queueui.New(a.store, "/admin/jobs", quieter(a.log)); err != nil {
			return err
		}
	}
	a.meter.WatchQueues(a.store.QueueDepths)
	a.meter.WatchFailedPublishes(a.feed.FailedPublishes)
	a.meter.WatchModelWarnings(a.modelWarnings)
	if !a.part.Works {
		return nil
	}
	a.runner, err = a.newRunner()
	return err
}

// wireWork makes what asks providers: chats, whose calls are repeated within a reply, and jobs, which count
// their attempts themselves.
func (a *App) wireWork() {
	a.ledger = usage.NewLedger(usage.Parts{Store: a.store, Catalog: a.catalog, Plans: a.memberships, ProviderKeys: a.ownKeys, Zone: a.cfg.QuotaZone.Location()})
	a.apiKeys = apikey.New(a.store, a.catalog, a.ledger, nil)
	repeated, once := ai.RetryPolicy{OnRetry: a.retried}, ai.RetryPolicy{Max: -1}
	a.chats = chat.New(chat.Parts{
		Store: a.store, Feed: a.feed, Bus: a.bus, Catalog: a.catalog, Files: a.files, Ledger: a.ledger, Meter: a.meter, Log: a.log, Process: a.process,
		Router: ai.NewRouter(ai.Providers{Text: a.texts(repeated)}).WithProviderKeys(a.ownKeys.Routers(repeated)),
	}, chat.Config{MaxTextChars: a.cfg.MaxTextChars, Lease: a.cfg.Lease, StopWait: a.cfg.StopWait})
	a.folders = folder.New(a.store, a.chats.StopRunning)
	router := ai.NewRouter(ai.Providers{Text: a.texts(once), Image: a.images(), Video: a.videos()}).
		WithProviderKeys(a.ownKeys.Routers(once))
	plans := planner.Parts{Store: a.store, Catalog: a.catalog, Router: router, Folders: a.folders, Chats: a.chats, Memberships: a.memberships, Log: a.log}
	composers := planner.NewComposer(plans).Kinds()
	maps.Copy(composers, export.NewComposer(export.Parts{Store: a.store, Files: a.files}, export.Config{MaxBytes: int64(a.cfg.ExportMaxGB) << 30}).Kinds())
	a.jobs = job.New(job.Parts{
		Store: a.store, Feed: a.feed, Bus: a.bus, Catalog: a.catalog, Files: a.files, Chats: a.chats, Ledger: a.ledger, Meter: a.meter, Log: a.log, Process: a.process,
		Router: router, Composers: composers,
	}, job.Config{Lease: a.cfg.Lease, CancelWait: a.cfg.StopWait, Retention: a.cfg.JobRetention})
	a.chats.OnPurge(a.jobs.ForgetChats)
	a.plans = planner.New(plans, a.jobs)
	a.exports = export.New(a.store, a.jobs)
	a.models = modelcheck.New(a.store, a.catalog, a.listers, a.log)
}

func (a *App) newRunner() (store.Runner, error) {
	return a.store.NewRunner(store.RunnerConfig{
		Workers: worker.New(worker.Work{
			Chats: a.chats, Jobs: a.jobs, Payments: a.billing, Maintain: a.Maintain, Clean: a.Clean, Erase: a.Erase, CheckModels: a.models.Check,
		}),
		NodeID: a.cfg.NodeID, Logger: quieter(a.log),
		Queues: map[string]int{
			chat.QueueReply: a.cfg.ReplyWorkers, job.QueueText: a.cfg.TextWorkers, job.QueueImage: a.cfg.ImageWorkers,
			job.QueueVideo: a.cfg.VideoWorkers, job.QueueExport: exportWorkers, job.QueueControl: controlWorkers, billing.Queue: paymentWorkers, worker.QueueRecovery: recoveryWorkers,
			worker.QueueMaintenance: 1, worker.QueueErasure: 1,
		},
		Periodic: worker.Periodic(maintenanceEvery, a.cfg.JobCleanup.daily(), worker.Daily{Hour: modelCheckHour, Zone: a.cfg.JobCleanup.Zone.Location()}),
	})
}

func (a *App) retried(ctx context.Context, err *ai.Error, wait time.Duration) {
	a.log.InfoContext(ctx, "a provider's call is repeated", "provider", err.Provider, "kind", string(err.Kind), "wait", wait)
}

// Maintain removes what has had its time: keys, events, tokens, and what was deleted for good.
func (a *App) Maintain(ctx context.Context) error {
	return a.purge(ctx, map[string]func(context.Context, time.Time) (int, error){
		"idempotency keys": a.store.PurgeKeys,
		"events":           a.feed.Purge,
		"sessions":         a.accounts.Purge,
		"payment notices":  a.billing.PurgeNotices,
		"chats":            a.chats.Purge,
		"folders":          a.folders.Purge,
		"own keys":         a.ownKeys.Rotate,
	})
}

// Erase removes the accounts whose people had it deleted, and whose time to change their mind is over.
func (a *App) Erase(ctx context.Context) error {
	return a.purge(ctx, map[string]func(context.Context, time.Time) (int, error){"accounts": a.erasure.Purge})
}

// Clean removes old jobs with their files, and sets the object store and its rows right.
func (a *App) Clean(ctx context.Context) error {
	return a.purge(ctx, map[string]func(context.Context, time.Time) (int, error){
		"jobs":            a.jobs.Purge,
		"stray file ends": a.files.Reconcile,
	})
}

func (a *App) purge(ctx context.Context, purges map[string]func(context.Context, time.Time) (int, error)) error {
	now := store.Now()
	var faults []error
	for name, purge := range purges {
		n, err := purge(ctx, now)
		if err != nil {
			faults = append(faults, err)
		} else if n > 0 {
			a.log.InfoContext(ctx, "cleaned up", "what", name, "count", n)
		}
	}
	return errors.Join(faults...)
}

// admin are the pages of operators; none without any.
func (a *App) admin() server.Admin {
	if a.queueUI == nil {
		return server.Admin{}
	}
	return server.Admin{Jobs: a.queueUI, Authenticate: a.accounts.Authenticate, IsAdmin: a.administrates, Note: a.admins.RecordQueueChange}
}
