package planner

import (
	"context"
	"fmt"
	"reflect"
	"slices"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/chat"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/text"
)

// edit changes the steps of a locked plan, hands on to the chats of an applied one what that means for them, and
// counts the change.
func (s *Service) edit(ctx context.Context, tx *store.Tx, p *ent.Plan, change func(steps []*ent.PlanStep) error) (*ent.Plan, error) {
	before, err := stepsIn(ctx, tx, p.ID)
	if err != nil {
		return nil, err
	}
	told := s.briefs(p, before)
	if err := change(before); err != nil {
		return nil, err
	}
	if p.AppliedAt != nil {
		if err := s.hand(ctx, tx, p, told); err != nil {
			return nil, err
		}
	}
	return touch(ctx, tx, p)
}

// hand gives new steps their chats, and the chats of the others what changed since told.
func (s *Service) hand(ctx context.Context, tx *store.Tx, p *ent.Plan, told map[oid.PlanStep]chat.Brief) error {
	steps, err := stepsIn(ctx, tx, p.ID)
	if err != nil {
		return err
	}
	fresh := slices.DeleteFunc(slices.Clone(steps), func(st *ent.PlanStep) bool { return st.ChatID != nil })
	if err := s.openChats(ctx, tx, p, steps, fresh); err != nil {
		return err
	}
	for id, brief := range s.briefs(p, steps) {
		at := slices.IndexFunc(steps, func(st *ent.PlanStep) bool { return st.ID == id })
		if steps[at].ChatID == nil || reflect.DeepEqual(told[id], brief) {
			continue
		}
		if err := s.Chats.Rebrief(ctx, tx, p.UserID, *steps[at].ChatID, told[id], brief); err != nil {
			return err
		}
	}
	return nil
}

// briefs are what the steps of a plan give their chats.
func (s *Service) briefs(p *ent.Plan, steps []*ent.PlanStep) map[oid.PlanStep]chat.Brief {
	out := make(map[oid.PlanStep]chat.Brief, len(steps))
	for _, st := range steps {
		out[st.ID] = s.brief(p, steps, st)
	}
	return out
}

func (s *Service) brief(p *ent.Plan, steps []*ent.PlanStep, st *ent.PlanStep) chat.Brief {
	return chat.Brief{
		Title: chatTitle(st), Model: s.chatModel(st), Instruction: briefing(p, steps, st), Prompts: st.Prompts,
	}
}

// chatTitle is the title of a step's chat, with its place in the plan.
func chatTitle(st *ent.PlanStep) string {
	return text.Truncate(fmt.Sprintf("%d. %s", st.Position, st.Title), chat.MaxTitleChars)
}

// chatModel is the model that answers in a step's chat: its own, or for an image or a video the default one, which
// the person can talk to about what was made.
func (s *Service) chatModel(st *ent.PlanStep) string {
	if catalog.Kind(st.Kind) == catalog.Text {
		return st.Model
	}
	return s.Catalog.Default().ID
}
