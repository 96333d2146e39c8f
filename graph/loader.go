package graph

import (
	"context"
	"time"

	"github.com/vikstrous/dataloadgen"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/internal/auth"
	"github.com/weav-ai/weav/internal/billing"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/feed"
	"github.com/weav-ai/weav/internal/file"
	"github.com/weav-ai/weav/internal/job"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/planner"
)

// loaders batch the reads of one response: each kind of object is read with one statement, however many fields ask for it.
// They live for one response, so an object is never older than the event that names it.
type loaders struct {
	viewer   oid.User
	head     *feed.Cursor // the feed's head, read before anything else; nil when no field asked for it
	headErr  error        // why head could not be read
	chats    *dataloadgen.Loader[oid.Chat, *ent.Chat]
	folders  *dataloadgen.Loader[oid.Folder, *ent.Folder]
	messages *dataloadgen.Loader[oid.Message, *ent.Message]
	prompts  *dataloadgen.Loader[oid.Prompt, *ent.Prompt]
	users    *dataloadgen.Loader[oid.User, *ent.User]
	siblings *dataloadgen.Loader[*ent.Message, []*ent.Message]

	jobs      *dataloadgen.Loader[oid.Job, *ent.Job]
	steps     *dataloadgen.Loader[oid.Job, []*ent.JobStep]
	positions *dataloadgen.Loader[*ent.Job, *int]

	fileLoaders
	planLoaders
	usageLoaders
	paymentLoaders
}

type loadersKey struct{}

// newLoaders returns the loaders of a response to viewer.
func newLoaders(s Services, viewer oid.User) *loaders {
	return &loaders{
		viewer:   viewer,
		chats:    byID(viewer, s.Chats.Chats, func(c *ent.Chat) oid.Chat { return c.ID }),
		folders:  byID(viewer, s.Folders.ByID, func(f *ent.Folder) oid.Folder { return f.ID }),
		messages: byID(viewer, s.Chats.Messages, func(m *ent.Message) oid.Message { return m.ID }),
		prompts:  byID(viewer, s.Accounts.PromptsByID, func(p *ent.Prompt) oid.Prompt { return p.ID }),
		users: byID(viewer, func(ctx context.Context, _ oid.User, ids []oid.User) ([]*ent.User, error) {
			return s.Accounts.Users(ctx, ids)
		}, func(u *ent.User) oid.User { return u.ID }),
		siblings: newLoader(func(ctx context.Context, msgs []*ent.Message) ([][]*ent.Message, []error) {
			rows, err := s.Chats.Siblings(ctx, msgs)
			return rows, all(err, len(msgs))
		}),
		jobs:      byID(viewer, s.Jobs.ByIDs, func(j *ent.Job) oid.Job { return j.ID }),
		steps:     grouped(s.Jobs.Steps),
		positions: positions(s.Jobs),

		fileLoaders: newFileLoaders(s.Files, viewer),
		planLoaders: newPlanLoaders(s.Plans, viewer),

		usageLoaders:   newUsageLoaders(s, viewer),
		paymentLoaders: newPaymentLoaders(s.Billing, viewer),
	}
}

// gather is how long a loader waits for more keys. Lists resolve their entries concurrently within microseconds; a later key
// takes another statement. Each response and each event waits for it once per level of nesting, so it is short.
const gather = 500 * time.Microsecond

// newLoader returns a loader that reads the keys of one batch with one call.
func newLoader[K comparable, V any](read func(context.Context, []K) ([]V, []error)) *dataloadgen.Loader[K, V] {
	return dataloadgen.NewLoader(read, dataloadgen.WithWait(gather))
}

// positions returns a loader of jobs' places in the queue.
func positions(jobs *job.Service) *dataloadgen.Loader[*ent.Job, *int] {
	return newLoader(func(ctx context.Context, asked []*ent.Job) ([]*int, []error) {
		places, err := jobs.Positions(ctx, asked)
		out := make([]*int, len(asked))
		for i, j := range asked {
			if n, ok := places[j.ID]; ok {
				out[i] = &n
			}
		}
		return out, all(err, len(asked))
	})
}

// grouped returns a loader of the lists that belong to a key; an empty list for a key without one.
func grouped[K comparable, V any](read func(context.Context, []K) (map[K][]V, error)) *dataloadgen.Loader[K, []V] {
	return newLoader(func(ctx context.Context, keys []K) ([][]V, []error) {
		rows, err := read(ctx, keys)
		out := make([][]V, len(keys))
		for i, k := range keys {
			out[i] = append([]V{}, rows[k]...)
		}
		return out, all(err, len(keys))
	})
}

// byID returns a loader of the viewer's objects. Those of other users and deleted ones load as nil.
func byID[K comparable, V any](viewer oid.User, read func(context.Context, oid.User, []K) ([]*V, error), id func(*V) K) *dataloadgen.Loader[K, *V] {
	return newLoader(func(ctx context.Context, keys []K) ([]*V, []error) {
		rows, err := read(ctx, viewer, keys)
		if err != nil {
			return nil, all(err, len(keys))
		}
		found := make(map[K]*V, len(rows))
		for _, row := range rows {
			found[id(row)] = row
		}
		out := make([]*V, len(keys))
		for i, k := range keys {
			out[i] = found[k]
		}
		return out, nil
	})
}

