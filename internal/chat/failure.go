package chat

import (
	"errors"

	"github.com/weav-ai/weav/ent/message"
	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/run"
)

// FailureCode says why a reply failed or broke off; the API shows it.
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
)

// Failure is what a user reads about a failed reply. It comes from the code alone, never from a cause.
type Failure struct {
	Code      FailureCode
	Message   string
	Retryable bool
}

// failures are the codes that read differently for a reply than for a job.
var failures = map[FailureCode]Failure{
	FailureRateLimited:    {FailureRateLimited, "The model takes no more requests for now. Try again in a minute.", true},
	FailureTimeout:        {FailureTimeout, "The model took too long. Try again, or ask for less.", true},
	FailureContextTooLong: {FailureContextTooLong, "The conversation is longer than this model takes. Shorten it, or choose another model.", false},
	FailureNoOutput:       {FailureNoOutput, "The model delivered no text. Try again, or put it in other words.", true},
	FailureWorkerLost:     {FailureWorkerLost, "The server that wrote this reply went away. Try again.", true},
}

// interrupted are the codes that read differently for a reply of which something was shown than for a job.
var interrupted = map[FailureCode]Failure{
	FailureWorkerLost: {Message: "The server that wrote this reply went away. What was shown is kept."},
}

// FailureOf returns what to tell the user of a reply that ended with a status, for a stored code.
func FailureOf(code string, status message.Status) Failure {
	f, ok := failures[FailureCode(code)]
	if !ok {
		shared, text := run.FailureOf(run.FailureCode(code))
		f = Failure{FailureCode(shared), text.Message, text.Retryable}
	}
	if status != message.StatusInterrupted {
		return f
	}
	if own, ok := interrupted[f.Code]; ok {
		f.Message = own.Message
	}
	f.Message = run.KeptMessage(run.FailureCode(f.Code), f.Message)
	return f
}

// silence is the failure of a reply that reached its end without any text.
func silence(why ai.Finish) FailureCode {
	if why == ai.FinishContentFilter {
		return FailureContentBlocked
	}
	return FailureNoOutput
}

// failureOf sorts a failure by what the user can do. One that is no provider's is ours.
func failureOf(err error) FailureCode {
	if errs.CodeOf(err) == errs.Unavailable || errors.Is(err, run.ErrPanic) {
		return FailureInternal
	}
	return FailureCode(run.ProviderFailure(ai.KindOf(err)))
}
