package chat

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/message"
	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/catalog"
	"github.com/weav-ai/weav/internal/file"
	"github.com/weav-ai/weav/internal/oid"
)

// maxTurns bounds how many messages of a branch are looked at for a reply.
const maxTurns = 200

// conversation is what a model is asked for a reply.
type conversation struct {
	req ai.TextRequest
	// omitted is how many older messages of the branch the model is not sent whole.
	omitted int
}

// errBlind is the cause when a model that cannot see is to answer a message with images: the catalogue changed
// since it was sent.
var errBlind = errors.New("the model cannot see the images of the message")

// conversation puts together the branch from the root to the reply's parent, the newest messages kept, within
// the share-th part of what the model's window has room for.
func (s *Service) conversation(ctx context.Context, reply *ent.Message, model catalog.Model, share int64) (*conversation, error) {
	p, err := s.prompt(ctx, reply, model, share)
	if err != nil {
		return nil, err
	}
	turns, lost, err := s.turns(ctx, p.lines)
	if err != nil {
		return nil, err
	}
	return &conversation{omitted: p.omitted + lost, req: ai.TextRequest{
		Model:           model.ProviderModel,
		Instruction:     p.instruction,
		Turns:           turns,
		MaxOutputTokens: model.MaxOutputTokens,
		Purpose:         ai.PurposeReply,
		EndUser:         EndUser(reply.UserID),
	}}, nil
}

// prompt is what a model is sent, before its pictures are read.
type prompt struct {
	instruction string
	lines       []line // newest first
	omitted     int
}

// texts are its turns without their pictures, which do not count in an estimate.
func (t *prompt) texts() []ai.Turn {
	turns := make([]ai.Turn, len(t.lines))
	for i, l := range t.lines {
		turns[i].Text = l.said.Text
	}
	return turns
}

func (s *Service) prompt(ctx context.Context, reply *ent.Message, model catalog.Model, share int64) (*prompt, error) {
	c, err := s.store.Client().Chat.Get(ctx, reply.ChatID)
	if err != nil {
		return nil, fmt.Errorf("chat: conversation: %w", err)
	}
	instruction, err := instructionOf(ctx, s.store.Client(), c)
	if err != nil {
		return nil, err
	}
	branch, beyond, err := s.history(ctx, *reply.ParentID)
	if err != nil {
		return nil, err
	}
	pictures, err := s.picturesOf(ctx, branch)
	if err != nil {
		return nil, err
	}
	if !model.Can(catalog.ImageInput) {
		if len(pictures[*reply.ParentID]) > 0 {
			return nil, &ai.Error{Kind: ai.Unsupported, Provider: model.Provider, Model: model.ProviderModel, Cause: errBlind}
		}
		pictures = nil
	}
	lines, omitted := fit(branch, pictures, window(model, instruction)/share)
	return &prompt{instruction: instruction, lines: lines, omitted: omitted + beyond}, nil
}

// history returns the newest messages of the branch that ends at id, newest first, and how many more of it
// there are for the prompt.
func (s *Service) history(ctx context.Context, id oid.Message) (newestFirst []*ent.Message, beyond int, err error) {
	newestFirst, err = s.ancestors(ctx, id, maxTurns)
	if err != nil || len(newestFirst) < maxTurns {
		return newestFirst, 0, err
	}
	beyond, err = countBeyond(ctx, s.store.Client(), id, maxTurns)
	return newestFirst, beyond, err
}

// picturesOf returns the images that people attached to the messages.
func (s *Service) picturesOf(ctx context.Context, messages []*ent.Message) (map[oid.Message][]file.Attached, error) {
	var asked []oid.Message
	for _, m := range messages {
		if m.Role == message.RoleUser {
			asked = append(asked, m.ID)
		}
	}
	carried, err := s.files.Attachments(ctx, asked)
	if err != nil {
		return nil, err
	}
	for id, all := range carried {
		carried[id] = slices.DeleteFunc(all, func(a file.Attached) bool { return !a.IsImage() })
	}
	return carried, nil
}

// turns reads the pictures of the prompt, and puts it in the order of reading. lost counts the messages whose
// pictures are not in the store any more: they are sent without.
func (s *Service) turns(ctx context.Context, newestFirst []line) (turns []ai.Turn, lost int, err error) {
	for _, l := range slices.Backward(newestFirst) {
		turn := ai.Turn{Role: ai.RoleUser, Text: l.said.Text}
		if l.said.Role == message.RoleAssistant {
			turn.Role = ai.RoleAssistant
		}
		for _, p := range l.pictures {
			content, err := s.files.Read(ctx, p)
			if errors.Is(err, file.ErrLost) {
				s.log.WarnContext(ctx, "an image is lost, so the model is not shown it", "message", l.said.ID.String())
				continue
			}
			if err != nil {
				return nil, 0, err
			}
			turn.Images = append(turn.Images, ai.File{Bytes: content, MIMEType: p.MIMEType()})
		}
		if len(turn.Images) < len(l.pictures) && !l.partial {
			lost++
		}
		turns = append(turns, turn)
	}
	return turns, lost, nil
}

// instructionOf is the system instruction of a chat: the sentence that gives it its name, where the person chose one, and the chat's own.
func instructionOf(ctx context.Context, client *ent.Client, c *ent.Chat) (string, error) {
	u, err := client.User.Get(ctx, c.UserID)
	if err != nil {
		return "", fmt.Errorf("chat: instruction: %w", err)
	}
	if u.PersonaName == nil || *u.PersonaName == "" {
		return strings.TrimSpace(c.SystemInstruction), nil
	}
	return strings.TrimSpace(fmt.Sprintf("Your name is %s.\n%s", *u.PersonaName, c.SystemInstruction)), nil
}

// EndUser stands for a person at a provider, without prompt who it is.
func EndUser(user oid.User) string {
	sum := sha256.Sum256([]byte("weav end user " + user.String()))
	return hex.EncodeToString(sum[:16])
}
