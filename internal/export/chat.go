package export

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/message"
	"github.com/weav-ai/weav/internal/file"
	"github.com/weav-ai/weav/internal/oid"
)

// chats writes each chat twice: as JSON with all branches, and as Markdown with the branch that is shown.
func (g *gatherer) chats(ctx context.Context) error {
	n := 0
	for c, err := range ownedRows(g.user, "id", func(c *ent.Chat) any { return c.ID }, func(ctx context.Context, b batch) ([]*ent.Chat, error) {
		return g.db.Chat.Query().Where(b).All(ctx)
	}).all(ctx) {
		if err != nil {
			return wrap("chats", err)
		}
		n++
		if err := g.chatTree(ctx, numbered("chats", n, c.Title, ".json"), c); err != nil {
			return err
		}
		if err := g.chatText(ctx, numbered("chats", n, c.Title, ".md"), c); err != nil {
			return err
		}
		g.countDone(phaseChats)
	}
	return nil
}

// chat is the head of a chat's JSON; its messages follow.
type chat struct {
	ID                 string     `json:"id"`
	Title              string     `json:"title"`
	FolderID           *string    `json:"folderId"`
	Model              string     `json:"model"`
	SystemInstruction  string     `json:"systemInstruction"`
	RecommendedPrompts []string   `json:"recommendedPrompts"`
	OnRetirement       string     `json:"onRetirement"`
	IsPinned           bool       `json:"isPinned"`
	IsArchived         bool       `json:"isArchived"`
	CreatedAt          time.Time  `json:"createdAt"`
	LastActivityAt     time.Time  `json:"lastActivityAt"`
	DeletedAt          *time.Time `json:"deletedAt"`
	HeadID             *string    `json:"headId"`
}

func chatOf(c *ent.Chat) chat {
	return chat{
		c.ID.String(), c.Title, ref(c.FolderID), c.Model, c.SystemInstruction, c.RecommendedPrompts, string(c.OnRetirement), c.IsPinned, c.IsArchived,
		c.CreatedAt.UTC(), c.LastActivityAt.UTC(), utc(c.DeletedAt), ref(c.HeadID),
	}
}

// turn is a message with its attachments.
type turn struct {
	*ent.Message

	carries []file.Attached
}

// chatMessage is a message of a chat. parentId connects the branches.
type chatMessage struct {
	ID                string       `json:"id"`
	ParentID          *string      `json:"parentId"`
	Role              string       `json:"role"`
	Text              string       `json:"text"`
	Status            string       `json:"status"`
	RequestedModel    *string      `json:"requestedModel"`
	FallbackModel     *string      `json:"fallbackModel"`
	Model             *string      `json:"model"`
	AnsweredBy        *string      `json:"answeredBy"`
	IsOwnKey          bool         `json:"isOwnKey"`
	OmittedMessages   *int         `json:"omittedMessages"`
	JobID             *string      `json:"jobId"`
	FinishReason      *string      `json:"finishReason"`
	FailureCode       *string      `json:"failureCode"`
	CreatedAt         time.Time    `json:"createdAt"`
	StartedAt         *time.Time   `json:"startedAt"`
	EndedAt           *time.Time   `json:"endedAt"`
	InputTokens       *int64       `json:"inputTokens"`
	OutputTokens      *int64       `json:"outputTokens"`
	CachedInputTokens *int64       `json:"cachedInputTokens"`
	UsageSource       *string      `json:"usageSource"`
	Attachments       []attachment `json:"attachments"`
}

// attachment is a file or artifact of a message. Its bytes are at the path, if the archive contains them.
type attachment struct {
	FileID     *string `json:"fileId,omitempty"`
	ArtifactID *string `json:"artifactId,omitempty"`
	Path       *string `json:"path"`
}

// messageOf is a message in the form of the archive.
func (g *gatherer) messageOf(t turn) chatMessage {
	out := chatMessage{
		ID: t.ID.String(), ParentID: ref(t.ParentID), Role: string(t.Role), Text: t.Text, Status: string(t.Status),
		RequestedModel: t.RequestedModel, FallbackModel: t.FallbackModel, Model: t.Model, AnsweredBy: t.AnsweredBy, IsOwnKey: t.IsOwnKey,
		OmittedMessages: t.OmittedMessages, JobID: ref(t.JobID), FinishReason: name(t.FinishReason), FailureCode: t.FailureCode,
		CreatedAt: t.CreatedAt.UTC(), StartedAt: utc(t.StartedAt), EndedAt: utc(t.EndedAt), InputTokens: t.InputTokens, OutputTokens: t.OutputTokens,
		CachedInputTokens: t.CachedInputTokens, UsageSource: name(t.UsageSource), Attachments: []attachment{},
	}
	for _, a := range t.carries {
		out.Attachments = append(out.Attachments, g.attachmentOf(a))
	}
	return out
}

// attachmentOf is an attachment with its path in the archive.
func (g *gatherer) attachmentOf(a file.Attached) attachment {
	if a.File != nil {
		return attachment{FileID: ref(&a.File.ID), Path: g.pathOf(a.File.ID)}
	}
	return attachment{ArtifactID: ref(&a.Artifact.ID), Path: g.pathOf(a.Artifact.ID)}
}

