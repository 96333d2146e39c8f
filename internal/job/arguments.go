package job

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/weav-ai/weav/ent"
	entjob "github.com/weav-ai/weav/ent/job"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/text"
)

const (
	// MaxSystemPromptChars is the longest system prompt of a text, in code points.
	MaxSystemPromptChars = 2000
	// defaultOutputTokens is the most tokens of a text when nobody says.
	defaultOutputTokens = 1024
	maxTemperature      = 2
	// aspectTolerance is how far a size may be from the aspect asked for.
	aspectTolerance = 0.05
)

// Work is what to make: exactly one field is set. Nil fields below mean the default.
type Work struct {
	Text  *TextWork
	Image *ImageWork
	Video *VideoWork
}

// TextWork is a text to write.
type TextWork struct {
	ModelID         *string
	Prompt          string
	SystemPrompt    *string
	Temperature     *float64
	MaxOutputTokens *int
}

// ImageWork is an image to make; Size and Aspect exclude each other.
type ImageWork struct {
	ModelID *string
	Prompt  string
	Size    *string
	Aspect  *string
	Quality *catalog.Quality
}

// VideoWork is a video to make.
type VideoWork struct {
	ModelID    *string
	Prompt     string
	Seconds    *int
	Resolution *string
	Aspect     *string
	Style      *string
}

// Arguments are what was ordered, defaults applied: TextArguments, ImageArguments, VideoArguments, PlanArguments,
// PromptsArguments or ExportArguments.
type Arguments interface{ IsJobArguments() }

// TextArguments are the arguments of a text.
type TextArguments struct {
	Prompt          string   `json:"prompt"`
	SystemPrompt    string   `json:"systemPrompt"`
	Temperature     *float64 `json:"temperature,omitempty"`
	MaxOutputTokens int      `json:"maxOutputTokens"`
}

// ImageArguments are the arguments of an image.
type ImageArguments struct {
	Prompt  string          `json:"prompt"`
	Size    string          `json:"size"`
	Quality catalog.Quality `json:"quality"`
}

// VideoArguments are the arguments of a video.
type VideoArguments struct {
	Prompt     string  `json:"prompt"`
	Seconds    int     `json:"seconds"`
	Resolution string  `json:"resolution"`
	Aspect     string  `json:"aspect"`
	Style      *string `json:"style,omitempty"`
}

// PlanArguments are the arguments of a plan.
type PlanArguments struct {
	Goal string `json:"goal"`
	// BudgetMicros is the most it should cost, in millionths of a US dollar; nil for no limit.
	BudgetMicros *int64 `json:"budgetMicros,omitempty"`
	// PlanID and FromStep say which steps of which plan are planned again; nil for a new plan.
	PlanID   *oid.Plan     `json:"planId,omitempty"`
	FromStep *oid.PlanStep `json:"fromStep,omitempty"`
	// Wish is what to do otherwise.
	Wish string `json:"wish,omitempty"`
	// Language is that of the person, for a goal too short to tell.
	Language string `json:"language"`
	// IsTest and Models are what the API key that ordered it may ask: the steps are made with no other models. False and nil for
	// a session's. Ordering it sets them.
	IsTest bool     `json:"isTest,omitempty"`
	Models []string `json:"models,omitempty"`
}

// PromptsArguments are the arguments of prompts for a chat.
type PromptsArguments struct {
	Count int `json:"count"`
}

// ExportArguments are the arguments of an export.
type ExportArguments struct {
	// IncludesFiles says whether the bytes of files and artifacts are in it.
	IncludesFiles bool `json:"includesFiles"`
}

// IsJobArguments implements Arguments.
func (*ExportArguments) IsJobArguments() {}

// IsJobArguments implements Arguments.
func (*PlanArguments) IsJobArguments() {}

// IsJobArguments implements Arguments.
func (*PromptsArguments) IsJobArguments() {}

// IsJobArguments implements Arguments.
func (*TextArguments) IsJobArguments() {}

// IsJobArguments implements Arguments.
func (*ImageArguments) IsJobArguments() {}

