// Package export gives people all that WEAV keeps of them: one zip of JSON, Markdown and, if they wish, their files.
//
// An export is a job without a model. It is gathered in a temporary file and then put into the object store, so neither
// many chats nor large files are ever held in memory. A run that is lost is begun anew. What goes into the zip is named
// here field by field: a column that is added to a table is in no export before somebody decides that it should be.
package export

import (
	"context"
	"fmt"

	"github.com/weav-ai/weav/ent"
	entjob "github.com/weav-ai/weav/ent/job"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/file"
	"github.com/weav-ai/weav/internal/job"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
)

// DefaultMaxBytes is the largest export unless Config says otherwise: 5 GiB, the most that AWS takes in one request.
const DefaultMaxBytes = 5 << 30

// Config holds the limits of exports. The zero value of a field means its default.
type Config struct {
	// MaxBytes is the largest zip; default 5 GiB. It is also the most room that an export takes of the temporary folder.
	MaxBytes int64
}

// Parts are what exports are made of.
type Parts struct {
	Store *store.Store
	Files *file.Service
}

// Service orders exports.
type Service struct {
	store *store.Store
	jobs  *job.Service
}

// New returns what orders exports.
func New(st *store.Store, jobs *job.Service) *Service { return &Service{store: st, jobs: jobs} }

// Input is an export to order.
type Input struct {
	// IncludesFiles says whether the bytes of uploads and of what jobs made are in it.
	IncludesFiles bool
	Key           string
}

// Order orders an export of a person's account. One is made at a time: a second is LIMIT_REACHED, and so is one more than
// job.MaxKeptExports that are kept.
func (s *Service) Order(ctx context.Context, user oid.User, in Input) (*ent.Job, error) {
	var id oid.Job
	key := store.Key{User: user, Key: in.Key, Input: in}
	_, err := s.store.Once(ctx, key, &id, func(ctx context.Context, tx *store.Tx) (err error) {
		id, err = s.jobs.SubmitInternal(ctx, tx, user, job.InternalOrder{
			Kind: entjob.KindExport, Args: job.ExportArguments{IncludesFiles: in.IncludesFiles},
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	j, err := s.store.Client().Job.Query().Where(entjob.ID(id), entjob.UserID(user)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, errs.New(errs.NotFound, "There is no such object.")
	}
	return j, wrap("order", err)
}

// wrap names what failed; nil stays nil.
func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("export: %s: %w", what, err)
}
