package ai

import (
	"context"
	"iter"
)

// ImageMaker makes pictures.
type ImageMaker interface {
	// MakeImage yields progress and then exactly one Final, or an *Error in its place; nothing follows
	// either. Progress never falls; partial pictures count as progress and are not passed on. An event with
	// neither Progress nor Final is a keep-alive.
	//
	// The call is paid. Error.Accepted states whether the provider may have taken it, and with that whether
	// it may be repeated (Error.MayRepeatPaid); an adapter never repeats it by itself. An answer without a
	// picture is NoOutput, and one that breaks off is Interrupted.
	//
	// Cancelling ctx, or breaking the loop, closes the provider's connection within a second. A cancelled
	// call yields an *Error of kind Canceled (Timeout when ctx's deadline passed: StopKind). Each range over
	// the result is a call of its own. Safe for concurrent use.
	MakeImage(ctx context.Context, req ImageRequest) iter.Seq2[ImageEvent, error]
}

// ImageRequest is one picture to make.
type ImageRequest struct {
	// Model is the provider's own name of the model.
	Model  string
	Prompt string
	// Width and Height are in pixels. A provider with a fixed set of sizes or ratios gets the nearest one:
	// the actual size is in the picture's bytes.
	Width, Height int
	// Quality is QualityStandard when empty.
	Quality Quality
	// EndUser is a hash that identifies the user, for providers that require one.
	EndUser string
	// JobKey identifies the work and is the same in each attempt: it is the idempotency key of a provider
	// that supports one.
	JobKey string
}

// Quality is the quality level of a picture.
type Quality string

// The qualities.
const (
	QualityStandard Quality = "standard"
	QualityHD       Quality = "hd"
)

// ImageEvent is either progress or the Final, or neither: a keep-alive.
type ImageEvent struct {
	// Progress is from 0 to 1; nil when the provider reports none.
	Progress *float64
	// Phase is empty when the provider reports none.
	Phase Phase
	// Final is set on the last event only.
	Final *ImageResult
}

// Phase is the state of a request that the provider has taken.
type Phase string

// The phases.
const (
	PhaseQueued     Phase = "queued"
	PhaseGenerating Phase = "generating"
)

// ImageResult closes a call.
type ImageResult struct {
	// Images has at least one picture. The bytes are passed on unchecked: the caller checks that they match
	// MIMEType.
	Images []File
	// RevisedPrompt is the prompt that the provider used instead; empty when it reported none.
	RevisedPrompt string
	Finish        Finish
	// RawFinish is the provider's own value, for the log.
	RawFinish string
	Usage     Usage
	// Model is the model that answered.
	Model      string
	ResponseID string
	RequestID  string
}

// File is a small file held in memory.
type File struct {
	Bytes []byte
	// MIMEType is the type that the provider states.
	MIMEType string
}