// IsJobArguments implements Arguments.
func (*VideoArguments) IsJobArguments() {}

// ArgumentsOf reads the arguments of a job.
func ArgumentsOf(j *ent.Job) (Arguments, error) {
	switch j.Kind {
	case entjob.KindText:
		return read[TextArguments](j)
	case entjob.KindImage:
		return read[ImageArguments](j)
	case entjob.KindPlan:
		return read[PlanArguments](j)
	case entjob.KindPrompts:
		return read[PromptsArguments](j)
	case entjob.KindExport:
		return read[ExportArguments](j)
	default:
		return read[VideoArguments](j)
	}
}

func read[T any](j *ent.Job) (*T, error) {
	args, err := decode[T](j.Arguments)
	if err != nil {
		return nil, fmt.Errorf("%w of %s", err, j.ID)
	}
	return args, nil
}

func decode[T any](raw json.RawMessage) (*T, error) {
	var args T
	if err := json.Unmarshal(raw, &args); err != nil {
		return nil, fmt.Errorf("job: arguments: %w", err)
	}
	return &args, nil
}

// order is work that was checked against its model.
type order struct {
	kind   entjob.Kind
	model  catalog.Model
	prompt string
	args   json.RawMessage
}

// check makes an order of the work, or returns all that is wrong with it.
func (s *Service) check(w Work) (order, error) {
	switch {
	case w.members() != 1: // The executor does not hold inputs to @oneOf that come in variables.
		return order{}, errs.New(errs.BadUserInput, "`work` needs exactly one of `text`, `image` and `video`.")
	case w.Text != nil:
		return s.checkText(*w.Text)
	case w.Image != nil:
		return s.checkImage(*w.Image)
	default:
		return s.checkVideo(*w.Video)
	}
}

// members counts what is set.
func (w Work) members() (n int) {
	for _, set := range []bool{w.Text != nil, w.Image != nil, w.Video != nil} {
		if set {
			n++
		}
	}
	return n
}

func (s *Service) checkText(w TextWork) (order, error) {
	m, err := s.model(catalog.Text, w.ModelID, "text")
	if err != nil {
		return order{}, err
	}
	var c text.Checker
	args := TextArguments{Prompt: w.Prompt, Temperature: w.Temperature, MaxOutputTokens: min(defaultOutputTokens, m.MaxOutputTokens)}
	c.Text("work.text.prompt", w.Prompt, 1, m.MaxInputChars)
	if w.SystemPrompt != nil {
		c.Text("work.text.systemPrompt", *w.SystemPrompt, 0, MaxSystemPromptChars)
		args.SystemPrompt = *w.SystemPrompt
	}
	if t := w.Temperature; t != nil && (math.IsNaN(*t) || *t < 0 || *t > maxTemperature) {
		c.Fail(errs.InvalidValue, "work.text.temperature", "The temperature must be from 0 to 2.")
	}
	if n := w.MaxOutputTokens; n != nil {
		args.MaxOutputTokens = *n
		if *n < 1 || *n > m.MaxOutputTokens {
			c.Fail(errs.InvalidValue, "work.text.maxOutputTokens", "The model %s writes 1 to %d tokens.", m.ID, m.MaxOutputTokens)
		}
	}
	return ordered(entjob.KindText, m, w.Prompt, args, c.Err())
}

func (s *Service) checkImage(w ImageWork) (order, error) {
	m, err := s.model(catalog.Image, w.ModelID, "image")
	if err != nil {
		return order{}, err
	}
	var c text.Checker
	c.Text("work.image.prompt", w.Prompt, 1, m.MaxInputChars)
	args := ImageArguments{Prompt: w.Prompt, Size: m.Image.Sizes[0], Quality: m.Image.Qualities[0]}
	switch {
	case w.Size != nil && w.Aspect != nil:
		c.Fail(errs.InvalidValue, "work.image.aspect", "Give `size` or `aspect`, not both.")
	case w.Size != nil:
		args.Size = oneOf(&c, "work.image.size", *w.Size, m.Image.Sizes)
	case w.Aspect != nil:
		args.Size = sizeOf(&c, *w.Aspect, m.Image.Sizes)
	}
	if w.Quality != nil {
		args.Quality = oneOf(&c, "work.image.quality", *w.Quality, m.Image.Qualities)
	}
	return ordered(entjob.KindImage, m, w.Prompt, args, c.Err())
}

