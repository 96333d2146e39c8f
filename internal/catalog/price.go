package catalog

import "time"

// Price is what a provider asks from a day on.
type Price struct {
	From time.Time
	// Rates are the prices of tokens.
	Rates
	// Above are the rates of calls with more input, the least first. They hold for the whole call.
	Above []Tier
	// Images are the prices of whole images, for providers that bill images and no tokens.
	Images []ImagePrice
	// Videos are the prices of a second of video.
	Videos []VideoPrice
	// Source is where the price was read; nil when the file does not say.
	Source *Source
}

// Rates are what a million tokens cost, in millionths of a US dollar. Nil: the provider has no such price.
type Rates struct {
	// Input and Output are for text. What a model thinks is output.
	Input, Output *int64
	// CachedInput is for input that the provider had kept, CacheWrite for input that it keeps now; nil costs what Input costs.
	CachedInput, CacheWrite *int64
	// ImageInput and ImageOutput are for pictures; nil costs what Input and Output cost.
	ImageInput, ImageOutput *int64
}

// Tier holds for calls with more input than InputTokens.
type Tier struct {
	InputTokens int64
	Rates
}

// ImagePrice is what an image of a size and quality costs; an empty one stands for all.
type ImagePrice struct {
	Size    string
	Quality Quality
	Each    int64
}

// VideoPrice is what a second of a resolution costs; an empty one stands for all.
type VideoPrice struct {
	Resolution string
	Each       int64
}

// Source is a page that states a price, and the day on which it was read.
type Source struct {
	URL  string
	Read time.Time
}

// ImageTokens is the most that an image of a size and quality takes; an empty one stands for all.
type ImageTokens struct {
	Size    string
	Quality Quality
	// Image is what the picture takes, Text what the model thinks and says with it.
	Image, Text int64
}

// PriceAt is the price of a moment; nil when there is none.
func (m Model) PriceAt(t time.Time) *Price {
	for i := len(m.Prices) - 1; i >= 0; i-- {
		if !m.Prices[i].From.After(t) {
			return &m.Prices[i]
		}
	}
	return nil
}

// PriceAfter is the first price that begins after a moment; nil when none is announced.
func (m Model) PriceAfter(t time.Time) *Price {
	for i := range m.Prices {
		if m.Prices[i].From.After(t) {
			return &m.Prices[i]
		}
	}
	return nil
}

// rates are those of a call with so much input.
func (p *Price) rates(inputTokens int64) Rates {
	r := p.Rates
	for _, t := range p.Above {
		if inputTokens > t.InputTokens {
			r = t.Rates
		}
	}
	return r
}

// image is the price of an image, by the first that fits; nil for none.
func (p *Price) image(size string, quality Quality) *int64 {
	for i := range p.Images {
		if one := &p.Images[i]; fits(one.Size, size) && fits(one.Quality, quality) {
			return &one.Each
		}
	}
	return nil
}

// Second is the price of a second of a resolution, by the first that fits; nil for none.
func (p *Price) Second(resolution string) *int64 {
	for i := range p.Videos {
		if one := &p.Videos[i]; fits(one.Resolution, resolution) {
			return &one.Each
		}
	}
	return nil
}

// tokens are the most that an image takes, by the first that fits; false for none.
func (c *ImageCaps) tokens(size string, quality Quality) (ImageTokens, bool) {
	for _, t := range c.Tokens {
		if fits(t.Size, size) && fits(t.Quality, quality) {
			return t, true
		}
	}
	return ImageTokens{}, false
}

// fits says whether what a price is for, empty for all, is what was made.
func fits[T ~string](priced, made T) bool { return priced == "" || priced == made }
