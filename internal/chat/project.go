package chat

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/weav-ai/weav/ent"
	entchat "github.com/weav-ai/weav/ent/chat"
	entplan "github.com/weav-ai/weav/ent/plan"
	"github.com/weav-ai/weav/ent/planstep"
	"github.com/weav-ai/weav/ent/predicate"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/page"
)

// projectKind binds cursors to the lists of projects.
const projectKind = "project chats"

// In the cursors of a project, a chat stands at the position of its step, or among the rest.
const (
	atStep = "step"
	atRest = "rest"
)

// ListProject pages through the chats of a project's folder that are not archived: those of the plan's steps in the order of the plan,
// then the others as List has them. The cursor of an entry is that of its place in this list: a page begins behind it, whatever became of
// the chat that stood there.
func (s *Service) ListProject(ctx context.Context, f *ent.Folder, args page.Args) (*page.Result[*ent.Chat], func(*ent.Chat) string, error) {
	w, err := page.Parse(projectKind, args)
	if err != nil {
		return nil, nil, err
	}
	from, err := projectPlace(w.After)
	if err != nil {
		return nil, nil, err
	}
	positions, err := s.positions(ctx, f)
	if err != nil {
		return nil, nil, err
	}
	where := []predicate.Chat{entchat.UserID(f.UserID), entchat.FolderID(f.ID), entchat.DeletedAtIsNil(), entchat.IsArchived(false)}
	rows, err := s.stepChats(ctx, where, positions, from)
	if err != nil {
		return nil, nil, err
	}
	if missing := w.Limit + 1 - len(rows); missing > 0 {
		rest, err := s.read(ctx, append(where, entchat.IDNotIn(keys(positions)...)), from.rest, missing)
		if err != nil {
			return nil, nil, err
		}
		rows = append(rows, rest...)
	}
	cursor := func(c *ent.Chat) string {
		if position, ok := positions[c.ID]; ok {
			return page.Encode(projectKind, atStep, strconv.Itoa(position))
		}
		return page.Encode(projectKind, append([]string{atRest}, listKey(c)...)...)
	}
	more := len(rows) > w.Limit
	return &page.Result[*ent.Chat]{Items: rows[:min(len(rows), w.Limit)], HasNext: more, HasPrevious: w.After != nil}, cursor, nil
}

// projectFrom is where a page of a project begins: behind a step, or behind a key of the rest.
type projectFrom struct {
	position int
	rest     []string
}

func projectPlace(key []string) (projectFrom, error) {
	if key == nil {
		return projectFrom{}, nil
	}
	switch {
	case len(key) == 2 && key[0] == atStep:
		if position, err := strconv.Atoi(key[1]); err == nil && position > 0 {
			return projectFrom{position: position}, nil
		}
	case len(key) > 1 && key[0] == atRest:
		return projectFrom{rest: key[1:]}, nil
	}
	return projectFrom{}, page.BadCursor("after")
}

// positions are those of the chats of the plan that a folder was made from. A plan has few steps.
func (s *Service) positions(ctx context.Context, f *ent.Folder) (map[oid.Chat]int, error) {
	plans, err := s.store.Client().Plan.Query().Where(entplan.FolderID(f.ID), entplan.UserID(f.UserID)).IDs(ctx)
	if err != nil {
		return nil, fmt.Errorf("chat: plan of a folder: %w", err)
	}
	steps, err := s.store.Client().PlanStep.Query().Where(planstep.PlanIDIn(plans...), planstep.ChatIDNotNil()).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("chat: steps of a folder: %w", err)
	}
	positions := make(map[oid.Chat]int, len(steps))
	for _, st := range steps {
		positions[*st.ChatID] = st.Position
	}
	return positions, nil
}

// stepChats reads the chats of steps behind a place, in the order of the plan.
func (s *Service) stepChats(ctx context.Context, where []predicate.Chat, positions map[oid.Chat]int, from projectFrom) ([]*ent.Chat, error) {
	var behind []oid.Chat
	for id, position := range positions {
		if from.rest == nil && position > from.position {
			behind = append(behind, id)
		}
	}
	if len(behind) == 0 {
		return nil, nil
	}
	rows, err := s.store.Client().Chat.Query().Where(append(slices.Clone(where), entchat.IDIn(behind...))...).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("chat: chats of steps: %w", err)
	}
	slices.SortFunc(rows, func(a, b *ent.Chat) int {
		return cmp.Or(cmp.Compare(positions[a.ID], positions[b.ID]), slices.Compare(a.ID[:], b.ID[:]))
	})
	return rows, nil
}

func keys(positions map[oid.Chat]int) []oid.Chat {
	ids := make([]oid.Chat, 0, len(positions))
	for id := range positions {
		ids = append(ids, id)
	}
	return ids
}
