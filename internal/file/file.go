// Package file is the domain of stored files: what jobs made, what people uploaded, and the
// objects behind both.
//
// An object is never forgotten: its row is staged before the object is written, comes alive with the row
// that points to it, and is doomed with that row's deletion, each in one transaction. The sweeper deletes
// what is doomed and what was staged and never came alive. So no row points to nothing, and nothing
// stays in the store that no row knows.
package file

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/weav-ai/weav/ent"
	entartifact "github.com/weav-ai/weav/ent/artifact"
	entfile "github.com/weav-ai/weav/ent/file"
	"github.com/weav-ai/weav/ent/predicate"
	"github.com/weav-ai/weav/internal/blob"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/media"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
)

// The limits that hold unless Config says otherwise.
const (
	DefaultMaxUploadBytes = 100 << 20
	DefaultMaxPixels      = 50_000_000
	// URLLife is how long a signed address works.
	URLLife = time.Hour
	// UploadLife is how long an upload may stay unfinished.
	UploadLife = 24 * time.Hour
)

// Config holds the limits of files. The zero value of a field means its default.
type Config struct {
	// MaxUploadBytes is the largest upload; default 100 MiB.
	MaxUploadBytes int64
	// MaxPixels is the most pixels of an uploaded image; default 50 million.
	MaxPixels int
	// MaxUnfinished is how many uploads of one person may be unfinished; default 20.
	MaxUnfinished int
	// StageLife is how long an object may be staged before it is taken for forgotten; default 1 h.
	StageLife time.Duration
	// PublicURL is where people reach the server, for lasting links.
	PublicURL string
	// Generator is what disclosures call this program.
	Generator string
	// TempDir is where large files are gathered; default the system's.
	TempDir string
}

func (c Config) withDefaults() Config {
	setDefault(&c.MaxUploadBytes, DefaultMaxUploadBytes)
	setDefault(&c.MaxPixels, DefaultMaxPixels)
	setDefault(&c.MaxUnfinished, 20)
	setDefault(&c.StageLife, time.Hour)
	setDefault(&c.TempDir, os.TempDir())
	return c
}

func setDefault[T comparable](v *T, def T) {
	var zero T
	if *v == zero {
		*v = def
	}
}

// Meter hears what the metrics count.
type Meter interface {
	// ObjectsRighted counts objects that were put right: "deleted" as nothing needs them, "stray" as no
	// row knew them, "missing" from the store.
	ObjectsRighted(what string, n int)
}

// Service is the domain of files.
type Service struct {
	store  *store.Store
	bucket blob.Bucket
	log    *slog.Logger
	meter  Meter
	cfg    Config
}

// New returns the domain of files.
func New(st *store.Store, bucket blob.Bucket, log *slog.Logger, meter Meter, cfg Config) *Service {
	return &Service{store: st, bucket: bucket, log: log, meter: meter, cfg: cfg.withDefaults()}
}

// TempDir is where large files are gathered.
func (s *Service) TempDir() string { return s.cfg.TempDir }

// UploadTypes are the MIME types that may be uploaded.
func UploadTypes() []string {
	var out []string
	for _, t := range media.Types() {
		out = append(out, string(t))
	}
	return out
}

// ErrUnusable says that what a provider delivered is not what it says, or damaged.
var ErrUnusable = errors.New("file: what was delivered cannot be used")

// errNotFound is the one answer for unknown, malformed and foreign ids.
func errNotFound() error { return errs.New(errs.NotFound, "There is no such object.") }

// found turns a missing row into NOT_FOUND.
func found[T any](row T, err error) (T, error) {
	var zero T
	if ent.IsNotFound(err) {
		return zero, errNotFound()
	}
	return row, wrap("read", err)
}

// wrap names what failed; nil stays nil.
func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("file: %s: %w", what, err)
}

// ownArtifact reads an artifact of user by the id the API shows.
func (s *Service) ownArtifact(ctx context.Context, c *ent.Client, user oid.User, id string) (*ent.Artifact, error) {
	aid, err := oid.Parse[oid.Artifact](id)
	if err != nil {
		return nil, errNotFound()
	}
	return found(c.Artifact.Query().Where(entartifact.ID(aid), entartifact.UserID(user)).Only(ctx))
}

// ownFile reads a file of user by the id the API shows.
func (s *Service) ownFile(ctx context.Context, c *ent.Client, user oid.User, id string) (*ent.File, error) {
	fid, err := oid.Parse[oid.File](id)
	if err != nil {
		return nil, errNotFound()
	}
	return found(c.File.Query().Where(entfile.ID(fid), entfile.UserID(user)).Only(ctx))
}

// lockFiles reads files and keeps others from changing them until the transaction ends: a completion or a message that is
// being sent with one of them comes before or after. SQLite has one writer anyway.
func (s *Service) lockFiles(ctx context.Context, tx *store.Tx, where ...predicate.File) ([]*ent.File, error) {
	q := tx.Client().File.Query().Where(where...).Order(entfile.ByID())
	if s.store.Dialect() == store.Postgres {
		q.ForUpdate()
	}
	rows, err := q.All(ctx)
	return rows, wrap("lock files", err)
}
