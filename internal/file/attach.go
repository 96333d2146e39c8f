package file

import (
	"context"

	"github.com/weav-ai/weav/ent"
	entartifact "github.com/weav-ai/weav/ent/artifact"
	entattachment "github.com/weav-ai/weav/ent/attachment"
	entfile "github.com/weav-ai/weav/ent/file"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/feed"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
)

// MaxAttachments is the most files and artifacts that one message carries.
const MaxAttachments = 10

// Attach attaches files and artifacts to a message, in order, and returns them. Ids that are not the user's
// are NOT_FOUND.
func (s *Service) Attach(ctx context.Context, tx *store.Tx, msg *ent.Message, ids []string) ([]Attached, error) {
	carried, err := s.attachable(ctx, tx.Client(), msg.UserID, ids)
	if err != nil {
		return nil, err
	}
	for i, a := range carried {
		c := tx.Client().Attachment.Create().SetMessageID(msg.ID).SetChatID(msg.ChatID).SetPosition(i)
		if a.File != nil {
			c.SetFileID(a.File.ID)
		} else {
			c.SetArtifactID(a.Artifact.ID)
		}
		if err := c.Exec(ctx); err != nil {
			return nil, wrap("attach", err)
		}
	}
	return carried, nil
}

// Attachable finds the files and artifacts of user by ids, in order, and refuses what a message cannot carry.
func (s *Service) Attachable(ctx context.Context, user oid.User, ids []string) ([]Attached, error) {
	return s.attachable(ctx, s.store.Client(), user, ids)
}

// attachable is Attachable with the client of a transaction or of the store.
func (s *Service) attachable(ctx context.Context, c *ent.Client, user oid.User, ids []string) ([]Attached, error) {
	if len(ids) > MaxAttachments {
		return nil, errs.Input(errs.InvalidValue, "attachmentIds", "A message carries at most %d attachments.", MaxAttachments)
	}
	seen := map[string]bool{}
	carried := make([]Attached, len(ids))
	for i, id := range ids {
		if seen[id] {
			return nil, errs.Input(errs.InvalidValue, "attachmentIds", "The same attachment is there twice.")
		}
		seen[id] = true
		chosen, err := s.choose(ctx, c, user, id)
		if err != nil {
			return nil, err
		}
		carried[i] = chosen
	}
	return carried, nil
}

// choose finds the file or artifact of an id.
func (s *Service) choose(ctx context.Context, c *ent.Client, user oid.User, id string) (Attached, error) {
	if oid.Prefix(id) == (oid.Artifact{}).Prefix() {
		a, err := s.ownArtifact(ctx, c, user, id)
		if err != nil {
			return Attached{}, err
		}
		// An artifact that expires would leave a message with a missing attachment.
		if a.ExpiresAt != nil {
			return Attached{}, errs.Input(errs.InvalidValue, "attachmentIds", "An artifact that was ordered with `storeResult: false` cannot be attached.")
		}
		return Attached{Artifact: a}, nil
	}
	f, err := s.ownFile(ctx, c, user, id)
	if err != nil {
		return Attached{}, err
	}
	// An upload that is not completed was not checked, and may contain anything.
	if f.Status != entfile.StatusReady {
		return Attached{}, errs.Input(errs.InvalidValue, "attachmentIds", "The upload of %s is not completed.", f.Name)
	}
	return Attached{File: f}, nil
}

// Attached are the files and artifacts that a message carries.
type Attached struct {
	File     *ent.File
	Artifact *ent.Artifact
}

// Attachments returns what messages carry, in order.
func (s *Service) Attachments(ctx context.Context, messages []oid.Message) (map[oid.Message][]Attached, error) {
	return attachments(ctx, s.store.Client(), messages)
}

// AttachedTo returns what one message carries, as the transaction sees it.
func (s *Service) AttachedTo(ctx context.Context, tx *store.Tx, id oid.Message) ([]Attached, error) {
	all, err := attachments(ctx, tx.Client(), []oid.Message{id})
	return all[id], err
}

