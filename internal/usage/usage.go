// Package usage is the ledger: it holds, settles and releases what runs may use, and records once per run
// what they used.
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

// Tokens is the usage of a run with the source of the count.
type Tokens struct {
	Input, Output, Cached int64
	// CacheWrite and ImageInput are parts of Input that can have their own prices. ImageOutput is a part of
	// Output.
	CacheWrite, ImageInput, ImageOutput int64
	// Images and VideoMs count the results.
	Images, VideoMs int64
	Source          entusage.Source
}

// Row is the usage of one run.
type Row struct {
	Run  oid.Run
	User oid.User
	// Chat, Message and Job are nil where the run has none.
	Chat    *oid.Chat
	Message *oid.Message
	Job     *oid.Job
	Purpose entusage.Purpose
	// Charged is false for runs that cost the user nothing.
	Charged bool
	// Model is the model that answered, by the provider's name. ModelID is the catalogue's id.
	Model, ModelID string
	Tokens         Tokens
	// Size and Quality are those of images, which determine their price.
	Size    string
	Quality catalog.Quality
	// Resolution and OrderedMs are those of videos. The ordered length determines the price; 0 for the length
	// that was produced.
	Resolution string
	OrderedMs  int64
	// IsOwnKey says that the user's provider key paid.
	IsOwnKey bool
	// Key is the API key that ordered the run. The ledger fills it in from the hold.
	Key *oid.APIKey
}

// consumed is what prices are applied to. A video is billed by its length, so its tokens do not count.
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

// record inserts the usage of a run. The run is the primary key and a job has one row, so a second insert
// fails and rolls back.
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

// FromProvider is the usage that a provider reported.
func FromProvider(u ai.Usage) Tokens {
	return Tokens{
		Input: u.Input, Output: u.Output, Cached: u.CachedInput, CacheWrite: u.CacheWrite,
		ImageInput: u.ImageInput, ImageOutput: u.ImageOutput, Source: entusage.SourceProvider,
	}
}

// Of returns the provider's count, or an estimate from the texts where it reported none.
func Of(u ai.Usage, req ai.TextRequest, output string) Tokens {
	if u.Known {
		return FromProvider(u)
	}
	in := Estimate(req.Instruction)
	for _, t := range req.Turns {
		in += Estimate(t.Text)
	}
	return Tokens{Input: in, Output: Estimate(output), Source: entusage.SourceEstimated}
}

// Estimate estimates the tokens of a text: four ASCII characters per token, and one token for any other
// character. Tokenizers differ. The estimate is high for Korean.
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

// AtMost is an upper bound for the tokens of a text: three ASCII characters per token, and half the bytes of
// any other character, which is two tokens per Hangul syllable. ai.EstimateTokens is the mean of present
// tokenizers, which Korean text usually exceeds. A rare syllable takes three tokens. A text beyond even this
// bound fails with ContextLength, and is sent again with half the room.
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
