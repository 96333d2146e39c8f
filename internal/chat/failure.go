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
	FailureRateLimited         FailureCode = "RATE_LIMITED"
	FailureProviderUnavailable FailureCode = "PROVIDER_UNAVAILABLE"
	FailureProviderInterrupted FailureCode = "PROVIDER_INTERRUPTED"
	FailureTimeout             FailureCode = "TIMEOUT"
	FailureContextTooLong      FailureCode = "CONTEXT_TOO_LONG"
	FailureContentBlocked      FailureCode = "CONTENT_BLOCKED"
	FailureModelUnavailable    FailureCode = "MODEL_UNAVAILABLE"
	FailureProviderRefused     FailureCode = "PROVIDER_REFUSED"
	FailureOwnKeyRefused       FailureCode = "OWN_KEY_REFUSED"
	FailureNoOutput            FailureCode = "NO_OUTPUT"
	FailureWorkerLost          FailureCode = "WORKER_LOST"
	FailureInternal            FailureCode = "INTERNAL"
)

// Failure is what a person is told about a failed reply. It comes from the code alone, never from a cause.
type Failure struct {
	Code      FailureCode
	Message   string
	Retryable bool
}

// failures says for each code what to tell the person, and whether trying again may help.
var failures = map[FailureCode]Failure{
	FailureRateLimited:         {FailureRateLimited, "The model takes no more requests for now. Try again in a minute.", true},
	FailureProviderUnavailable: {FailureProviderUnavailable, "The model cannot be reached for now. Try again, or choose another model.", true},
	FailureProviderInterrupted: {FailureProviderInterrupted, "The model's answer broke off. Try again.", true},
	FailureTimeout:             {FailureTimeout, "The model took too long. Try again, or ask for less.", true},
	FailureContextTooLong:      {FailureContextTooLong, "The conversation is longer than this model takes. Shorten it, or choose another model.", false},
	FailureContentBlocked:      {FailureContentBlocked, "The provider's content filter refused this. Put it in other words.", false},
	FailureOwnKeyRefused:       {FailureOwnKeyRefused, "The provider does not take your own key. Set it anew, or remove it to use your quota.", false},
	FailureProviderRefused:     {FailureProviderRefused, "The provider does not serve this server's account or region. Choose another model, and tell the operator.", false},
	FailureModelUnavailable:    {FailureModelUnavailable, "This model is not offered any longer. Choose another.", false},
	FailureNoOutput:            {FailureNoOutput, "The model delivered no text. Try again, or put it in other words.", true},
	FailureWorkerLost:          {FailureWorkerLost, "The server that wrote this reply went away. Try again.", true},
	FailureInternal:            {FailureInternal, "Something went wrong on our side.", true},
}

// broken says for each code what to tell the person of a reply that broke off: what was received of it is kept, whatever
// the cause.
var broken = map[FailureCode]Failure{
	FailureRateLimited:         {Code: FailureRateLimited, Message: "The model takes no more requests for now. What was received is kept. Try again in a minute."},
	FailureProviderUnavailable: {Code: FailureProviderUnavailable, Message: "The model could not be reached any longer. What was received is kept. Try again, or choose another model."},
	FailureProviderInterrupted: {Code: FailureProviderInterrupted, Message: "The model's answer broke off. What was received is kept."},
	FailureTimeout:             {Code: FailureTimeout, Message: "The model took too long. What was received is kept. Try again, or ask for less."},
	FailureContextTooLong:      {Code: FailureContextTooLong, Message: "The conversation is longer than this model takes. What was received is kept. Shorten it, or choose another model."},
	FailureContentBlocked:      {Code: FailureContentBlocked, Message: "The provider's content filter stopped this. What was received is kept. Put it in other words."},
	FailureOwnKeyRefused:       {Code: FailureOwnKeyRefused, Message: "The provider does not take your own key any longer. What was received is kept. Set the key anew, or remove it to use your quota."},
	FailureProviderRefused:     {Code: FailureProviderRefused, Message: "The provider does not serve this server's account or region any longer. What was received is kept. Choose another model, and tell the operator."},
	FailureModelUnavailable:    {Code: FailureModelUnavailable, Message: "This model is not offered any longer. What was received is kept. Choose another."},
	FailureNoOutput:            {Code: FailureNoOutput, Message: "The model's answer broke off. What was received is kept."},
	FailureWorkerLost:          {Code: FailureWorkerLost, Message: "The server that wrote this reply went away. What was shown is kept."},
	FailureInternal:            {Code: FailureInternal, Message: "Something went wrong on our side. What was received is kept."},
}

// FailureOf returns what to tell the person of a reply that ended with a status, for a stored code.
func FailureOf(code string, status message.Status) Failure {
	f, ok := failures[FailureCode(code)]
	if !ok {
		f = failures[FailureInternal]
	}
	if kept, ok := broken[f.Code]; ok && status == message.StatusInterrupted {
		f.Message = kept.Message
	}
	return f
}

// silence is the failure of a reply that reached its end without any text.
func silence(why ai.Finish) FailureCode {
	if why == ai.FinishContentFilter {
		return FailureContentBlocked
	}
	return FailureNoOutput
}

// failureOf sorts a failure by what the person can do. One that is no provider's is ours.
func failureOf(err error) FailureCode {
	if errs.CodeOf(err) == errs.Unavailable || errors.Is(err, run.ErrPanic) {
		return FailureInternal
	}
	switch ai.KindOf(err) {
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
