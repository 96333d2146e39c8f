// Package export gives users all data that WEAV stores of them: one zip with JSON, Markdown and, if
// requested, their files.
//
// An export is a job without a model. It is written to a temporary file and then uploaded to the object
// store, so that neither many chats nor large files are in memory. A run that is lost starts again from the
// beginning.
//
// The fields of the archive are listed here one by one. A column that is added to a table is not exported
// until somebody decides that it should be.
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

// DefaultMaxBytes is the largest export by default: 5 GiB, the most that S3 accepts in one request.
const DefaultMaxBytes = 5 << 30

// Config holds the limits of exports. The zero value of a field means its default.
type Config struct {
	// MaxBytes is the largest zip; default 5 GiB. It is also the most space that an export uses in the
	// temporary folder.
	MaxBytes int64
}

// Parts are the dependencies of exports.
type Parts struct {
	Store *store.Store
	Files *file.Service
}

// Service orders exports.
type Service struct {
	store *store.Store
	jobs  *job.Service
}

// New returns a Service.
func New(st *store.Store, jobs *job.Service) *Service { return &Service{store: st, jobs: jobs} }

// Input is an export to order.
type Input struct {
	// IncludesFiles says whether it contains the bytes of uploads and of the results of jobs.
	IncludesFiles bool
	Key           string
}

// Order orders an export of a user's account, once per key. It is LIMIT_REACHED while another export is being
// made, and for more than job.MaxKeptExports stored ones.
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

// wrap adds what failed to an error; nil stays nil.
func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("export: %s: %w", what, err)
}
