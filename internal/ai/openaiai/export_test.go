package openaiai

import "time"

// LimitVideo makes n bytes the greatest size of a video.
func (p *Provider) LimitVideo(n int64) { p.maxVideo = n }

// WaitForTails waits for d for the end of a stream behind its terminal event.
func (p *Provider) WaitForTails(d time.Duration) { p.tailWait = d }
