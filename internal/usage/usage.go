// Package usage records what runs consumed, once each.
package usage

import (
	"cmp"
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
	// CacheWrite and ImageInput are parts of Input that can have prices of their own, ImageOutput is one of Output.
	CacheWrite, ImageInput, ImageOutput int64
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
	// Resolution and OrderedMs are those of videos, whose price is by the length that was ordered; zero: as it was made.
	Resolution string
	OrderedMs  int64
	// IsOwnKey says that the person's own key paid.
	IsOwnKey bool
	// Key is the API key that asked; the ledger knows it.
	Key *oid.APIKey
}

// consumed is what the run used, as prices count: that of a video has its tokens in it.
func (r Row) consumed() catalog.Consumed {
	t := r.Tokens
	if t.VideoMs > 0 {
		return catalog.Consumed{VideoMs: cmp.Or(r.OrderedMs, t.VideoMs), Resolution: r.Resolution}
	}
	return catalog.Consumed{
		Input: t.Input, CachedInput: t.Cached, CacheWrite: t.CacheWrite, ImageInput: t.ImageInput,
		Output: t.Output, ImageOutput: t.ImageOutput, Images: t.Images, Size: r.Size, Quality: r.Quality,
	}
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

// Told is a provider's count.
func Told(u ai.Usage) Tokens {
	return Tokens{
		Input: u.Input, Output: u.Output, Cached: u.CachedInput, CacheWrite: u.CacheWrite,
		ImageInput: u.ImageInput, ImageOutput: u.ImageOutput, Source: entusage.SourceProvider,
	}
}

// Of returns the provider's count, or an estimate from the texts when it told none.
func Of(u ai.Usage, req ai.TextRequest, output string) Tokens {
	if u.Known {
		return Told(u)
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
