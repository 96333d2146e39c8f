package graph

import (
	"context"
	"time"

	"github.com/vikstrous/dataloadgen"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/internal/auth"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/feed"
	"github.com/weav-ai/weav/internal/job"
	"github.com/weav-ai/weav/internal/oid"
)

// loaders gather the reads of one response: each kind of object is read with one
// statement, however many places ask for it. They live for one response, so what an event brings
// is never older than the event.
type loaders struct {
	viewer   oid.User
	head     *feed.Cursor // the feed's head, read before anything else; nil when nobody asked
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

// gather is how long a loader waits for more keys. Lists resolve their entries side by side, within
// microseconds; what comes later takes another statement. Every answer waits for it once per level,
// and so does every event, so it is short.
const gather = 500 * time.Microsecond

// newLoader returns a loader that reads what is asked for together in one go.
func newLoader[K comparable, V any](read func(context.Context, []K) ([]V, []error)) *dataloadgen.Loader[K, V] {
	return dataloadgen.NewLoader(read, dataloadgen.WithWait(gather))
}

// positions returns a loader of jobs' places in line.
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

// grouped returns a loader of lists that belong to a key; of a key without any, an empty one.
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

// byID returns a loader of a person's objects; what is not theirs, or is gone, loads as nil.
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

// all is err for each of n keys, nil for none.
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
// head that cannot be read fails only the fields that tell it.
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

// become makes the rest of the response a person's who has just signed in.
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
