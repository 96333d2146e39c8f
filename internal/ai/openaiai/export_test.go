package openaiai

// LimitVideo makes n bytes the greatest size of a video.
func (p *Provider) LimitVideo(n int64) { p.maxVideo = n }
