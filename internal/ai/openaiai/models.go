package openaiai

import (
	"context"

	"github.com/weav-ai/weav/internal/ai"
)

// ListModels implements ai.ModelLister. The API lists all models at once. Servers that do not report a
// shutdown have none.
func (p *Provider) ListModels(ctx context.Context) ([]ai.ListedModel, error) {
	c := call{p: p}
	page, err := p.sdk.Models.List(ctx, c.noteHead())
	if err != nil {
		return nil, c.failed(ctx, err)
	}
	models := make([]ai.ListedModel, len(page.Data))
	for i, m := range page.Data {
		models[i] = ai.ListedModel{ID: m.ID, ShutdownAt: m.ShutdownDate}
	}
	return models, nil
}
