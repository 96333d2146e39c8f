// Package chat is the domain of conversations: chats, the tree of their messages, and
// the replies that are written into it.
//
// A reply is written by exactly one run at a time, by the protocol of internal/run.
package chat

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/weav-ai/weav/ent"
	entchat "github.com/weav-ai/weav/ent/chat"
	"github.com/weav-ai/weav/ent/message"
	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/feed"
	"github.com/weav-ai/weav/internal/file"
	"github.com/weav-ai/weav/internal/live"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/run"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/usage"
)

// Config holds the limits of chats. The zero value of a field means its default.
type Config struct {
	// MaxTextChars is the longest message in code points; default 8,000.
	MaxTextChars int
	// MaxRunningReplies is how many replies of one person are written at once; default 4.
	MaxRunningReplies int
	// Lease is how long a run may go without renewing; default 10 s.
	Lease time.Duration
	// StopWait is how long stopReply waits for the worker before it takes the run over; default 2 s.
	StopWait time.Duration
	// OrphanAfter is how old an unclaimed reply must be before the sweeper looks for its job; default 10 s.
	OrphanAfter time.Duration
}

// The longest texts of a chat, in code points.
const (
	MaxTitleChars       = 200
	MaxInstructionChars = 2000
	MaxPromptChars      = 1000
	MaxPrompts          = 10
	maxSiblings         = 50
)

// DefaultRunningReplies is how many replies of one person are written at once.
const DefaultRunningReplies = 4

// RestorableFor is how long a deleted chat can be brought back.
const RestorableFor = 24 * time.Hour

func (c Config) withDefaults() Config {
	setDefault(&c.MaxTextChars, 8000)
	setDefault(&c.MaxRunningReplies, DefaultRunningReplies)
	setDefault(&c.Lease, 10*time.Second)
	setDefault(&c.StopWait, 2*time.Second)
	setDefault(&c.OrphanAfter, 10*time.Second)
	return c
}

func setDefault[T comparable](v *T, def T) {
	var zero T
	if *v == zero {
		*v = def
	}
}

// Service is the domain of chats.
type Service struct {
	store   *store.Store
	feed    *feed.Feed
	bus     live.Bus
	catalog *catalog.Catalog
	router  *ai.Router
	files   *file.Service
	ledger  *usage.Ledger
	meter   Meter
	log     *slog.Logger
	process *run.Process
	cfg     Config
	runs    *run.Runs[oid.Message, ent.Message]
	texts   *live.Lookup[oid.Run, string] // of running replies, for while the bus is out of reach
	onPurge func(ctx context.Context, tx *store.Tx, chats []oid.Chat) error
}

// Meter hears what the metrics count.
type Meter interface {
	// DeltaPublished is called for each piece of live text, with its size in bytes.
	DeltaPublished(bytes int)
	// ReplyEnded is called once for each reply, with its final status and the time from storing to the end.
	ReplyEnded(status string, took time.Duration)
	// ReplyFellBack is called when a reply is put to another model, with the catalogue's ids of both.
	ReplyFellBack(model, fallback string)
}

// Parts are what the domain of chats is made of.
type Parts struct {
	Store   *store.Store
	Feed    *feed.Feed
	Bus     live.Bus
	Catalog *catalog.Catalog
	Router  *ai.Router
	Files   *file.Service
	Ledger  *usage.Ledger
	Meter   Meter
	Log     *slog.Logger
	// Process is this process; nil for one without a name, whose runs nobody asks for.
	Process *run.Process
}

// New returns the domain of chats.
func New(p Parts, cfg Config) *Service {
	s := &Service{
		store: p.Store, feed: p.Feed, bus: p.Bus, catalog: p.Catalog, router: p.Router,
		files: p.Files, ledger: p.Ledger, meter: p.Meter, log: p.Log, process: cmp.Or(p.Process, run.NewProcess("")), cfg: cfg.withDefaults(),
	}
	s.texts = live.NewLookup(p.Bus, p.Log, s.storedTexts)
	s.runs = run.New(replies{s}, run.Parts{
		Kind: "reply", Entry: KindReply, Store: s.store, Feed: s.feed, Bus: s.bus, Process: s.process, Log: s.log,
		Published: func(bytes int) { s.meter.DeltaPublished(bytes) }, Lease: s.cfg.Lease, StopWait: s.cfg.StopWait, OrphanAfter: s.cfg.OrphanAfter,
	})
	return s
}

// errNotFound is the one answer for unknown, malformed and foreign ids.
func errNotFound() error { return errs.New(errs.NotFound, "There is no such object.") }

// ownChat reads a chat of user that is not deleted.
func ownChat(ctx context.Context, c *ent.Client, user oid.User, id string) (*ent.Chat, error) {
	return findChat(ctx, c, user, id, entchat.DeletedAtIsNil())
}

// lockChat reads a chat of user and holds it until the transaction ends, so that its head cannot move.
func (s *Service) lockChat(ctx context.Context, tx *store.Tx, user oid.User, id oid.Chat) (*ent.Chat, error) {
	q := tx.Client().Chat.Query().Where(entchat.ID(id), entchat.UserID(user), entchat.DeletedAtIsNil())
	if s.store.Dialect() == store.Postgres {
		q.ForUpdate()
	}
	return found(q.Only(ctx))
}

// ownMessage reads a message of user whose chat is not deleted.
func ownMessage(ctx context.Context, c *ent.Client, user oid.User, id string) (*ent.Message, error) {
	mid, err := oid.Parse[oid.Message](id)
	if err != nil {
		return nil, errNotFound()
	}
	return found(c.Message.Query().
		Where(message.ID(mid), message.UserID(user), message.HasChatWith(entchat.DeletedAtIsNil())).
		Only(ctx))
}

// found turns a missing row into NOT_FOUND.
func found[T any](row T, err error) (T, error) {
	var zero T
	if ent.IsNotFound(err) {
		return zero, errNotFound()
	}
	if err != nil {
		return zero, fmt.Errorf("chat: read: %w", err)
	}
	return row, nil
}