func (s *Service) checkVideo(w VideoWork) (order, error) {
	m, err := s.model(catalog.Video, w.ModelID, "video")
	if err != nil {
		return order{}, err
	}
	var c text.Checker
	c.Text("work.video.prompt", w.Prompt, 1, m.MaxInputChars)
	args := VideoArguments{
		Prompt: w.Prompt, Resolution: m.Video.Resolutions[0], Aspect: m.Video.Aspects[0], Style: w.Style,
	}
	if w.Resolution != nil {
		args.Resolution = oneOf(&c, "work.video.resolution", *w.Resolution, m.Video.Resolutions)
	}
	args.Seconds = m.Video.SecondsOf(args.Resolution)[0]
	if w.Seconds != nil {
		args.Seconds = oneOf(&c, "work.video.seconds", *w.Seconds, m.Video.Seconds)
	}
	if taken := m.Video.SecondsOf(args.Resolution); c.Err() == nil && !slices.Contains(taken, args.Seconds) {
		c.Fail(errs.InvalidValue, "work.video.seconds", "In %s this model makes films of %s seconds.", args.Resolution, list(taken))
	}
	if w.Aspect != nil {
		args.Aspect = oneOf(&c, "work.video.aspect", *w.Aspect, m.Video.Aspects)
	}
	if w.Style != nil {
		oneOf(&c, "work.video.style", *w.Style, m.Video.Styles)
	}
	return ordered(entjob.KindVideo, m, w.Prompt, args, c.Err())
}

func ordered(kind entjob.Kind, m catalog.Model, prompt string, args any, err error) (order, error) {
	if err != nil {
		return order{}, err
	}
	raw, err := json.Marshal(args)
	if err != nil {
		return order{}, fmt.Errorf("job: arguments: %w", err)
	}
	return order{kind: kind, model: m, prompt: prompt, args: raw}, nil
}

// model is the model named, or the default of its kind; member is the input's name of the kind.
func (s *Service) model(kind catalog.Kind, id *string, member string) (catalog.Model, error) {
	if id == nil {
		return s.catalog.DefaultOf(kind)
	}
	m, err := s.catalog.Usable(kind, *id)
	if faults, ok := errs.InputOf(err); ok {
		for i := range faults {
			faults[i].Path = []string{"input", "work", member, "modelId"}
		}
		return m, faults
	}
	return m, err
}

// oneOf makes sure that value is among those the model takes.
func oneOf[T comparable](c *text.Checker, field string, value T, taken []T) T {
	if !slices.Contains(taken, value) {
		c.Fail(errs.InvalidValue, field, "This model takes one of %s.", list(taken))
	}
	return value
}

func list[T any](values []T) string {
	words := make([]string, len(values))
	for i, v := range values {
		words[i] = fmt.Sprint(v)
	}
	return strings.Join(words, ", ")
}

// sizeOf is the first size whose shape is the aspect's, within the tolerance.
func sizeOf(c *text.Checker, aspect string, sizes []string) string {
	if want, ok := ratio(aspect); ok {
		for _, size := range sizes {
			w, h, _ := catalog.ParseSize(size)
			if got := float64(w) / float64(h); math.Abs(got/want-1) <= aspectTolerance {
				return size
			}
		}
	}
	c.Fail(errs.InvalidValue, "work.image.aspect", "This model has no size of that shape. It takes one of %s.", list(sizes))
	return ""
}

// ratio reads an aspect such as 16:9.
func ratio(aspect string) (float64, bool) {
	a, b, found := strings.Cut(aspect, ":")
	w, errW := strconv.ParseFloat(a, 64)
	h, errH := strconv.ParseFloat(b, 64)
	return w / h, found && errW == nil && errH == nil && w > 0 && h > 0 && !math.IsInf(w, 0) && !math.IsInf(h, 0)
}