// all returns err for each of n keys; nil for no error.
func all(err error, n int) []error {
	if err == nil {
		return nil
	}
	out := make([]error, n)
	for i := range out {
		out[i] = err
	}
	return out
}

// withLoaders gives a response its loaders, and the feed's head when the operation asks for it. A
// head that cannot be read fails only the fields that return it.
func withLoaders(ctx context.Context, s Services, wantsHead bool) context.Context {
	p, ok := auth.From(ctx)
	if !ok {
		return context.WithValue(ctx, loadersKey{}, newLoaders(s, oid.User{}))
	}
	l := newLoaders(s, p.User)
	if wantsHead {
		l.readHead(ctx, s)
	}
	return context.WithValue(ctx, loadersKey{}, l)
}

func (l *loaders) readHead(ctx context.Context, s Services) {
	head, err := s.Feed.Head(ctx, l.viewer)
	l.head, l.headErr = &head, err
}

// become makes viewer, who has just signed in, the reader of the rest of the response.
func (l *loaders) become(ctx context.Context, s Services, viewer oid.User) {
	*l = *newLoaders(s, viewer)
	l.readHead(ctx, s)
}

func loadersOf(ctx context.Context) *loaders {
	l, ok := ctx.Value(loadersKey{}).(*loaders)
	if !ok {
		panic("graph: a resolver ran outside of a response")
	}
	return l
}

func loadChat(ctx context.Context, id oid.Chat) (*ent.Chat, error) {
	return loadersOf(ctx).chats.Load(ctx, id)
}

func loadFolder(ctx context.Context, id oid.Folder) (*ent.Folder, error) {
	return loadersOf(ctx).folders.Load(ctx, id)
}

func loadMessage(ctx context.Context, id oid.Message) (*ent.Message, error) {
	return loadersOf(ctx).messages.Load(ctx, id)
}

func loadJob(ctx context.Context, id oid.Job) (*ent.Job, error) {
	return loadersOf(ctx).jobs.Load(ctx, id)
}

func loadPrompt(ctx context.Context, id oid.Prompt) (*ent.Prompt, error) {
	return loadersOf(ctx).prompts.Load(ctx, id)
}

// loadUser reads any user, for the administration; nil for no id and for an erased account.
func loadUser(ctx context.Context, id *oid.User) (*ent.User, error) {
	if id == nil {
		return nil, nil
	}
	return loadersOf(ctx).users.Load(ctx, *id)
}

func loadViewer(ctx context.Context) (*ent.User, error) {
	l := loadersOf(ctx)
	return l.users.Load(ctx, l.viewer)
}

// eventCursor is the feed's head as it was before the operation read anything.
func eventCursor(ctx context.Context) (string, error) {
	l := loadersOf(ctx)
	if l.headErr != nil {
		return "", l.headErr
	}
	if l.head == nil {
		return "", errs.New(errs.Unauthenticated, "Sign in to follow events.")
	}
	return l.head.String(), nil
}

// fileLoaders gather the reads of files in one response.
type fileLoaders struct {
	artifacts   *dataloadgen.Loader[oid.Artifact, *ent.Artifact]
	files       *dataloadgen.Loader[oid.File, *ent.File]
	shareLinks  *dataloadgen.Loader[oid.Share, *ent.ShareLink]
	artifactsOf *dataloadgen.Loader[oid.Job, []*ent.Artifact]
	links       *dataloadgen.Loader[oid.Artifact, []*ent.ShareLink]
	attachments *dataloadgen.Loader[oid.Message, []file.Attached]
	lost        *dataloadgen.Loader[string, bool]
	addresses   *addresses
}

func newFileLoaders(files *file.Service, viewer oid.User) fileLoaders {
	return fileLoaders{
		artifacts:   byID(viewer, files.ArtifactsByID, func(a *ent.Artifact) oid.Artifact { return a.ID }),
		files:       byID(viewer, files.FilesByID, func(f *ent.File) oid.File { return f.ID }),
		shareLinks:  byID(viewer, files.LinksByID, func(l *ent.ShareLink) oid.Share { return l.ID }),
		artifactsOf: grouped(files.OfJobs),
		links:       grouped(files.Links),
		attachments: grouped(files.Attachments),
		lost: newLoader(func(ctx context.Context, keys []string) ([]bool, []error) {
			missing, err := files.Missing(ctx, keys)
			out := make([]bool, len(keys))
			for i, k := range keys {
				out[i] = missing[k]
			}
			return out, all(err, len(keys))
		}),
		addresses: &addresses{signed: map[string]*file.Address{}},
	}
}

func loadArtifact(ctx context.Context, id oid.Artifact) (*ent.Artifact, error) {
	return loadersOf(ctx).artifacts.Load(ctx, id)
}

