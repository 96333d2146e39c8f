// Package usage records what runs consumed, once each.
package usage

import (
	"context"
	"fmt"
	"unicode/utf8"

	"github.com/weav-ai/weav/ent"
	entusage "github.com/weav-ai/weav/ent/usage"
	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
)

// Tokens is what a run consumed, and who counted.
type Tokens struct {
	Input, Output, Cached int64
	// Images and VideoMs count what was made.
	Images, VideoMs int64
	Source          entusage.Source
}

// Row is the usage of one run.
type Row struct {
	Run  oid.Run
	User oid.User
	// Chat, Message and Job are nil where it belongs to none.
	Chat    *oid.Chat
	Message *oid.Message
	Job     *oid.Job
	Purpose entusage.Purpose
	// Charged is false for what costs the person nothing.
	Charged bool
	// Model is the model that answered, as the provider names it, ModelID the one of the catalogue.
	Model, ModelID string
	Tokens         Tokens
	// Size and Quality are those of images, which have their price by them.
	Size    string
	Quality catalog.Quality
	// IsOwnKey says that the person's own key paid.
	IsOwnKey bool
	// Key is the API key that asked; the ledger knows it.
	Key *oid.APIKey
}

// consumed is what the run used, as prices count: that of an image or a video has its tokens in it.
func (r Row) consumed() catalog.Consumed {
	if r.Tokens.Images > 0 || r.Tokens.VideoMs > 0 {
		return catalog.Consumed{Images: r.Tokens.Images, Size: r.Size, Quality: r.Quality, VideoMs: r.Tokens.VideoMs}
	}
	return catalog.Consumed{Input: r.Tokens.Input, CachedInput: r.Tokens.Cached, Output: r.Tokens.Output}
}

// record writes the row of a run. The run is its key, and a job has one row: a second is an error, and rolls back.
func record(ctx context.Context, tx *store.Tx, r Row, day string, cost *int64) error {
	err := tx.Client().Usage.Create().
		SetID(r.Run).SetUserID(r.User).SetNillableChatID(r.Chat).SetNillableMessageID(r.Message).SetNillableJobID(r.Job).
		SetPurpose(r.Purpose).SetIsCharged(r.Charged).SetModel(r.Model).SetModelID(r.ModelID).SetNillableAPIKeyID(r.Key).
		SetIsOwnKey(r.IsOwnKey).SetDay(day).SetNillableCostMicros(cost).
		SetInputTokens(r.Tokens.Input).SetOutputTokens(r.Tokens.Output).SetCachedInputTokens(r.Tokens.Cached).
		SetImages(r.Tokens.Images).SetVideoMs(r.Tokens.VideoMs).SetSource(r.Tokens.Source).Exec(ctx)
	if err != nil {
		return fmt.Errorf("usage: record: %w", err)
	}
	return nil
}

// ForRun returns the usage of one run; nil when it has none.
func ForRun(ctx context.Context, c *ent.Client, run oid.Run) (*ent.Usage, error) {
	row, err := c.Usage.Get(ctx, run)
	if ent.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("usage: read: %w", err)
	}
	return row, nil
}

// Of returns the provider's count, or an estimate from the texts when it told none.
func Of(u ai.Usage, req ai.TextRequest, output string) Tokens {
	if u.Known {
		return Tokens{Input: u.Input, Output: u.Output, Cached: u.CachedInput, Source: entusage.SourceProvider}
	}
	in := Estimate(req.Instruction)
	for _, t := range req.Turns {
		in += Estimate(t.Text)
	}
	return Tokens{Input: in, Output: Estimate(output), Source: entusage.SourceEstimated}
}

// Estimate reckons the tokens of a text: four ASCII characters to a token, one for any
// other character. Providers' tokenizers differ; this errs to the high side for Korean.
func Estimate(s string) int64 {
	ascii, other := 0, 0
	for _, r := range s {
		if r < 0x80 {
			ascii++
		} else {
			other++
		}
	}
	return int64((ascii+3)/4 + other)
}

// AtMost is an upper estimate of a text's tokens: three ASCII characters to a token, and half the bytes of any
// other, so two tokens to a Hangul syllable. ai.EstimateTokens is the mean of today's tokenizers, which Korean
// exceeds with most of them; a rare syllable can take three. Text beyond even this meets ContextLength,
// and is asked again with half the room.
func AtMost(s string) int64 {
	ascii, others := 0, 0
	for _, r := range s {
		if r < utf8.RuneSelf {
			ascii++
		} else {
			others += (utf8.RuneLen(r) + 1) / 2
		}
	}
	return int64((ascii+2)/3 + others)
}
