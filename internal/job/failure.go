package job

import (
	"context"
	"errors"

	"github.com/weav-ai/weav/ent"
	entjob "github.com/weav-ai/weav/ent/job"
	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/file"
	"github.com/weav-ai/weav/internal/run"
)

// FailureCode says why a job, or an attempt at it, failed; the API shows it.
type FailureCode string

// The failure codes.
const (
	FailureRateLimited         = FailureCode(run.FailureRateLimited)
	FailureProviderUnavailable = FailureCode(run.FailureProviderUnavailable)
	FailureProviderInterrupted = FailureCode(run.FailureProviderInterrupted)
	FailureTimeout             = FailureCode(run.FailureTimeout)
	FailureContextTooLong      = FailureCode(run.FailureContextTooLong)
	FailureContentBlocked      = FailureCode(run.FailureContentBlocked)
	FailureModelUnavailable    = FailureCode(run.FailureModelUnavailable)
	FailureProviderRefused     = FailureCode(run.FailureProviderRefused)
	FailureOwnKeyRefused       = FailureCode(run.FailureOwnKeyRefused)
	FailureNoOutput            = FailureCode(run.FailureNoOutput)
	FailureWorkerLost          = FailureCode(run.FailureWorkerLost)
	FailureInternal            = FailureCode(run.FailureInternal)

	FailureResultNotFetched   FailureCode = "RESULT_NOT_FETCHED"
	FailureModelRefused       FailureCode = "MODEL_REFUSED"
	FailureOutputTooLong      FailureCode = "OUTPUT_TOO_LONG"
	FailureStorageUnavailable FailureCode = "STORAGE_UNAVAILABLE"
	FailureTooLarge           FailureCode = "TOO_LARGE"
)

// Failure is what a user reads about a failed job. It comes from the code alone, never from a cause.
type Failure struct {
	Code      FailureCode
	Message   string
	Retryable bool
}

// failures are the codes that only jobs have, or that read differently for a job than for a reply.
var failures = map[FailureCode]Failure{
	FailureRateLimited:        {FailureRateLimited, "The model takes no more orders for now. Try again in a minute.", true},
	FailureTimeout:            {FailureTimeout, "The work took longer than a job may. Try again, or ask for less.", true},
	FailureContextTooLong:     {FailureContextTooLong, "The prompt is longer than this model takes. Shorten it, or choose another model.", false},
	FailureResultNotFetched:   {FailureResultNotFetched, "The video was made, but it could not be fetched from the provider. Try again: as long as the provider keeps it, it is fetched and not made again.", true},
	FailureModelRefused:       {FailureModelRefused, "The model declined to do this. Put it in other words, or choose another model.", false},
	FailureOutputTooLong:      {FailureOutputTooLong, "The answer reached the model's greatest length before it was whole. Ask for less, or choose another model.", false},
	FailureNoOutput:           {FailureNoOutput, "The model delivered nothing that can be used. Try again, or put it in other words.", true},
	FailureStorageUnavailable: {FailureStorageUnavailable, "The result could not be stored for now. Try again in a minute.", true},
	FailureTooLarge:           {FailureTooLarge, "The export would be larger than this server makes. Order it without the files, or delete some first.", false},
	FailureWorkerLost:         {FailureWorkerLost, "The server that did the work went away. It costs nothing. Try again.", true},
}

// interrupted are the codes that read differently for a job of which a text was shown than for a reply.
var interrupted = map[FailureCode]Failure{
	FailureWorkerLost: {Message: "The server that did the work went away. What was shown is kept. It costs nothing. Try again."},
}

// FailureOf returns what to tell the user for a stored code, as of an attempt.
func FailureOf(code string) Failure {
	if f, ok := failures[FailureCode(code)]; ok {
		return f
	}
	shared, text := run.FailureOf(run.FailureCode(code))
	return Failure{FailureCode(shared), text.Message, text.Retryable}
}

// FailureOfJob returns what to tell the user of a job; nil when it has not failed. A text that was shown is kept, and that is said.
func FailureOfJob(j *ent.Job) *Failure {
	if j.FailureCode == nil {
		return nil
	}
	f := FailureOf(*j.FailureCode)
	if j.Kind != entjob.KindText || run.IsBlank(j.Text) {
		return &f
	}
	if own, ok := interrupted[f.Code]; ok {
		f.Message = own.Message
	}
	f.Message = run.KeptMessage(run.FailureCode(f.Code), f.Message)
	return &f
}

// failureOf sorts what ended an attempt by what the user can do.
func failureOf(err error) FailureCode {
	var fault *ai.Error
	switch {
	case errors.Is(err, file.ErrUnusable), errors.Is(err, ErrUnusable):
		return FailureNoOutput
	case errors.Is(err, ErrRefused):
		return FailureModelRefused
	case errors.Is(err, ErrCutOff):
		return FailureOutputTooLong
	case errors.Is(err, errNotFetched):
		return FailureResultNotFetched
	case errors.Is(err, ErrTooLarge):
		return FailureTooLarge
	case errors.Is(err, errStore):
		return FailureStorageUnavailable
	case errors.Is(err, context.DeadlineExceeded):
		return FailureTimeout
	case !errors.As(err, &fault):
		return FailureInternal
	}
	return FailureCode(run.ProviderFailure(fault.Kind))
}

// errStore marks a failure of the object store, not of the provider.
var errStore = errors.New("job: the object store")

// OfStore marks a composer's error as one of the object store: the job fails with STORAGE_UNAVAILABLE.
func OfStore(err error) error { return errors.Join(errStore, err) }

// ErrRefused marks an answer in which the model declined: the job fails with MODEL_REFUSED. ErrCutOff marks one that
// ended at the model's greatest length: the job fails with OUTPUT_TOO_LONG.
var (
	ErrRefused = errors.New("job: the model declined")
	ErrCutOff  = errors.New("job: the answer was cut off at its greatest length")
)

// Spent is a failure of a composer's job with what the models consumed before it.
type Spent struct {
	Err   error
	Usage ai.Usage
	// Model is the model that answered; empty when none did.
	Model string
}

// Error implements error.
func (s *Spent) Error() string { return s.Err.Error() }

// Unwrap returns the failure.
func (s *Spent) Unwrap() error { return s.Err }

// silence is the failure of a text that reached its end without any.
func silence(why ai.Finish) FailureCode {
	switch why {
	case ai.FinishContentFilter:
		return FailureContentBlocked
	case ai.FinishRefusal:
		return FailureModelRefused
	default:
		return FailureNoOutput
	}
}

// ErrTooLarge marks work whose result is larger than may be: the job fails with TOO_LARGE.
var ErrTooLarge = errors.New("job: the result is too large")
