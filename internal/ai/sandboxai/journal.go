package sandboxai

// Op names the operation of a call.
type Op string

// The operations in a journal.
const (
	OpText          Op = "text"
	OpImage         Op = "image"
	OpVideoStart    Op = "video_start"
	OpVideoPoll     Op = "video_poll"
	OpVideoDownload Op = "video_download"
	OpVideoCancel   Op = "video_cancel"
)

// JournalEntry is one call that the provider took: with a vendor, texts, pictures and starts of videos would
// be paid from here on.
type JournalEntry struct {
	Op    Op     `json:"op"`
	Model string `json:"model"`
	// JobKey is the request's; empty for calls that take a reference.
	JobKey string `json:"jobKey,omitempty"`
	// Ref is the reference of a video, also of one whose start then failed.
	Ref string `json:"ref,omitempty"`
}

// Journal calls write for every call that the provider takes, before the call yields or answers anything.
// Refused calls are not recorded, calls that fail later are. write is called concurrently.
func Journal(write func(JournalEntry)) Option {
	return func(p *Provider) { p.journal = write }
}
