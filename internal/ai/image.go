package ai

import (
	"context"
	"iter"
)

// ImageMaker makes pictures.
type ImageMaker interface {
	// MakeImage yields progress and then exactly one Final, or an *Error in its place;
	// nothing follows either. Progress never falls; partial pictures count as progress and are
	// not passed on. An event with neither Progress nor Final is a sign of life.
	//
	// The call is paid. Error.Accepted says whether the provider may have taken it, and
	// with that whether it may be made again (Error.MayRepeatPaid); an adapter never
	// repeats it by itself. An answer without a picture is NoOutput, and one that
	// breaks off is Interrupted.
	//
	// Cancelling ctx, or breaking the loop, closes the provider's connection within a
	// second; a cancelled call yields an *Error of kind Canceled (Timeout when it was ctx's
	// deadline: StopKind). Each range over the result is a call of its own. Safe for
	// concurrent use.
	MakeImage(ctx context.Context, req ImageRequest) iter.Seq2[ImageEvent, error]
}

// ImageRequest is one picture to make.
type ImageRequest struct {
	// Model is the provider's own name of the model.
	Model  string
	Prompt string
	// Width and Height are in pixels. A provider that knows only some sizes or ratios gets
	// the nearest: the picture's own size is in its bytes.
	Width, Height int
	// Quality is QualityStandard when empty.
	Quality Quality
	// EndUser is a hash that stands for the person, for providers that ask for one.
	EndUser string
	// JobKey names the piece of work and is the same in each of its attempts: it is the
	// idempotency key of a provider that knows one.
	JobKey string
}

// Quality is how much care a provider takes.
type Quality string

// The qualities.
const (
	QualityStandard Quality = "standard"
	QualityHD       Quality = "hd"
)

// ImageEvent is either progress or the Final, or neither: a sign of life.
type ImageEvent struct {
	// Progress is from 0 to 1; nil when the provider tells none.
	Progress *float64
	// Phase is empty when the provider tells none.
	Phase Phase
	// Final is set on the last event only.
	Final *ImageResult
}

// Phase says what the provider is doing with a request it has taken.
type Phase string

// The phases.
const (
	PhaseQueued     Phase = "queued"
	PhaseGenerating Phase = "generating"
)

// ImageResult closes a call.
type ImageResult struct {
	// Images has at least one picture. What a provider sends is passed on unseen: the
	// caller checks that the bytes are what MIMEType says.
	Images []File
	// RevisedPrompt is what the provider drew in place of the prompt; empty when it told nothing.
	RevisedPrompt string
	Finish        Finish
	// RawFinish is the provider's own word, for the log.
	RawFinish string
	Usage     Usage
	// Model is the model that really answered.
	Model      string
	ResponseID string
	RequestID  string
}

// File is a small file held in memory.
type File struct {
	Bytes []byte
	// MIMEType is what the provider says of the bytes.
	MIMEType string
}
