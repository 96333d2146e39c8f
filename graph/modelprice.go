package graph

import (
	"context"
	"time"

	"github.com/weav-ai/weav/internal/catalog"
)

// Price is the provider's price today.
func (r *modelResolver) Price(_ context.Context, m *catalog.Model) (*ModelPrice, error) {
	return priceOf(m, m.PriceAt(time.Now())), nil
}

// NextPrice is the next price that the provider has announced.
func (r *modelResolver) NextPrice(_ context.Context, m *catalog.Model) (*ModelPrice, error) {
	return priceOf(m, m.PriceAfter(time.Now())), nil
}

// priceOf shows a price of a model; nil for none.
func priceOf(m *catalog.Model, p *catalog.Price) *ModelPrice {
	if p == nil {
		return nil
	}
	out := &ModelPrice{
		ValidFromAt: p.From, InputTokens: costOf(p.Input), CachedInputTokens: costOf(p.CachedInput), CacheWriteTokens: costOf(p.CacheWrite),
		OutputTokens: costOf(p.Output), ImageInputTokens: costOf(p.ImageInput), ImageOutputTokens: costOf(p.ImageOutput),
		Tiers: tiersOf(p), Images: imagesOf(p), VideoByResolution: videosOf(p),
	}
	if m.Video != nil {
		out.VideoSecond = costOf(p.Second(m.Video.Resolutions[0]))
	}
	if p.Source != nil {
		out.Source = &PriceSource{URL: p.Source.URL, ReadAt: p.Source.Read}
	}
	return out
}

func tiersOf(p *catalog.Price) []*PriceTier {
	out := make([]*PriceTier, len(p.Above))
	for i, t := range p.Above {
		out[i] = &PriceTier{
			AboveInputTokens: int(t.InputTokens), InputTokens: costOf(t.Input), CachedInputTokens: costOf(t.CachedInput),
			CacheWriteTokens: costOf(t.CacheWrite), OutputTokens: costOf(t.Output),
		}
	}
	return out
}

func imagesOf(p *catalog.Price) []*ImagePrice {
	out := make([]*ImagePrice, len(p.Images))
	for i := range p.Images {
		one := &p.Images[i]
		out[i] = &ImagePrice{Size: nilIfZero(&one.Size), Quality: nilIfZero(&one.Quality), Cost: costOf(&one.Each)}
	}
	return out
}

func videosOf(p *catalog.Price) []*VideoPrice {
	out := make([]*VideoPrice, len(p.Videos))
	for i := range p.Videos {
		one := &p.Videos[i]
		out[i] = &VideoPrice{Resolution: nilIfZero(&one.Resolution), Cost: costOf(&one.Each)}
	}
	return out
}