// attachments reads the attachments of messages with one query per table, so that a page of messages does not
// cost a query for each.
func attachments(ctx context.Context, c *ent.Client, messages []oid.Message) (map[oid.Message][]Attached, error) {
	rows, err := c.Attachment.Query().Where(entattachment.MessageIDIn(messages...)).
		Order(entattachment.ByMessageID(), entattachment.ByPosition()).All(ctx)
	if err != nil || len(rows) == 0 {
		return nil, wrap("attachments", err)
	}
	var fileIDs []oid.File
	var artifactIDs []oid.Artifact
	for _, r := range rows {
		if r.FileID != nil {
			fileIDs = append(fileIDs, *r.FileID)
		} else {
			artifactIDs = append(artifactIDs, *r.ArtifactID)
		}
	}
	files, err := byID(c.File.Query().Where(entfile.IDIn(fileIDs...)).All, func(f *ent.File) oid.File { return f.ID })(ctx)
	if err != nil {
		return nil, err
	}
	artifacts, err := byID(c.Artifact.Query().Where(entartifact.IDIn(artifactIDs...)).All, func(a *ent.Artifact) oid.Artifact { return a.ID })(ctx)
	if err != nil {
		return nil, err
	}
	out := map[oid.Message][]Attached{}
	for _, r := range rows {
		a := Attached{}
		if r.FileID != nil {
			a.File = files[*r.FileID]
		} else {
			a.Artifact = artifacts[*r.ArtifactID]
		}
		if a.File != nil || a.Artifact != nil {
			out[r.MessageID] = append(out[r.MessageID], a)
		}
	}
	return out, nil
}

// byID returns a query whose rows are keyed by id.
func byID[K comparable, V any](all func(context.Context) ([]*V, error), id func(*V) K) func(context.Context) (map[K]*V, error) {
	return func(ctx context.Context) (map[K]*V, error) {
		rows, err := all(ctx)
		if err != nil {
			return nil, wrap("read", err)
		}
		out := make(map[K]*V, len(rows))
		for _, r := range rows {
			out[id(r)] = r
		}
		return out, nil
	}
}

// ForgetChats is called in the transaction that purges chats. It removes the attachments of their messages,
// and deletes uploaded files that no other message carries, with their objects. The files are locked first,
// so that a message that is being sent with one of them comes before or after.
func (s *Service) ForgetChats(ctx context.Context, tx *store.Tx, chats []oid.Chat) error {
	rows, err := tx.Client().Attachment.Query().Where(entattachment.ChatIDIn(chats...), entattachment.FileIDNotNil()).All(ctx)
	if err != nil {
		return wrap("forget chats", err)
	}
	if _, err := tx.Client().Attachment.Delete().Where(entattachment.ChatIDIn(chats...)).Exec(ctx); err != nil {
		return wrap("forget chats", err)
	}
	var ids []oid.File
	for _, r := range rows {
		ids = append(ids, *r.FileID)
	}
	if len(ids) == 0 {
		return nil
	}
	files, err := s.lockFiles(ctx, tx, entfile.IDIn(ids...))
	if err != nil {
		return err
	}
	var alone []*ent.File
	for _, f := range files {
		elsewhere, err := tx.Client().Attachment.Query().Where(entattachment.FileID(f.ID)).Exist(ctx)
		if err != nil {
			return wrap("forget chats", err)
		}
		if !elsewhere {
			alone = append(alone, f)
		}
	}
	return s.removeFiles(ctx, tx, alone)
}

// removeFiles deletes files with their attachments, and dooms their objects.
func (s *Service) removeFiles(ctx context.Context, tx *store.Tx, rows []*ent.File) error {
	for _, f := range rows {
		if _, err := tx.Client().Attachment.Delete().Where(entattachment.FileID(f.ID)).Exec(ctx); err != nil {
			return wrap("remove file", err)
		}
		if _, err := tx.Client().File.Delete().Where(entfile.ID(f.ID)).Exec(ctx); err != nil {
			return wrap("remove file", err)
		}
		if err := doom(ctx, tx, keysOf(f.ObjectKey, f.ThumbnailKey)...); err != nil {
			return err
		}
		recordFile(tx, f, feed.FileDeleted)
	}
	return nil
}
