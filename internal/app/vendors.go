package app

import (
	"context"
	"fmt"

	"github.com/weav-ai/weav/internal/ai/geminiai"
)

// dial is the dialer of real providers. Each adapter brings a transport of its own.
func dial(ctx context.Context, p Provider) (vendor, error) {
	if p.Adapter == AdapterGoogle {
		return geminiai.New(ctx, geminiai.Config{Name: p.Name, APIKey: p.Key.Reveal(), BaseURL: p.BaseURL})
	}
	return nil, fmt.Errorf("this build has no adapter %s", p.Adapter)
}
