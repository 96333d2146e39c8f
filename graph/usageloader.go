package graph

import (
	"context"

	"github.com/vikstrous/dataloadgen"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/internal/oid"
)

// usageLoaders gather the reads of what was used.
type usageLoaders struct {
	chatCosts   *dataloadgen.Loader[oid.Chat, int64]
	folderCosts *dataloadgen.Loader[oid.Folder, int64]
	replyUsage  *dataloadgen.Loader[oid.Message, *ent.Usage]
	jobUsage    *dataloadgen.Loader[oid.Job, *ent.Usage]
	keySpent    *dataloadgen.Loader[oid.APIKey, int64]
	apiKeys     *dataloadgen.Loader[oid.APIKey, *ent.APIKey]
	unfinished  *dataloadgen.Loader[oid.User, int]
	ownKeys     *dataloadgen.Loader[oid.User, []*ent.ProviderKey]
}

func newUsageLoaders(s Services, viewer oid.User) usageLoaders {
	l, keys := s.Ledger, s.APIKeys
	return usageLoaders{
		unfinished: looked(s.Administration.Unfinished), keySpent: looked(keys.Spent), apiKeys: byID(viewer, keys.ByIDs, func(k *ent.APIKey) oid.APIKey { return k.ID }),
		ownKeys:   grouped(s.OwnKeys.OfPeople),
		chatCosts: looked(l.OfChats), folderCosts: looked(l.OfFolders), replyUsage: looked(l.OfMessages), jobUsage: looked(l.OfJobs),
	}
}

// looked returns a loader of what belongs to a key; of a key without any, the zero value.
func looked[K comparable, V any](read func(context.Context, []K) (map[K]V, error)) *dataloadgen.Loader[K, V] {
	return newLoader(func(ctx context.Context, keys []K) ([]V, []error) {
		rows, err := read(ctx, keys)
		out := make([]V, len(keys))
		for i, k := range keys {
			out[i] = rows[k]
		}
		return out, all(err, len(keys))
	})
}
