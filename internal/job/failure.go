package job

import (
	"context"
	"errors"

	"github.com/weav-ai/weav/ent"
	entjob "github.com/weav-ai/weav/ent/job"
	"github.com/weav-ai/weav/ent/message"
	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/chat"
	"github.com/weav-ai/weav/internal/file"
	"github.com/weav-ai/weav/internal/run"
)

// FailureCode says why a job, or an attempt at it, failed; the API shows it.
type FailureCode string

// The failure codes.
const (
	FailureRateLimited         FailureCode = "RATE_LIMITED"
	FailureProviderUnavailable FailureCode = "PROVIDER_UNAVAILABLE"
	FailureProviderInterrupted FailureCode = "PROVIDER_INTERRUPTED"
	FailureTimeout             FailureCode = "TIMEOUT"
	FailureContextTooLong      FailureCode = "CONTEXT_TOO_LONG"
	FailureContentBlocked      FailureCode = "CONTENT_BLOCKED"
	FailureModelUnavailable    FailureCode = "MODEL_UNAVAILABLE"
	FailureProviderRefused     FailureCode = "PROVIDER_REFUSED"
	FailureResultNotFetched    FailureCode = "RESULT_NOT_FETCHED"
	FailureModelRefused        FailureCode = "MODEL_REFUSED"
	FailureOutputTooLong       FailureCode = "OUTPUT_TOO_LONG"
	FailureOwnKeyRefused       FailureCode = "OWN_KEY_REFUSED"
	FailureNoOutput            FailureCode = "NO_OUTPUT"
	FailureStorageUnavailable  FailureCode = "STORAGE_UNAVAILABLE"
	FailureTooLarge            FailureCode = "TOO_LARGE"
	FailureWorkerLost          FailureCode = "WORKER_LOST"
	FailureInternal            FailureCode = "INTERNAL"
)

// Failure is what a person is told about a failed job. It comes from the code alone, never from a cause.
type Failure struct {
	Code      FailureCode
	Message   string
	Retryable bool
}

// failures says for each code what to tell the person, and whether the same order may succeed later.
var failures = map[FailureCode]Failure{
	FailureRateLimited:         {FailureRateLimited, "The model takes no more orders for now. Try again in a minute.", true},
	FailureProviderUnavailable: {FailureProviderUnavailable, "The model cannot be reached for now. Try again, or choose another model.", true},
	FailureProviderInterrupted: {FailureProviderInterrupted, "The model's answer broke off. Try again.", true},
	FailureTimeout:             {FailureTimeout, "The work took longer than a job may. Try again, or ask for less.", true},
	FailureContextTooLong:      {FailureContextTooLong, "The prompt is longer than this model takes. Shorten it, or choose another model.", false},
	FailureContentBlocked:      {FailureContentBlocked, "The provider's content filter refused this. Put it in other words.", false},
	FailureOwnKeyRefused:       {FailureOwnKeyRefused, "The provider does not take your own key. Set it anew, or remove it to use your quota.", false},
	FailureModelUnavailable:    {FailureModelUnavailable, "This model is not offered any longer. Choose another.", false},
	FailureProviderRefused:     {FailureProviderRefused, "The provider does not serve this server's account or region. Choose another model, and tell the operator.", false},
	FailureResultNotFetched:    {FailureResultNotFetched, "The video was made, but it could not be fetched from the provider. Try again: as long as the provider keeps it, it is fetched and not made again.", true},
	FailureModelRefused:        {FailureModelRefused, "The model declined to do this. Put it in other words, or choose another model.", false},
	FailureOutputTooLong:       {FailureOutputTooLong, "The answer reached the model's greatest length before it was whole. Ask for less, or choose another model.", false},
	FailureNoOutput:            {FailureNoOutput, "The model delivered nothing that can be used. Try again, or put it in other words.", true},
	FailureStorageUnavailable:  {FailureStorageUnavailable, "The result could not be stored for now. Try again in a minute.", true},
	FailureTooLarge:            {FailureTooLarge, "The export would be larger than this server makes. Order it without the files, or delete some first.", false},
	FailureWorkerLost:          {FailureWorkerLost, "The server that did the work went away. It costs nothing. Try again.", true},
	FailureInternal:            {FailureInternal, "Something went wrong on our side.", true},
}

// kept says for each code what to tell the person of a text that broke off, where a reply's words do not fit: what was
// shown of it is kept.
var kept = map[FailureCode]Failure{
	FailureWorkerLost: {Code: FailureWorkerLost, Message: "The server that did the work went away. What was shown is kept. It costs nothing. Try again."},
}

// FailureOfJob returns what to tell the person of a job, nil of one that has not failed. Of a text that broke off it
// says that what was shown is kept, as a reply does.
func FailureOfJob(j *ent.Job) *Failure {
	if j.FailureCode == nil {
		return nil
	}
	f := FailureOf(*j.FailureCode)
	if j.Kind != entjob.KindText || run.IsBlank(j.Text) {
		return &f
	}
	reply := chat.FailureOf(*j.FailureCode, message.StatusInterrupted)
	if own, ok := kept[f.Code]; ok {
		f.Message = own.Message
	} else if string(reply.Code) == string(f.Code) {
		f.Message = reply.Message
	}
	return &f
}

// FailureOf returns what to tell the person for a stored code.
func FailureOf(code string) Failure {
	if f, ok := failures[FailureCode(code)]; ok {
		return f
	}
	return failures[FailureInternal]
}

// failureOf sorts what ended an attempt by what the person can do.
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
	return providerFailure(fault.Kind)
}

func providerFailure(kind ai.Kind) FailureCode {
	switch kind {
	case ai.RateLimited:
		return FailureRateLimited
	case ai.QuotaExhausted, ai.Overloaded, ai.Upstream:
		return FailureProviderUnavailable
	case ai.Auth, ai.RegionBlocked:
		return FailureProviderRefused
	case ai.Interrupted:
		return FailureProviderInterrupted
	case ai.Timeout:
		return FailureTimeout
	case ai.ContextLength:
		return FailureContextTooLong
	case ai.ContentBlocked:
		return FailureContentBlocked
	case ai.KeyRefused:
		return FailureOwnKeyRefused
	case ai.ModelGone, ai.Unsupported:
		return FailureModelUnavailable
	case ai.NoOutput:
		return FailureNoOutput
	default:
		return FailureInternal
	}
}

// errStore marks a failure of the object store, not of the provider.
var errStore = errors.New("job: the object store")

// OfStore marks an author's error as one of the object store: the job fails with STORAGE_UNAVAILABLE.
func OfStore(err error) error { return errors.Join(errStore, err) }

// ErrRefused marks an answer in which the model declined: the job fails with MODEL_REFUSED. ErrCutOff marks one that
// ended at the model's greatest length: the job fails with OUTPUT_TOO_LONG.
var (
	ErrRefused = errors.New("job: the model declined")
	ErrCutOff  = errors.New("job: the answer was cut off at its greatest length")
)

// Spent is a failure of an author's job with what the models consumed before it.
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
