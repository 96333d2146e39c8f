package app

import (
	"context"

	"github.com/weav-ai/weav/internal/ai/geminiai"
	"github.com/weav-ai/weav/internal/ai/openaiai"
)

// dial is the dialer of real providers. Each adapter brings a transport of its own.
func dial(ctx context.Context, p Provider) (vendor, error) {
	if p.Adapter == AdapterGoogle {
		return geminiai.New(ctx, geminiai.Config{Name: p.Name, APIKey: p.Key.Reveal(), BaseURL: p.BaseURL})
	}
	return openaiai.New(openaiai.Config{Name: p.Name, APIKey: p.Key.Reveal(), BaseURL: p.BaseURL, Form: openaiai.Form(p.Form)}), nil
}
