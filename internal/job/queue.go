package job

import (
	entjob "github.com/weav-ai/weav/ent/job"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/internal/chat"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
)

// The queues. Each kind has its own, so that a burst in one never delays another.
const (
	QueueText  = "text"
	QueueImage = "image"
	QueueVideo = "video"
	// QueueExport is for exports, which take minutes and ask no provider.
	QueueExport = "export"
	// QueueControl is for short calls that must not wait behind any work.
	QueueControl = "control"
)

// The kinds of the domain's work in the queue.
const (
	KindRun     = "job_run"
	KindAbandon = "job_abandon"
)

// RunArgs name a job to work on and the run that is to do it.
type RunArgs struct {
	JobID oid.Job `json:"job_id"`
	RunID oid.Run `json:"run_id"`
}

// Kind implements the queue's interface.
func (RunArgs) Kind() string { return KindRun }

// AbandonArgs name a job whose video nobody wants any more.
type AbandonArgs struct {
	JobID oid.Job `json:"job_id"`
}

// Kind implements the queue's interface.
func (AbandonArgs) Kind() string { return KindAbandon }

// runJob is the queue's entry for a run of j.
func runJob(j *ent.Job, run oid.Run) store.Job {
	return store.Job{Kind: KindRun, Queue: queueOf(j.Kind), Args: RunArgs{JobID: j.ID, RunID: run}, Priority: j.Priority}
}

func abandonJob(j *ent.Job) store.Job {
	return store.Job{Kind: KindAbandon, Queue: QueueControl, Args: AbandonArgs{JobID: j.ID}}
}

func queueOf(kind entjob.Kind) string {
	switch kind {
	case entjob.KindImage:
		return QueueImage
	case entjob.KindVideo:
		return QueueVideo
	case entjob.KindPlan, entjob.KindPrompts:
		return chat.QueueReply
	case entjob.KindExport:
		return QueueExport
	default:
		return QueueText
	}
}
