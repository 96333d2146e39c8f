package catalog

import (
	"slices"
	"strconv"
	"strings"
)

// caps sets the limits of a model's kind. They are required, and limits of other kinds are refused.
func (p *parser) caps(m *Model, e entry) {
	given := map[Kind]bool{Text: e.Text != nil, Image: e.Image != nil, Video: e.Video != nil}
	if _, ok := given[m.Kind]; !ok {
		p.fail("`kind` is TEXT, IMAGE or VIDEO, not %q", m.Kind)
		return
	}
	for kind, there := range given {
		if there != (kind == m.Kind) {
			p.fail("a model of the kind %s has `%s`, and no limits of other kinds", m.Kind, strings.ToLower(string(m.Kind)))
			return
		}
	}
	if (m.MaxOutputTokens > 0) != (m.Kind == Text) {
		p.fail("`maxOutputTokens` is for models that write, which need it")
	}
	switch m.Kind {
	case Text:
		p.textCaps(m, e.Text)
	case Image:
		m.Image = &ImageCaps{Sizes: e.Image.Sizes, Qualities: e.Image.Qualities}
		for _, t := range e.Image.Tokens {
			m.Image.Tokens = append(m.Image.Tokens, ImageTokens(t))
		}
		p.checkImage(m.Image)
	case Video:
		m.Video = &VideoCaps{Seconds: e.Video.Seconds, Resolutions: e.Video.Resolutions, Aspects: e.Video.Aspects, Styles: e.Video.Styles}
		for _, o := range e.Video.Only {
			m.Video.Only = append(m.Video.Only, VideoOnly(o))
		}
		p.checkVideo(m.Video)
	}
}

// textCaps sets and checks the limits of a text model.
func (p *parser) textCaps(m *Model, e *textEntry) {
	m.Text = &TextCaps{ContextTokens: e.ContextTokens, InputTokens: e.InputTokens, DefaultOutputTokens: e.DefaultOutputTokens}
	if n := e.InputTokens; n != nil && (*n < 1 || *n > e.ContextTokens) {
		p.fail("`text.inputTokens` must be from 1 to `contextTokens`, or left out")
	}
	if e.ContextTokens <= m.MaxOutputTokens {
		p.fail("`text.contextTokens` must be above `maxOutputTokens`")
	}
	if e.DefaultOutputTokens < 1 || e.DefaultOutputTokens > m.MaxOutputTokens {
		p.fail("`text.defaultOutputTokens` must be from 1 to `maxOutputTokens`")
	}
	if t := e.Temperature; t != nil {
		m.Text.Temperature = &Range{Min: t.Min, Max: t.Max, Default: t.Default}
		if t.Min > t.Default || t.Default > t.Max {
			p.fail("`text.temperature` must have its default between min and max")
		}
	}
}

// checkImage checks the limits of an image model.
func (p *parser) checkImage(c *ImageCaps) {
	if len(c.Sizes) == 0 || len(c.Qualities) == 0 {
		p.fail("`image` needs sizes and qualities")
	}
	for _, size := range c.Sizes {
		if _, _, ok := ParseSize(size); !ok {
			p.fail("`image.sizes` has %q, which is not WIDTHxHEIGHT", size)
		}
	}
	for _, q := range c.Qualities {
		p.checkQuality(q)
	}
	for _, t := range c.Tokens {
		if t.Image < 1 || t.Text < 0 {
			p.fail("`image.tokens` needs how many tokens the `image` takes")
		}
		p.checkFor("image.tokens", t.Size, t.Quality)
	}
}

// checkFor checks the size and quality of a row of prices or tokens; empty stands for all.
func (p *parser) checkFor(what, size string, quality Quality) {
	if _, _, ok := ParseSize(size); size != "" && !ok {
		p.fail("`%s` has %q, which is not WIDTHxHEIGHT", what, size)
	}
	if quality != "" {
		p.checkQuality(quality)
	}
}

// checkVideo checks the limits of a video model. The defaults are the first of each list, so they must fit
// together.
func (p *parser) checkVideo(c *VideoCaps) {
	if len(c.Seconds) == 0 || len(c.Resolutions) == 0 || len(c.Aspects) == 0 {
		p.fail("`video` needs seconds, resolutions and aspects")
	}
	for _, o := range c.Only {
		if !slices.Contains(c.Resolutions, o.Resolution) {
			p.fail("`video.only` names %q, which is none of the resolutions", o.Resolution)
		}
		if len(o.Seconds) == 0 || slices.ContainsFunc(o.Seconds, func(n int) bool { return !slices.Contains(c.Seconds, n) }) {
			p.fail("`video.only` needs some of `seconds` for %s", o.Resolution)
		}
	}
	if len(c.Resolutions) > 0 && len(c.Seconds) > 0 && !slices.Contains(c.SecondsOf(c.Resolutions[0]), c.Seconds[0]) {
		p.fail("`video.only` leaves the default resolution without the default length")
	}
}

// checkQuality checks the name of a quality.
func (p *parser) checkQuality(q Quality) {
	if q != QualityStandard && q != QualityHD {
		p.fail("the quality %q is neither STANDARD nor HD", q)
	}
}

// ParseSize parses WIDTHxHEIGHT, in pixels.
func ParseSize(size string) (width, height int, ok bool) {
	w, h, found := strings.Cut(size, "x")
	width, errW := strconv.Atoi(w)
	height, errH := strconv.Atoi(h)
	return width, height, found && errW == nil && errH == nil && width > 0 && height > 0
}
