// Package ai is the port to the providers of models, and the router that picks one.
//
// A provider writes text (TextStreamer), makes pictures (ImageMaker) or makes videos
// (VideoMaker). Adapters translate a vendor's wire format and errors into these types; chats
// and jobs know nothing of vendors. Every adapter passes the same suites, aitest.
package ai

import (
	"context"
	"iter"
)

// TextStreamer writes text.
type TextStreamer interface {
	// StreamText yields deltas and then exactly one Final, or an *Error in its place;
	// nothing follows either. A provider stream that ends without its terminal event is an
	// error of kind Interrupted. Deltas are valid UTF-8, split only between code points, and
	// free of U+0000 (CleanText). An event with neither delta nor Final is a sign of life
	// of a provider that works without writing: it keeps a Retrying streamer's watchdog
	// quiet and is not passed on.
	//
	// Cancelling ctx, or breaking the loop, closes the provider's connection within a
	// second; a cancelled stream yields an *Error of kind Canceled (Timeout when it was ctx's
	// deadline: StopKind), whose Usage holds what the provider had told by then.
	// Each range over the result is a call of its own. Safe for concurrent use.
	StreamText(ctx context.Context, req TextRequest) iter.Seq2[TextEvent, error]
}

// TextRequest is one reply to write.
type TextRequest struct {
	// Model is the provider's own name of the model.
	Model string
	// Instruction is the system prompt; empty for none.
	Instruction string
	// Turns are the conversation, oldest first; the last is the person's.
	Turns []Turn
	// Answer is the shape that the text must have; nil for free text.
	Answer *Shape
	// MaxOutputTokens caps the reply; zero leaves it to the provider.
	MaxOutputTokens int
	// Temperature is nil for the model's default.
	Temperature *float64
	// Purpose says what the text is for; the sandbox shapes its answer by it.
	Purpose Purpose
	// EndUser is a hash that stands for the person, for providers that ask for one.
	EndUser string
	// JobKey names the piece of work in the provider's log; empty for none.
	JobKey string
}

// Purpose says what a text is for.
type Purpose string

// The purposes.
const (
	PurposeReply Purpose = "reply"
	PurposeTitle Purpose = "title"
	// PurposePlan and PurposePrompts have an Answer.
	PurposePlan    Purpose = "plan"
	PurposePrompts Purpose = "prompts"
)

// Shape constrains a text to one JSON document. The deltas are its pieces, and together the whole
// document and nothing else. A provider may fall short of its promise: the caller checks the document. A
// provider that cannot be held to a shape yields an *Error of kind Unsupported.
type Shape struct {
	// Name tells the provider what it is: 1-64 of a-z, A-Z, 0-9, _ and -.
	Name string
	// Schema is a JSON Schema of the common subset: an object whose properties are all required, with
	// additionalProperties false, made of object, array, string, integer, number, boolean and enum.
	Schema map[string]any
}

// Role says who wrote a turn.
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
	// Images are what the person attached, in order; only a person's turn has any. They are PNG,
	// JPEG or WebP, as MIMEType says.
	Images []File
}

// TextEvent is either a Delta or the Final, or neither: a sign of life.
type TextEvent struct {
	Delta string
	// Final is set on the last event only.
	Final *TextResult
}

// TextResult closes a stream.
type TextResult struct {
	Finish Finish
	// RawFinish is the provider's own word, for the log.
	RawFinish string
	Usage     Usage
	// Model is the model that really answered.
	Model      string
	ResponseID string
	RequestID  string
}

// Finish says why a text ended.
type Finish string

// The finish reasons. A provider's unknown word is FinishOther, never a failure.
const (
	FinishStop          Finish = "stop"
	FinishLength        Finish = "length"
	FinishContentFilter Finish = "content_filter"
	FinishRefusal       Finish = "refusal"
	FinishOther         Finish = "other"
)

// Usage is what a call consumed. Known is false when the provider did not tell.
type Usage struct {
	Known bool
	// Input and Output are tokens. CachedInput, CacheWrite and ImageInput are parts of the one that exclude each other, Reasoning and
	// ImageOutput of the other. A provider that does not tell of a part leaves it zero.
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
