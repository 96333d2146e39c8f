package usage

import (
	"context"
	"fmt"

	"entgo.io/ent/dialect/sql"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/chat"
	"github.com/weav-ai/weav/ent/predicate"
	entusage "github.com/weav-ai/weav/ent/usage"
	"github.com/weav-ai/weav/internal/oid"
)

// OfChats sums up the known costs of the runs of chats.
func (l *Ledger) OfChats(ctx context.Context, ids []oid.Chat) (map[oid.Chat]int64, error) {
	lines, err := read(ctx, l.Store.Client(), []Dimension{ByChat}, []predicate.Usage{entusage.ChatIDIn(ids...), entusage.IsCharged(true)})
	out := make(map[oid.Chat]int64, len(lines))
	for _, line := range lines {
		out[*line.Chat] = line.Totals.CostMicros
	}
	return out, err
}

// OfFolders sums up the known costs of the runs of the chats that are in folders now. The folder is joined
// and not stored, so that a moved chat takes its costs along.
func (l *Ledger) OfFolders(ctx context.Context, ids []oid.Folder) (map[oid.Folder]int64, error) {
	inFolders := predicate.Usage(func(sel *sql.Selector) {
		chats := sql.Table(chat.Table)
		args := make([]any, len(ids))
		for i, id := range ids {
			args[i] = id
		}
		sel.Where(sql.In(sel.C(entusage.FieldChatID), sql.Select(chats.C(chat.FieldID)).From(chats).Where(sql.In(chats.C(chat.FieldFolderID), args...))))
	})
	lines, err := read(ctx, l.Store.Client(), []Dimension{ByFolder}, []predicate.Usage{inFolders, entusage.IsCharged(true)})
	out := make(map[oid.Folder]int64, len(lines))
	for _, line := range lines {
		if line.Folder != nil {
			out[*line.Folder] = line.Totals.CostMicros
		}
	}
	return out, err
}

// OfMessages returns the usage of replies by their messages. Titles have rows of the same message and are
// left out.
func (l *Ledger) OfMessages(ctx context.Context, ids []oid.Message) (map[oid.Message]*ent.Usage, error) {
	rows, err := l.Store.Client().Usage.Query().
		Where(entusage.MessageIDIn(ids...), entusage.PurposeNEQ(entusage.PurposeTitle)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("usage: read: %w", err)
	}
	out := make(map[oid.Message]*ent.Usage, len(rows))
	for _, row := range rows {
		out[*row.MessageID] = row
	}
	return out, nil
}

// OfJobs returns the usage of jobs.
func (l *Ledger) OfJobs(ctx context.Context, ids []oid.Job) (map[oid.Job]*ent.Usage, error) {
	rows, err := l.Store.Client().Usage.Query().Where(entusage.JobIDIn(ids...)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("usage: read: %w", err)
	}
	out := make(map[oid.Job]*ent.Usage, len(rows))
	for _, row := range rows {
		out[*row.JobID] = row
	}
	return out, nil
}

// Cost is what a run cost its user: 0 when it was not charged, and nil when the model has no price.
func Cost(row *ent.Usage) *int64 {
	if !row.IsCharged {
		return new(int64)
	}
	return row.CostMicros
}
