package graph

import (
	"context"
	"sync"

	"github.com/vikstrous/dataloadgen"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/internal/file"
	"github.com/weav-ai/weav/internal/oid"
)

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

// addresses are those signed in one response, so that all fields of an object tell the same.
type addresses struct {
	mu     sync.Mutex
	signed map[string]*file.Address
}

func (a *addresses) get(ctx context.Context, key string, sign func(context.Context) (*file.Address, error)) (*file.Address, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if known, ok := a.signed[key]; ok {
		return known, nil
	}
	address, err := sign(ctx)
	if err != nil {
		return nil, err
	}
	a.signed[key] = address
	return address, nil
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