// chatTree writes a chat with all its messages. The messages are streamed into the object of the chat, since
// they may exceed the memory.
func (g *gatherer) chatTree(ctx context.Context, name string, c *ent.Chat) error {
	w, err := g.create(name, c.LastActivityAt.UTC())
	if err != nil {
		return err
	}
	head, err := json.MarshalIndent(chatOf(c), "", "  ")
	if err != nil {
		return wrap(name, err)
	}
	if _, err := fmt.Fprintf(w, "%s,\n  \"messages\": ", strings.TrimSuffix(string(head), "\n}")); err != nil {
		return err
	}
	messages := rowsWhere("chat_id", c.ID, "id", func(t turn) any { return t.ID }, func(ctx context.Context, b batch) ([]turn, error) {
		rows, err := g.db.Message.Query().Where(b).All(ctx)
		if err != nil {
			return nil, err
		}
		return g.turns(ctx, rows)
	})
	if err := elements(ctx, w, "  ", messages, g.messageOf); err != nil {
		return wrap(name, err)
	}
	_, err = io.WriteString(w, "}\n")
	return err
}

// turns adds the attachments of messages, in one query per batch.
func (g *gatherer) turns(ctx context.Context, rows []*ent.Message) ([]turn, error) {
	ids := make([]oid.Message, len(rows))
	for i, m := range rows {
		ids[i] = m.ID
	}
	carried, err := g.store.Attachments(ctx, ids)
	if err != nil {
		return nil, err
	}
	out := make([]turn, len(rows))
	for i, m := range rows {
		out[i] = turn{m, carried[m.ID]}
	}
	return out, nil
}

// chatText writes the shown branch as Markdown.
func (g *gatherer) chatText(ctx context.Context, name string, c *ent.Chat) error {
	branch, err := g.branch(ctx, c)
	if err != nil {
		return wrap(name, err)
	}
	w, err := g.create(name, c.LastActivityAt.UTC())
	if err != nil {
		return err
	}
	if _, err := io.WriteString(w, heading(c)); err != nil {
		return err
	}
	for ids := range slices.Chunk(branch, pageRows) {
		rows, err := g.db.Message.Query().Where(message.IDIn(ids...)).All(ctx)
		if err != nil {
			return wrap(name, err)
		}
		turns, err := g.turns(ctx, rows)
		if err != nil {
			return wrap(name, err)
		}
		// The query returns rows in no order; the branch determines it.
		at := map[oid.Message]int{}
		for i, id := range ids {
			at[id] = i
		}
		slices.SortFunc(turns, func(a, b turn) int { return at[a.ID] - at[b.ID] })
		for _, t := range turns {
			if _, err := io.WriteString(w, g.paragraph(t)); err != nil {
				return err
			}
		}
	}
	return nil
}

// branch returns the ids from a chat's first message to its head. It reads no texts, since all messages of
// the chat are needed for it.
func (g *gatherer) branch(ctx context.Context, c *ent.Chat) ([]oid.Message, error) {
	if c.HeadID == nil {
		return nil, nil
	}
	rows, err := g.db.Message.Query().Where(message.ChatID(c.ID)).Select(message.FieldID, message.FieldParentID).All(ctx)
	if err != nil {
		return nil, err
	}
	parents := make(map[oid.Message]*oid.Message, len(rows))
	for _, m := range rows {
		parents[m.ID] = m.ParentID
	}
	var out []oid.Message
	// The bound ends the loop even if stored parents formed a cycle.
	for at := c.HeadID; at != nil && len(out) < len(rows); at = parents[*at] {
		out = append(out, *at)
	}
	slices.Reverse(out)
	return out, nil
}

// heading begins the text of a chat.
func heading(c *ent.Chat) string {
	title := oneLine(c.Title)
	if title == "" {
		title = nameless
	}
	out := "# " + title + "\n\n" + c.CreatedAt.UTC().Format(minute) + " · " + c.Model + "\n"
	if c.SystemInstruction != "" {
		out += "\n> " + strings.ReplaceAll(strings.TrimSpace(c.SystemInstruction), "\n", "\n> ") + "\n"
	}
	return out
}

// minute is the format of times in Markdown.
const minute = "2006-01-02 15:04 UTC"

// paragraph is a message as Markdown.
func (g *gatherer) paragraph(t turn) string {
	var b strings.Builder
	who := "You"
	if t.Role == message.RoleAssistant {
		if who = "Reply"; t.Model != nil {
			who = *t.Model
		}
	}
	fmt.Fprintf(&b, "\n## %s · %s\n\n", who, t.CreatedAt.UTC().Format(minute))
	if t.Text != "" {
		b.WriteString(strings.TrimRight(t.Text, "\n") + "\n")
	}
	for _, a := range t.carries {
		if at := g.attachmentOf(a); at.Path != nil {
			fmt.Fprintf(&b, "\n[%s](<../%s>)\n", label(a), *at.Path)
		} else {
			fmt.Fprintf(&b, "\n(%s)\n", label(a))
		}
	}
	if t.Role == message.RoleAssistant && t.Status != message.StatusCompleted {
		fmt.Fprintf(&b, "\n(%s)\n", t.Status)
	}
	return b.String()
}

// label is the name of an attachment in a link, in which brackets are not allowed.
func label(a file.Attached) string {
	name := "image or video"
	if a.File != nil {
		name = a.File.Name
	}
	return strings.NewReplacer("[", "(", "]", ")").Replace(oneLine(name))
}

// oneLine joins the lines of a text.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
