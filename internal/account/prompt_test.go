package account_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/prompt"
	"github.com/weav-ai/weav/internal/account"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/page"
	"github.com/weav-ai/weav/internal/store"
)

func createPrompt(t *testing.T, s *account.Service, user oid.User, title string) *ent.Prompt {
	t.Helper()
	p, err := s.CreatePrompt(t.Context(), user, account.PromptInput{Title: title, Content: "Do it.", Key: title})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestCreatePrompt(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, st *store.Store, s *account.Service, c *clock) {
		in := signIn(t, s, "ada@example.com")
		input := account.PromptInput{Title: "제목", Description: "What", Content: "Do it.", Key: "k"}
		first, err := s.CreatePrompt(t.Context(), in.User.ID, input)
		if err != nil {
			t.Fatal(err)
		}
		if first.Title != "제목" || first.Description != "What" || first.Content != "Do it." || first.Revision != 1 || !first.CreatedAt.Equal(c.Now()) {
			t.Errorf("prompt = %v", first)
		}
		again, err := s.CreatePrompt(t.Context(), in.User.ID, input)
		if err != nil || again.ID != first.ID {
			t.Errorf("the same key gave %v, %v, want %v", again, err, first.ID)
		}
		input.Content = "Do something else."
		_, err = s.CreatePrompt(t.Context(), in.User.ID, input)
		wantCode(t, err, errs.IdempotencyConflict)
		wantEvents(t, st, in.User.ID, "prompt.saved")
	})
}

func TestCreatePromptRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		in   account.PromptInput
		want string
	}{
		{"nothing", account.PromptInput{}, "input.title REQUIRED, input.content REQUIRED"},
		{"too long", account.PromptInput{
			Title: strings.Repeat("가", 101), Description: strings.Repeat("가", 501), Content: strings.Repeat("가", 8001),
		}, "input.title TOO_LONG, input.description TOO_LONG, input.content TOO_LONG"},
		{"U+0000", account.PromptInput{Title: "a", Content: "\x00a"}, "input.content INVALID_CHARACTERS"},
	}
	each(t, func(t *testing.T, st *store.Store, s *account.Service, _ *clock) {
		in := signIn(t, s, "ada@example.com")
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				tt.in.Key = tt.name
				_, err := s.CreatePrompt(t.Context(), in.User.ID, tt.in)
				wantFaults(t, err, tt.want)
			})
		}
		_, err := s.CreatePrompt(t.Context(), in.User.ID, account.PromptInput{Title: "a", Content: "b"})
		wantCode(t, err, errs.BadUserInput) // No key.
		if n := st.Client().Prompt.Query().CountX(t.Context()); n != 0 {
			t.Errorf("%d prompts were made", n)
		}
	})
}

func TestPromptsAreNeverMoreThanTheLimit(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, st *store.Store, s *account.Service, _ *clock) {
		in := signIn(t, s, "ada@example.com")
		const room, callers = 10, 50
		rows := make([]*ent.PromptCreate, account.MaxPrompts-room)
		for i := range rows {
			rows[i] = st.Client().Prompt.Create().SetUserID(in.User.ID).SetTitle("t").SetContent("c")
		}
		st.Client().Prompt.CreateBulk(rows...).ExecX(t.Context())
		_, faults := parallel(t.Context(), callers, func(ctx context.Context, i int) (*ent.Prompt, error) {
			return s.CreatePrompt(ctx, in.User.ID, account.PromptInput{Title: "t", Content: "c", Key: fmt.Sprint(i)})
		})
		refused := 0
		for _, err := range faults {
			if err != nil {
				refused++
				wantFaults(t, err, "input LIMIT_REACHED")
			}
		}
		if n := st.Client().Prompt.Query().CountX(t.Context()); n != account.MaxPrompts || refused != callers-room {
			t.Errorf("%d prompts, %d refused, want %d and %d", n, refused, account.MaxPrompts, callers-room)
		}
		createPrompt(t, s, signIn(t, s, "bob@example.com").User.ID, "another person's")
	})
}

