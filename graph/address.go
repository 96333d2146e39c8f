package graph

import (
	"context"
	"sync"

	"github.com/weav-ai/weav/internal/file"
)

// addresses are the signed URLs of one response. A URL is signed once, so that all fields of an object show the same.
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

// address signs the URL of an object once per response, since its fields url and urlExpiresAt belong together. A lost object
// has none.
func (r *Resolver) address(ctx context.Context, key *string, sign func(context.Context) (*file.Address, error)) (*file.Address, error) {
	if key == nil {
		return nil, nil
	}
	lost, err := loadersOf(ctx).lost.Load(ctx, *key)
	if err != nil || lost {
		return nil, err
	}
	return loadersOf(ctx).addresses.get(ctx, *key, sign)
}

func (r *Resolver) thumbnail(ctx context.Context, key *string, width, height *int) (*Thumbnail, error) {
	a, err := r.address(ctx, key, func(ctx context.Context) (*file.Address, error) { return r.s.Files.ThumbnailAddress(ctx, key) })
	if err != nil || a == nil {
		return nil, err
	}
	return &Thumbnail{URL: a.URL, URLExpiresAt: a.ExpiresAt, Width: *width, Height: *height}, nil
}
