package export

import (
	"time"

	"github.com/weav-ai/weav/ent"
	entjob "github.com/weav-ai/weav/ent/job"
	"github.com/weav-ai/weav/internal/job"
)

// jobWithSteps is a job with its timeline.
type jobWithSteps struct {
	*ent.Job

	steps []*ent.JobStep
}

// jobRecord is an element of jobs.json.
type jobRecord struct {
	ID                string     `json:"id"`
	Kind              string     `json:"kind"`
	Model             *string    `json:"model"`
	Provider          string     `json:"provider"`
	AnsweredBy        *string    `json:"answeredBy"`
	Arguments         any        `json:"arguments"`
	IsOwnKey          bool       `json:"isOwnKey"`
	StoreResult       bool       `json:"storeResult"`
	Status            string     `json:"status"`
	Attempt           int        `json:"attempt"`
	FinishReason      *string    `json:"finishReason"`
	FailureCode       *string    `json:"failureCode"`
	Text              *string    `json:"text"`
	RevisedPrompt     *string    `json:"revisedPrompt"`
	InputTokens       *int64     `json:"inputTokens"`
	OutputTokens      *int64     `json:"outputTokens"`
	CachedInputTokens *int64     `json:"cachedInputTokens"`
	Images            *int64     `json:"images"`
	VideoMs           *int64     `json:"videoMs"`
	UsageSource       *string    `json:"usageSource"`
	ChatID            *string    `json:"chatId"`
	MessageID         *string    `json:"messageId"`
	PlanID            *string    `json:"planId"`
	RetryOf           *string    `json:"retryOfId"`
	CreatedAt         time.Time  `json:"createdAt"`
	StartedAt         *time.Time `json:"startedAt"`
	EndedAt           *time.Time `json:"endedAt"`
	ExpiresAt         *time.Time `json:"expiresAt"`
	Timeline          []jobStep  `json:"timeline"`
}

// jobStep is a step of a job's timeline.
type jobStep struct {
	Type      string    `json:"type"`
	Attempt   *int      `json:"attempt"`
	Code      *string   `json:"code"`
	WaitMs    *int64    `json:"waitMs"`
	CreatedAt time.Time `json:"createdAt"`
}

// jobOf lists the exported fields of a job. Internal ones, such as its run and lease, are left out.
func jobOf(w jobWithSteps) jobRecord {
	j := w.Job
	out := jobRecord{
		ID: j.ID.String(), Kind: string(j.Kind), Model: nonEmpty(j.Model), Provider: j.Provider, AnsweredBy: j.AnsweredBy, Arguments: argumentsOf(j),
		IsOwnKey: j.IsOwnKey, StoreResult: j.StoreResult, Status: string(j.Status), Attempt: j.Attempt,
		FinishReason: name(j.FinishReason), FailureCode: j.FailureCode, RevisedPrompt: nonEmpty(j.RevisedPrompt),
		InputTokens: j.InputTokens, OutputTokens: j.OutputTokens, CachedInputTokens: j.CachedInputTokens, Images: j.Images, VideoMs: j.VideoMs,
		UsageSource: name(j.UsageSource), ChatID: ref(j.ChatID), MessageID: ref(j.MessageID), PlanID: ref(j.PlanID), RetryOf: ref(j.RetryOfID),
		CreatedAt: j.CreatedAt.UTC(), StartedAt: utc(j.StartedAt), EndedAt: utc(j.EndedAt), ExpiresAt: utc(j.ExpiresAt), Timeline: []jobStep{},
	}
	if j.Kind == entjob.KindText { // The text of other kinds is the JSON of a plan or of prompts.
		out.Text = nonEmpty(j.Text)
	}
	for _, s := range w.steps {
		out.Timeline = append(out.Timeline, jobStep{string(s.Type), s.Attempt, s.Code, s.WaitMs, s.CreatedAt.UTC()})
	}
	return out
}

// argumentsOf are a job's arguments with ids in the form of the API.
func argumentsOf(j *ent.Job) any {
	args, err := job.ArgumentsOf(j)
	if err != nil {
		return j.Arguments // They cannot be decoded, so they are exported as stored.
	}
	p, ok := args.(*job.PlanArguments)
	if !ok {
		return args
	}
	return struct {
		Goal         string  `json:"goal"`
		BudgetMicros *int64  `json:"budgetMicros"`
		PlanID       *string `json:"planId"`
		FromStepID   *string `json:"fromStepId"`
		Wish         string  `json:"wish"`
	}{p.Goal, p.BudgetMicros, ref(p.PlanID), ref(p.FromStep), p.Wish}
}

// usageRecord is an element of usage.json.
type usageRecord struct {
	Day               string    `json:"day"`
	At                time.Time `json:"at"`
	Purpose           string    `json:"purpose"`
	Model             string    `json:"model"`
	ChatID            *string   `json:"chatId"`
	MessageID         *string   `json:"messageId"`
	JobID             *string   `json:"jobId"`
	APIKeyID          *string   `json:"apiKeyId"`
	IsCharged         bool      `json:"isCharged"`
	IsOwnKey          bool      `json:"isOwnKey"`
	CostMicros        *int64    `json:"costMicros"`
	InputTokens       int64     `json:"inputTokens"`
	OutputTokens      int64     `json:"outputTokens"`
	CachedInputTokens int64     `json:"cachedInputTokens"`
	Images            int64     `json:"images"`
	VideoMs           int64     `json:"videoMs"`
	Source            string    `json:"source"`
}

// usageOf names the model by the catalogue's id. Rows that are older than the catalogue have the provider's
// name only.
func usageOf(u *ent.Usage) usageRecord {
	model := u.ModelID
	if model == "" {
		model = u.Model
	}
	return usageRecord{
		u.Day, u.CreatedAt.UTC(), string(u.Purpose), model, ref(u.ChatID), ref(u.MessageID), ref(u.JobID), ref(u.APIKeyID), u.IsCharged, u.IsOwnKey,
		u.CostMicros, u.InputTokens, u.OutputTokens, u.CachedInputTokens, u.Images, u.VideoMs, string(u.Source),
	}
}
