package job

import (
	"bytes"
	"context"
	"errors"
	"io"
	"time"

	entartifact "github.com/weav-ai/weav/ent/artifact"
	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/file"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
)

// maxImages is the most pictures of one answer that are kept.
const maxImages = 10

// keeper stores what a provider delivered for a job. It shares nothing with the run that made it.
type keeper struct {
	files    *file.Service
	waits    []time.Duration
	user     oid.User
	provider string
	kind     entartifact.Kind
}

func (w *worker) keeper(kind entartifact.Kind) keeper {
	return keeper{files: w.s.files, waits: w.s.cfg.Waits, user: w.job.UserID, provider: w.job.Provider, kind: kind}
}

// images stores the pictures of an answer. What was stored before a failure is returned with it.
func (k keeper) images(ctx context.Context, final *ai.ImageResult) ([]*file.Stored, error) {
	var kept []*file.Stored
	for _, p := range final.Images[:min(len(final.Images), maxImages)] {
		one, err := k.save(ctx, file.Made{
			Body: bytes.NewReader(p.Bytes), Size: int64(len(p.Bytes)), MIMEType: p.MIMEType, Model: final.Model,
		})
		if err != nil {
			return kept, err
		}
		kept = append(kept, one)
	}
	return kept, nil
}

// video stores a film.
func (k keeper) video(ctx context.Context, body io.ReaderAt, result ai.VideoResult) (*file.Stored, error) {
	made := file.Made{Body: body, Size: result.Bytes, MIMEType: result.MIMEType, Model: result.Model}
	if result.Poster != nil {
		made.Poster = result.Poster.Bytes
	}
	return k.save(ctx, made)
}

// keep stores one file. An object store that is out of reach is tried again as attempts are: the
// file is here, and paid for.
func (k keeper) save(ctx context.Context, m file.Made) (*file.Stored, error) {
	m.User, m.Kind, m.Provider, m.At = k.user, k.kind, k.provider, store.Now()
	for i := 0; ; i++ {
		m.Artifact = oid.New[oid.Artifact]() // Each try has keys of its own: those of the last were given up.
		kept, err := k.files.Store(ctx, m)
		if errs.CodeOf(err) != errs.Unavailable {
			return kept, err
		}
		if i == len(k.waits) {
			return nil, errors.Join(errStore, err)
		}
		if waited := ai.Wait(ctx, k.waits[i]); waited != nil {
			return nil, errors.Join(errStore, err, waited)
		}
	}
}

// artifact is what a stored file becomes with the end of its job.
func (w *worker) artifact(kind entartifact.Kind, prompt, answeredBy string, k *file.Stored) file.NewArtifact {
	return file.NewArtifact{
		ID: k.Artifact, User: w.job.UserID, Job: w.job.ID, Chat: w.job.ChatID, Kind: kind,
		Prompt: prompt, Model: w.job.Model, Provider: w.job.Provider, AnsweredBy: answeredBy, Stored: k,
	}
}