func TestUpdatePrompt(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, st *store.Store, s *account.Service, c *clock) {
		in := signIn(t, s, "ada@example.com")
		id := createPrompt(t, s, in.User.ID, "old").ID.String()
		c.advance(time.Minute)
		p, err := s.UpdatePrompt(t.Context(), in.User.ID, id, account.PromptChange{Title: ptr("new"), IfRevision: ptr(1)})
		if err != nil || p.Title != "new" || p.Content != "Do it." || p.Revision != 2 || !p.UpdatedAt.Equal(c.Now()) {
			t.Errorf("UpdatePrompt = %v, %v", p, err)
		}
		_, err = s.UpdatePrompt(t.Context(), in.User.ID, id, account.PromptChange{Title: ptr("newer"), IfRevision: ptr(1)})
		if got := revisionOf(t, err); got != 2 {
			t.Errorf("the conflict tells revision %v, want 2", got)
		}
		_, err = s.UpdatePrompt(t.Context(), in.User.ID, id, account.PromptChange{Title: ptr(" "), Content: ptr("")})
		wantFaults(t, err, "input.title REQUIRED, input.content REQUIRED")
		wantEvents(t, st, in.User.ID, "prompt.saved", "prompt.saved")
	})
}

func TestDeletePrompt(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, st *store.Store, s *account.Service, _ *clock) {
		in := signIn(t, s, "ada@example.com")
		id := createPrompt(t, s, in.User.ID, "gone").ID
		if err := s.DeletePrompt(t.Context(), in.User.ID, id.String()); err != nil {
			t.Fatal(err)
		}
		wantCode(t, s.DeletePrompt(t.Context(), in.User.ID, id.String()), errs.NotFound)
		_, err := s.CreatePrompt(t.Context(), in.User.ID, account.PromptInput{Title: "gone", Content: "Do it.", Key: "gone"})
		wantCode(t, err, errs.NotFound) // The key returns a prompt that was deleted.
		wantEvents(t, st, in.User.ID, "prompt.saved", "prompt.deleted")
	})
}

func TestPromptsOfOthers(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, st *store.Store, s *account.Service, _ *clock) {
		ada, bob := signIn(t, s, "ada@example.com").User.ID, signIn(t, s, "bob@example.com").User.ID
		p := createPrompt(t, s, ada, "mine")
		foreign, wrongType, unknown := p.ID.String(), ada.String(), oid.New[oid.Prompt]().String()
		alike(t, foreign, wrongType, unknown, func(id string) error {
			_, err := s.UpdatePrompt(t.Context(), bob, id, account.PromptChange{Title: ptr("taken"), IfRevision: ptr(7)})
			return err
		})
		alike(t, foreign, wrongType, unknown, func(id string) error { return s.DeletePrompt(t.Context(), bob, id) })
		if rows, err := s.PromptsByID(t.Context(), bob, []oid.Prompt{p.ID}); err != nil || len(rows) != 0 {
			t.Errorf("PromptsByID = %v, %v, want none", rows, err)
		}
		if r, err := s.Prompts(t.Context(), bob, page.Args{}); err != nil || len(r.Items) != 0 {
			t.Errorf("Prompts = %v, %v, want none", r, err)
		}
		if rows, err := s.PromptsByID(t.Context(), ada, []oid.Prompt{p.ID}); err != nil || len(rows) != 1 || rows[0].Title != "mine" {
			t.Errorf("the owner's = %v, %v", rows, err)
		}
		if n := st.Client().Prompt.Query().Where(prompt.Title("mine")).CountX(t.Context()); n != 1 {
			t.Error("a stranger changed the prompt")
		}
	})
}

func TestPromptsPageByPage(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, _ *store.Store, s *account.Service, _ *clock) {
		user := signIn(t, s, "ada@example.com").User.ID
		want := []string{"e", "d", "c", "b", "a"}
		for _, title := range slices.Backward(want) {
			createPrompt(t, s, user, title)
		}
		var got []string
		args := page.Args{First: ptr(2)}
		for more := true; more; {
			r, err := s.Prompts(t.Context(), user, args)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range r.Items {
				got = append(got, p.Title)
				args.After = ptr(account.PromptCursor(p))
			}
			if more = r.HasNext; r.HasPrevious != (len(got) > 2) || len(got) > len(want) {
				t.Fatalf("after %v: HasPrevious = %t", got, r.HasPrevious)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("prompts = %v, want %v", got, want)
		}
		_, err := s.Prompts(t.Context(), user, page.Args{First: ptr(101)})
		wantCode(t, err, errs.BadUserInput)
		for _, cursor := range []string{"x", page.Encode("folders", user.String()), page.Encode("prompts", user.String())} {
			_, err = s.Prompts(t.Context(), user, page.Args{After: &cursor})
			wantCode(t, err, errs.BadCursor)
		}
	})
}
