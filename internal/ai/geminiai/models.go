package geminiai

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/url"

	"github.com/weav-ai/weav/internal/ai"
)

const (
	// pageSize is the API's maximum.
	pageSize = "1000"
	// maxPages bounds a list that does not end.
	maxPages = 50
)

var errEndless = errors.New("the list of models does not end")

// page is one page of the list. The SDK is not used, because it logs an answer without models.
type page struct {
	Models []struct {
		Name string `json:"name"`
	} `json:"models"`
	Next string `json:"nextPageToken"`
}

// ListModels implements ai.ModelLister. Google does not report when it shuts down a model.
func (p *Provider) ListModels(ctx context.Context) ([]ai.ListedModel, error) {
	c := &call{p: p}
	if e := c.stopped(ctx); e != nil {
		return nil, e
	}
	var models []ai.ListedModel
	token := ""
	for range maxPages {
		got, err := c.page(ctx, token)
		if err != nil {
			return nil, err
		}
		for _, m := range got.Models {
			models = append(models, ai.ListedModel{ID: shortName(m.Name)})
		}
		if got.Next == "" {
			return models, nil
		}
		token = got.Next
	}
	return nil, c.failure(ai.Upstream, errEndless)
}

// page requests the page of a token; the first one when it is empty.
func (c *call) page(ctx context.Context, token string) (page, error) {
	query := url.Values{"pageSize": {pageSize}}
	if token != "" {
		query.Set("pageToken", token)
	}
	resp, x, fault := c.get(ctx, c.p.endpoint("models", query), maxAnswer, nil)
	if fault != nil {
		return page{}, fault
	}
	defer func() { _ = resp.Body.Close() }() // It was read to its end.
	if !x.succeeded() {
		return page{}, c.refused(ctx, x, resp.Body)
	}
	raw, err := io.ReadAll(resp.Body)
	if err != nil || x.broken != nil || ctx.Err() != nil {
		return page{}, c.failed(ctx, x, err)
	}
	var got page
	if json.Unmarshal(raw, &got) != nil {
		return page{}, c.malformed(x)
	}
	return got, nil
}
