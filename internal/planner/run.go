package planner

import (
	"context"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/planstep"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/chat"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/job"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/text"
	"github.com/weav-ai/weav/internal/usage"
)

// RunInput is a step to run.
type RunInput struct {
	StepID      string
	PromptIndex int
	// Prompt replaces the prompt of the step.
	Prompt *string
	IfHead chat.Expect
	// MaxCost refuses work that may cost more; nil for no limit.
	MaxCost *usage.Money `json:",omitempty"`
	Key     string
}

// Begun is what a step started: a reply or a job.
type Begun struct {
	Step  oid.PlanStep
	Reply oid.Message
	Job   oid.Job
}

// Run starts a step of an applied plan of user in its chat, once per key.
func (s *Service) Run(ctx context.Context, user oid.User, in RunInput) (Begun, error) {
	var begun Begun
	key := store.Key{User: user, Key: in.Key, Input: in}
	_, err := s.Store.Once(ctx, key, &begun, func(ctx context.Context, tx *store.Tx) (err error) {
		begun, err = s.run(ctx, tx, user, in)
		return err
	})
	return begun, err
}

// run is Run within a transaction; a quote rolls it back.
func (s *Service) run(ctx context.Context, tx *store.Tx, user oid.User, in RunInput) (Begun, error) {
	if in.Prompt != nil {
		if err := text.Check("prompt", *in.Prompt, 1, MaxPromptChars); err != nil {
			return Begun{}, err
		}
	}
	st, prompt, err := s.toRun(ctx, tx, user, in)
	if err != nil {
		return Begun{}, err
	}
	begun := Begun{Step: st.ID}
	if catalog.Kind(st.Kind) == catalog.Text {
		begun.Reply, err = s.Chats.Ask(ctx, tx, user, *st.ChatID, in.IfHead, prompt, in.MaxCost)
		return begun, err
	}
	begun.Job, err = s.jobs.Order(ctx, tx, user, job.CreateInput{
		Work: workOf(st, prompt), ChatID: chatOf(st), IfHead: in.IfHead, StoreResult: true, OnLimit: job.Refuse, MaxCost: in.MaxCost,
	})
	return begun, err
}

// toRun returns a step of user that has a chat, and the prompt to start it with.
func (s *Service) toRun(ctx context.Context, tx *store.Tx, user oid.User, in RunInput) (*ent.PlanStep, string, error) {
	id, err := oid.Parse[oid.PlanStep](in.StepID)
	if err != nil {
		return nil, "", errNotFound()
	}
	st, err := found(tx.Client().PlanStep.Query().Where(planstep.ID(id), planstep.UserID(user)).Only(ctx))
	switch {
	case err != nil:
		return nil, "", err
	case st.ChatID == nil:
		return nil, "", errs.Input(errs.InvalidValue, "stepId", "This step has no chat. Apply its plan first.")
	case in.Prompt != nil:
		return st, *in.Prompt, nil
	case in.PromptIndex < 0 || in.PromptIndex >= len(st.Prompts):
		return nil, "", errs.Input(errs.InvalidValue, "promptIndex", "This step has %d prompts, counted from 0.", len(st.Prompts))
	}
	return st, st.Prompts[in.PromptIndex], nil
}

// workOf is the job of a step that makes an image or a video, with the defaults of the step's model.
func workOf(st *ent.PlanStep, prompt string) job.Work {
	if catalog.Kind(st.Kind) == catalog.Image {
		return job.Work{Image: &job.ImageWork{ModelID: &st.Model, Prompt: prompt}}
	}
	return job.Work{Video: &job.VideoWork{ModelID: &st.Model, Prompt: prompt}}
}

// chatOf is the id of a step's chat in the form of the API.
func chatOf(st *ent.PlanStep) *string {
	id := st.ChatID.String()
	return &id
}
