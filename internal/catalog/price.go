package catalog

import "time"

// Price is a provider's price from a day on.
type Price struct {
	From time.Time
	// Rates are the prices of tokens.
	Rates
	// Above are the rates of calls with more input, in rising order. They apply to the whole call.
	Above []Tier
	// Images are the prices of images, for providers that bill images and not tokens.
	Images []ImagePrice
	// Videos are the prices of a second of video.
	Videos []VideoPrice
	// Source is where the price was read; nil when the file does not say.
	Source *Source
}

// Rates are prices of a million tokens, in millionths of a US dollar; nil where the provider has no such
// price.
type Rates struct {
	// Input and Output are for text. The reasoning of a model is output.
	Input, Output *int64
	// CachedInput is for input that the provider had cached, CacheWrite for input that it caches now; nil
	// costs what Input costs.
	CachedInput, CacheWrite *int64
	// ImageInput and ImageOutput are for images; nil costs what Input and Output cost.
	ImageInput, ImageOutput *int64
}

// Tier applies to calls with more input than InputTokens.
type Tier struct {
	InputTokens int64
	Rates
}

// ImagePrice is the price of an image of a size and quality; an empty one stands for all.
type ImagePrice struct {
	Size    string
	Quality Quality
	Each    int64
}

// VideoPrice is the price of a second in a resolution; an empty one stands for all.
type VideoPrice struct {
	Resolution string
	Each       int64
}

// Source is the page that states a price, and the day on which it was read.
type Source struct {
	URL  string
	Read time.Time
}

// ImageTokens is the most tokens of an image of a size and quality; an empty one stands for all.
type ImageTokens struct {
	Size    string
	Quality Quality
	// Image is for the image itself, Text for the reasoning and text that come with it.
	Image, Text int64
}

// PriceAt is the price at a moment; nil when there is none.
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

// rates are the rates of a call with this input.
func (p *Price) rates(inputTokens int64) Rates {
	r := p.Rates
	for _, t := range p.Above {
		if inputTokens > t.InputTokens {
			r = t.Rates
		}
	}
	return r
}

// image is the price of an image, by the first match; nil for none.
func (p *Price) image(size string, quality Quality) *int64 {
	for i := range p.Images {
		if one := &p.Images[i]; fits(one.Size, size) && fits(one.Quality, quality) {
			return &one.Each
		}
	}
	return nil
}

// Second is the price of a second in a resolution, by the first match; nil for none.
func (p *Price) Second(resolution string) *int64 {
	for i := range p.Videos {
		if one := &p.Videos[i]; fits(one.Resolution, resolution) {
			return &one.Each
		}
	}
	return nil
}

// tokens is the most tokens of an image, by the first match; false for none.
func (c *ImageCaps) tokens(size string, quality Quality) (ImageTokens, bool) {
	for _, t := range c.Tokens {
		if fits(t.Size, size) && fits(t.Quality, quality) {
			return t, true
		}
	}
	return ImageTokens{}, false
}

// fits reports whether a row of prices, empty for all, applies to what was made.
func fits[T ~string](priced, made T) bool { return priced == "" || priced == made }