func loadFile(ctx context.Context, id oid.File) (*ent.File, error) {
	return loadersOf(ctx).files.Load(ctx, id)
}

func loadShareLink(ctx context.Context, id oid.Share) (*ent.ShareLink, error) {
	return loadersOf(ctx).shareLinks.Load(ctx, id)
}

// planLoaders gather the reads of plans.
type planLoaders struct {
	plans     *dataloadgen.Loader[oid.Plan, *ent.Plan]
	planSteps *dataloadgen.Loader[oid.PlanStep, *ent.PlanStep]
	stepsOf   *dataloadgen.Loader[oid.Plan, []*ent.PlanStep]
	planOf    *dataloadgen.Loader[oid.Folder, *ent.Plan]
	stepOf    *dataloadgen.Loader[oid.Chat, *ent.PlanStep]
	progress  *dataloadgen.Loader[*ent.PlanStep, planner.StepStatus]
}

func newPlanLoaders(plans *planner.Service, viewer oid.User) planLoaders {
	return planLoaders{
		plans:     byID(viewer, plans.ByIDs, func(p *ent.Plan) oid.Plan { return p.ID }),
		planSteps: byID(viewer, plans.StepsByID, func(st *ent.PlanStep) oid.PlanStep { return st.ID }),
		stepsOf:   grouped(plans.Steps),
		planOf:    byID(viewer, plans.OfFolders, func(p *ent.Plan) oid.Folder { return *p.FolderID }),
		stepOf:    byID(viewer, plans.StepsOfChats, func(st *ent.PlanStep) oid.Chat { return *st.ChatID }),
		progress: newLoader(func(ctx context.Context, steps []*ent.PlanStep) ([]planner.StepStatus, []error) {
			progress, err := plans.Statuses(ctx, steps)
			out := make([]planner.StepStatus, len(steps))
			for i, st := range steps {
				out[i] = progress[st.ID]
			}
			return out, all(err, len(steps))
		}),
	}
}

// usageLoaders gather the reads of what was used.
type usageLoaders struct {
	chatCosts    *dataloadgen.Loader[oid.Chat, int64]
	folderCosts  *dataloadgen.Loader[oid.Folder, int64]
	replyUsage   *dataloadgen.Loader[oid.Message, *ent.Usage]
	jobUsage     *dataloadgen.Loader[oid.Job, *ent.Usage]
	keySpent     *dataloadgen.Loader[oid.APIKey, int64]
	apiKeys      *dataloadgen.Loader[oid.APIKey, *ent.APIKey]
	unfinished   *dataloadgen.Loader[oid.User, int]
	providerKeys *dataloadgen.Loader[oid.User, []*ent.ProviderKey]
}

func newUsageLoaders(s Services, viewer oid.User) usageLoaders {
	l, keys := s.Ledger, s.APIKeys
	return usageLoaders{
		unfinished: valueOf(s.Administration.Unfinished), keySpent: valueOf(keys.Spent), apiKeys: byID(viewer, keys.ByIDs, func(k *ent.APIKey) oid.APIKey { return k.ID }),
		providerKeys: grouped(s.OwnKeys.OfUsers),
		chatCosts:    valueOf(l.OfChats), folderCosts: valueOf(l.OfFolders), replyUsage: valueOf(l.OfMessages), jobUsage: valueOf(l.OfJobs),
	}
}

// valueOf returns a loader of the value that belongs to a key; the zero value for a key without one.
func valueOf[K comparable, V any](read func(context.Context, []K) (map[K]V, error)) *dataloadgen.Loader[K, V] {
	return newLoader(func(ctx context.Context, keys []K) ([]V, []error) {
		rows, err := read(ctx, keys)
		out := make([]V, len(keys))
		for i, k := range keys {
			out[i] = rows[k]
		}
		return out, all(err, len(keys))
	})
}

// paymentLoaders gather the reads of payments.
type paymentLoaders struct {
	payments  *dataloadgen.Loader[oid.Payment, *ent.Payment]
	timelines *dataloadgen.Loader[oid.Payment, []*ent.PaymentStep]
}

func newPaymentLoaders(payments *billing.Service, viewer oid.User) paymentLoaders {
	return paymentLoaders{
		payments:  byID(viewer, payments.ByIDs, func(p *ent.Payment) oid.Payment { return p.ID }),
		timelines: grouped(payments.Timelines),
	}
}

func loadAPIKey(ctx context.Context, id oid.APIKey) (*ent.APIKey, error) {
	return loadersOf(ctx).apiKeys.Load(ctx, id)
}

func loadPayment(ctx context.Context, id oid.Payment) (*ent.Payment, error) {
	return loadersOf(ctx).payments.Load(ctx, id)
}

func loadPlan(ctx context.Context, id oid.Plan) (*ent.Plan, error) {
	return loadersOf(ctx).plans.Load(ctx, id)
}

func loadPlanStep(ctx context.Context, id oid.PlanStep) (*ent.PlanStep, error) {
	return loadersOf(ctx).planSteps.Load(ctx, id)
}
