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

// edit changes the steps of a locked plan, updates the chats of an applied plan accordingly, and increments
// the revision.
func (s *Service) edit(ctx context.Context, tx *store.Tx, p *ent.Plan, change func(steps []*ent.PlanStep) error) (*ent.Plan, error) {
	before, err := stepsIn(ctx, tx, p.ID)
	if err != nil {
		return nil, err
	}
	// The briefs before the change show which chats the change affects.
	previous := s.briefs(p, before)
	if err := change(before); err != nil {
		return nil, err
	}
	// Only an applied plan has chats.
	if p.AppliedAt != nil {
		if err := s.updateChats(ctx, tx, p, previous); err != nil {
			return nil, err
		}
	}
	return touch(ctx, tx, p)
}

// updateChats opens chats for new steps and updates the chats whose brief has changed. [chat.Service.Rebrief]
// overwrites only what still equals the previous brief, so that edits of the user in a chat remain.
func (s *Service) updateChats(ctx context.Context, tx *store.Tx, p *ent.Plan, previous map[oid.PlanStep]chat.Brief) error {
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
		if steps[at].ChatID == nil || reflect.DeepEqual(previous[id], brief) {
			continue
		}
		if err := s.Chats.Rebrief(ctx, tx, p.UserID, *steps[at].ChatID, previous[id], brief); err != nil {
			return err
		}
	}
	return nil
}

// briefs returns the briefs of all steps of a plan.
func (s *Service) briefs(p *ent.Plan, steps []*ent.PlanStep) map[oid.PlanStep]chat.Brief {
	out := make(map[oid.PlanStep]chat.Brief, len(steps))
	for _, st := range steps {
		out[st.ID] = s.brief(p, steps, st)
	}
	return out
}

// brief is what a step gives its chat. It depends on the neighbours, since the instruction names the next
// step.
func (s *Service) brief(p *ent.Plan, steps []*ent.PlanStep, st *ent.PlanStep) chat.Brief {
	return chat.Brief{
		Title: chatTitle(st), Model: s.chatModel(st), Instruction: briefing(p, steps, st), Prompts: st.Prompts,
	}
}

// chatTitle is the title of a step's chat, with its position in the plan.
func chatTitle(st *ent.PlanStep) string {
	return text.Truncate(fmt.Sprintf("%d. %s", st.Position, st.Title), chat.MaxTitleChars)
}

// chatModel is the model that answers in a step's chat: the step's own for text, the default one for an image
// or a video, with which the user can discuss the result.
func (s *Service) chatModel(st *ent.PlanStep) string {
	if catalog.Kind(st.Kind) == catalog.Text {
		return st.Model
	}
	return s.Catalog.Default().ID
}
