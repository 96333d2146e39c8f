package job

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	entartifact "github.com/weav-ai/weav/ent/artifact"
	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/file"
	"github.com/weav-ai/weav/internal/run"
)

const (
	// maxVideoBytes is the largest file that is taken from a provider.
	maxVideoBytes = 1 << 30
	// fairShare is how much of a file a download must bring, in bytes, for the next to begin as soon as the first did.
	fairShare = 1 << 20
)

// film is a video that was fetched, with its file as it was stored.
type film struct {
	kept   *file.Stored
	result ai.VideoResult
}

// fetch brings a video that the provider has made into the object store. What fails in a way that may pass is tried
// again, with pauses that grow, until the job's deadline.
func (w *worker) fetch(ctx context.Context, maker ai.VideoMaker, model string) error {
	f := fetcher{
		maker: maker, model: model, ref: *w.job.ProviderRef, dir: w.s.files.TempDir(), waits: w.s.cfg.Waits,
		keeper: w.keeper(entartifact.KindVideo),
	}
	w.Report(nil, phaseSaving)
	got, err := runCall(ctx, w, func(ctx context.Context, _ func(run.Update)) (film, error) { return f.fetch(ctx) })
	switch {
	case err == nil && !w.IsStopped:
		err = w.shot(ctx, got)
	case w.IsStopped || !w.passing(err):
		err = w.failed(ctx, notFetched(err), never)
	default:
		err = w.park(ctx, ai.VideoState{}, err)
	}
	if got.kept != nil {
		w.s.files.Discard(ctx, got.kept) // What became an artifact is left alone.
	}
	return err
}

// errNotFetched says that the provider has made a video and its file could not be had.
var errNotFetched = errors.New("job: the file of a video could not be fetched")

// notFetched marks a failure that is the provider's, or nobody's, as one of the way from it to here.
func notFetched(err error) error {
	if err == nil || errors.Is(err, run.ErrLost) || errors.Is(err, errStore) || errors.Is(err, file.ErrUnusable) {
		return err
	}
	var fault *ai.Error
	if errors.As(err, &fault) && fault.JobFailed {
		return err
	}
	return errors.Join(errNotFetched, err)
}

// fetcher brings a video from the provider to the object store. It shares nothing with the run that made it.
type fetcher struct {
	maker      ai.VideoMaker
	model, ref string
	dir        string
	waits      []time.Duration
	keeper     keeper
}

// fetch goes by a temporary file, so that no video is held in memory.
func (f fetcher) fetch(ctx context.Context) (film, error) {
	tmp, err := os.CreateTemp(f.dir, "video-*")
	if err != nil {
		return film{}, errors.Join(errStore, fmt.Errorf("job: temporary file: %w", err))
	}
	_ = os.Remove(tmp.Name()) // A file without a name is gone with its process, also one that is killed. Some systems refuse: then it goes below.
	defer func() {
		_ = tmp.Close() // Nothing is written any more.
		_ = os.Remove(tmp.Name())
	}()
	result, err := f.download(ctx, ai.NewPart(&capped{file: tmp, left: maxVideoBytes}))
	if err != nil {
		return film{}, fetchFault(err)
	}
	kept, err := f.keeper.video(ctx, tmp, result)
	return film{kept: kept, result: result}, err
}

// download goes on with a file as long as each call brings more of it than there was. A call that does not ends it: the
// run is then left, so that a provider that is in trouble holds no worker.
func (f fetcher) download(ctx context.Context, part *ai.Part) (ai.VideoResult, error) {
	for reached, waited := int64(0), 0; ; waited++ {
		result, err := f.maker.DownloadVideo(ctx, f.model, f.ref, part)
		var fault *ai.Error
		if err == nil || !errors.As(err, &fault) || fault.Kind != ai.Interrupted || part.Written() <= reached || len(f.waits) == 0 {
			return result, err
		}
		if part.Written()-reached >= fairShare {
			waited = 0
		}
		reached = part.Written()
		pause := max(f.waits[min(waited, len(f.waits)-1)], min(fault.RetryAfter, maxRetryAfter))
		if ai.Wait(ctx, pause) != nil {
			return result, err
		}
	}
}

// fetchFault sorts a failed download: the provider's, or that of our own disk.
func fetchFault(err error) error {
	var fault *ai.Error
	if errors.As(err, &fault) || errors.Is(err, file.ErrUnusable) {
		return err
	}
	return errors.Join(errStore, err)
}

// capped refuses a file that is larger than any video.
type capped struct {
	file *os.File
	left int64
}

// Write implements io.Writer.
func (c *capped) Write(p []byte) (int, error) {
	if c.left -= int64(len(p)); c.left < 0 {
		return 0, fmt.Errorf("%w: more than %d bytes", file.ErrUnusable, maxVideoBytes)
	}
	return c.file.Write(p)
}

// Reset implements ai.PartFile.
func (c *capped) Reset() error {
	c.left = maxVideoBytes
	if err := c.file.Truncate(0); err != nil {
		return err
	}
	_, err := c.file.Seek(0, io.SeekStart)
	return err
}
