// Package file is the domain of stored files: results of jobs, uploads, and the objects of both.
//
// Every object has a row from before it is written until after it is deleted. The row is staged before the
// object is written, becomes live with the row that refers to it, and is doomed with that row's deletion,
// each in one transaction. The sweeper deletes doomed objects, and those that were staged and never became
// live. So no row refers to a missing object, and no object remains that no row knows.
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

// The defaults of Config, and the lives of signed URLs.
const (
	DefaultMaxUploadBytes = 100 << 20
	DefaultMaxPixels      = 50_000_000
	// URLLife is how long a signed URL is valid.
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
	// MaxUnfinished is how many uploads of one user may be unfinished; default 20.
	MaxUnfinished int
	// StageLife is how long an object may be staged before it counts as abandoned; default 1 h. It must
	// exceed the longest write of an object.
	StageLife time.Duration
	// PublicURL is the public address of the server, for lasting links.
	PublicURL string
	// Generator is the name of this program in disclosures.
	Generator string
	// TempDir is where large files are buffered; default the system's.
	TempDir string
}

// withDefaults returns c with the defaults in place of zero values.
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

// Meter receives what the metrics count.
type Meter interface {
	// ObjectsRepaired counts objects: "deleted" because nothing needs them, "stray" because no row knows
	// them, "missing" from the store.
	ObjectsRepaired(what string, n int)
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

// TempDir is where large files are buffered.
func (s *Service) TempDir() string { return s.cfg.TempDir }

// UploadTypes are the MIME types that may be uploaded.
func UploadTypes() []string {
	var out []string
	for _, t := range media.Types() {
		out = append(out, string(t))
	}
	return out
}

// ErrUnusable means that a provider's file is damaged or not of its stated type.
var ErrUnusable = errors.New("file: what was delivered cannot be used")

// errNotFound is the same error for unknown, malformed and foreign ids, so that it does not reveal which ids
// exist.
func errNotFound() error { return errs.New(errs.NotFound, "There is no such object.") }

// found turns a missing row into NOT_FOUND.
func found[T any](row T, err error) (T, error) {
	var zero T
	if ent.IsNotFound(err) {
		return zero, errNotFound()
	}
	return row, wrap("read", err)
}

// wrap adds what failed to an error; nil stays nil.
func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("file: %s: %w", what, err)
}

// ownArtifact reads an artifact of user by its id in the API.
func (s *Service) ownArtifact(ctx context.Context, c *ent.Client, user oid.User, id string) (*ent.Artifact, error) {
	aid, err := oid.Parse[oid.Artifact](id)
	if err != nil {
		return nil, errNotFound()
	}
	return found(c.Artifact.Query().Where(entartifact.ID(aid), entartifact.UserID(user)).Only(ctx))
}

// ownFile reads a file of user by its id in the API.
func (s *Service) ownFile(ctx context.Context, c *ent.Client, user oid.User, id string) (*ent.File, error) {
	fid, err := oid.Parse[oid.File](id)
	if err != nil {
		return nil, errNotFound()
	}
	return found(c.File.Query().Where(entfile.ID(fid), entfile.UserID(user)).Only(ctx))
}

// lockFiles reads files and locks them until the transaction ends, in the order of ids: a completion, or a
// message that is being sent with one of them, comes before or after. SQLite has one writer, so it needs no
// lock.
func (s *Service) lockFiles(ctx context.Context, tx *store.Tx, where ...predicate.File) ([]*ent.File, error) {
	q := tx.Client().File.Query().Where(where...).Order(entfile.ByID())
	if s.store.Dialect() == store.Postgres {
		q.ForUpdate()
	}
	rows, err := q.All(ctx)
	return rows, wrap("lock files", err)
}
