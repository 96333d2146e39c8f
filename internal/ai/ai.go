// Package ai is the port to the providers of models, and the router that selects one.
//
// A provider writes text (TextStreamer), makes pictures (ImageMaker) or makes videos (VideoMaker). Adapters
// translate a vendor's wire format and errors into these types; chats and jobs know nothing of vendors. Every
// adapter passes the same suites, aitest.
package ai

import (
	"context"
	"iter"
)

// TextStreamer writes text.
type TextStreamer interface {
	// StreamText yields deltas and then exactly one Final, or an *Error in its place; nothing follows either.
	// A provider stream that ends without its terminal event is an error of kind Interrupted. Deltas are
	// valid UTF-8, split only between code points, and free of U+0000 (CleanText). An event with neither
	// delta nor Final is a keep-alive of a provider that works without writing: it resets the watchdog of a
	// Retrying streamer and is not passed on.
	//
	// Cancelling ctx, or breaking the loop, closes the provider's connection within a second. A cancelled
	// stream yields an *Error of kind Canceled (Timeout when ctx's deadline passed: StopKind), whose Usage is
	// what the provider had reported by then. Each range over the result is a call of its own. Safe for
	// concurrent use.
	StreamText(ctx context.Context, req TextRequest) iter.Seq2[TextEvent, error]
}

// TextRequest is one text to write.
type TextRequest struct {
	// Model is the provider's own name of the model.
	Model string
	// Instruction is the system prompt; empty for none.
	Instruction string
	// Turns are the conversation, oldest first; the last one is the user's.
	Turns []Turn
	// Answer is the shape that the text must have; nil for free text.
	Answer *Shape
	// MaxOutputTokens caps the reply; zero leaves it to the provider.
	MaxOutputTokens int
	// Temperature is nil for the model's default.
	Temperature *float64
	// Purpose is what the text is for; the sandbox selects its answer by it.
	Purpose Purpose
	// EndUser is a hash that identifies the user, for providers that require one.
	EndUser string
	// JobKey identifies the work in the provider's log; empty for none.
	JobKey string
}

// Purpose is what a text is for.
type Purpose string

// The purposes.
const (
	PurposeReply Purpose = "reply"
	PurposeTitle Purpose = "title"
	// PurposePlan and PurposePrompts have an Answer.
	PurposePlan    Purpose = "plan"
	PurposePrompts Purpose = "prompts"
)

// Shape constrains a text to one JSON document. The deltas are its pieces, and together exactly the document.
// A provider may not satisfy the schema, so the caller validates the document. A provider without this
// feature yields an *Error of kind Unsupported.
type Shape struct {
	// Name identifies the shape to the provider: 1-64 of a-z, A-Z, 0-9, _ and -.
	Name string
	// Schema is a JSON Schema of the subset that all providers accept: an object whose properties are all
	// required, with additionalProperties false, made of object, array, string, integer, number, boolean and
	// enum.
	Schema map[string]any
}

// Role is the author of a turn.
type Role string

// The roles.
const (
	RoleUser      Role = "user"
	RoleAssistant Role = "assistant"
)

// Turn is one message of a conversation.
type Turn struct {
	Role Role
	Text string
	// Images are attached by the user, in order; only a user's turn has any. They are PNG, JPEG or WebP, as
	// MIMEType states.
	Images []File
}

// TextEvent is either a Delta or the Final, or neither: a keep-alive.
type TextEvent struct {
	Delta string
	// Final is set on the last event only.
	Final *TextResult
}

// TextResult closes a stream.
type TextResult struct {
	Finish Finish
	// RawFinish is the provider's own value, for the log.
	RawFinish string
	Usage     Usage
	// Model is the model that answered.
	Model      string
	ResponseID string
	RequestID  string
}

// Finish is why a text ended.
type Finish string

// The finish reasons. A provider's unknown value is FinishOther, never a failure: a new value must not break
// replies.
const (
	FinishStop          Finish = "stop"
	FinishLength        Finish = "length"
	FinishContentFilter Finish = "content_filter"
	FinishRefusal       Finish = "refusal"
	FinishOther         Finish = "other"
)

// Usage is what a call consumed. Known is false when the provider did not report it.
type Usage struct {
	Known bool
	// Input and Output are tokens. CachedInput, CacheWrite and ImageInput are disjoint parts of Input,
	// Reasoning and ImageOutput of Output. A part that the provider does not report is zero.
	Input       int64
	Output      int64
	CachedInput int64
	CacheWrite  int64
	ImageInput  int64
	Reasoning   int64
	ImageOutput int64
	// Images is how many pictures were made.
	Images int64
	// Seconds is the length of the video that was made.
	Seconds float64
}
