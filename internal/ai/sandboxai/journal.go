package sandboxai

// Op names what a call asks of the provider.
type Op string

// The calls that a journal tells of.
const (
	OpText          Op = "text"
	OpImage         Op = "image"
	OpVideoStart    Op = "video_start"
	OpVideoPoll     Op = "video_poll"
	OpVideoDownload Op = "video_download"
	OpVideoCancel   Op = "video_cancel"
)

// JournalEntry is one call that the provider took: at a real one, texts, pictures and
// starts of videos would now be paid.
type JournalEntry struct {
	Op    Op     `json:"op"`
	Model string `json:"model"`
	// JobKey is the request's; empty for calls that take a reference.
	JobKey string `json:"jobKey,omitempty"`
	// Ref is the reference of a video, also of one whose start then failed.
	Ref string `json:"ref,omitempty"`
}

// Journal tells write of every call the provider takes, before the call yields or
// answers anything. Calls that are refused are not told, those that fail later are.
// Write is called by many goroutines at once.
func Journal(write func(JournalEntry)) Option {
	return func(p *Provider) { p.journal = write }
}
