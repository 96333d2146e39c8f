package graph

import (
	"context"

	"github.com/weav-ai/weav/ent"
	entjob "github.com/weav-ai/weav/ent/job"
	"github.com/weav-ai/weav/ent/message"
	"github.com/weav-ai/weav/internal/auth"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/membership"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/usage"
)

// Quota is the quota of today; nil without a limit.
func (r *membershipResolver) Quota(ctx context.Context, m *membership.Membership) (*Quota, error) {
	return r.quota(ctx, m.Holder)
}

func (r *Resolver) quota(ctx context.Context, user oid.User) (*Quota, error) {
	q, err := r.s.Ledger.Quota(ctx, user)
	if q == nil || err != nil {
		return nil, err
	}
	left := q.Left()
	return &Quota{Day: q.Day, ResetsAt: q.ResetsAt, Limit: &q.Limit, Used: &q.Used, Held: &q.Held, Left: &left}, nil
}

// Quota is the quota as of delivery.
func (r *quotaChangedResolver) Quota(ctx context.Context, _ *QuotaChanged) (*Quota, error) {
	p, err := auth.Require(ctx)
	if err != nil {
		return nil, err
	}
	return r.quota(ctx, p.User)
}

// Today is the usage of this day.
func (r *quotaChangedResolver) Today(ctx context.Context, _ *QuotaChanged) (*UsageTotals, error) {
	p, err := auth.Require(ctx)
	if err != nil {
		return nil, err
	}
	t, err := r.s.Ledger.Today(ctx, p.User)
	return totals(t), err
}

// Usage is the report of a user's usage.
func (r *userResolver) Usage(ctx context.Context, u *ent.User, span *UsageRange, by []UsageDimension) (*UsageReport, error) {
	var in usage.Range
	if span != nil {
		in = usage.Range{Since: span.SinceAt.Value(), Until: span.UntilAt.Value()}
	}
	dimensions := make([]usage.Dimension, len(by))
	for i, d := range by {
		dimensions[i] = usage.Dimension(d)
	}
	lines, all, err := r.s.Ledger.Report(ctx, u.ID, in, dimensions)
	if err != nil {
		return nil, err
	}
	report := &UsageReport{Rows: make([]*UsageRow, len(lines)), Total: totals(all)}
	for i, line := range lines {
		report.Rows[i] = &UsageRow{
			Day: line.Day, Model: r.model(line.ModelID), ChatID: line.Chat, FolderID: line.Folder, Kind: line.Kind, Totals: totals(line.Totals),
		}
	}
	return report, nil
}

// Rows are the rows. The cost of the operation counts first of them, so more are refused.
func (r *usageReportResolver) Rows(_ context.Context, report *UsageReport, first int) ([]*UsageRow, error) {
	if first < 1 || first > usage.MaxRows {
		return nil, errs.New(errs.BadUserInput, "`first` must be from 1 to %d.", usage.MaxRows)
	}
	if len(report.Rows) > first {
		return nil, errs.New(errs.BadUserInput, "The report would have more than %d rows. Shorten the range, group by less, or ask for more with `first`.", first)
	}
	return report.Rows, nil
}

func totals(t usage.Totals) *UsageTotals {
	return &UsageTotals{
		Runs: t.Runs, InputTokens: t.InputTokens, OutputTokens: t.OutputTokens, CachedInputTokens: t.CachedInputTokens,
		Images: t.Images, VideoMs: t.VideoMs, Cost: costOf(&t.CostMicros), UnpricedRuns: t.UnpricedRuns, OwnKeyRuns: t.OwnKeyRuns,
	}
}

// Chat is the row's chat.
func (r *usageRowResolver) Chat(ctx context.Context, row *UsageRow) (*ent.Chat, error) {
	if row.ChatID == nil {
		return nil, nil
	}
	return loadersOf(ctx).chats.Load(ctx, *row.ChatID)
}

// Folder is the row's folder.
func (r *usageRowResolver) Folder(ctx context.Context, row *UsageRow) (*ent.Folder, error) {
	if row.FolderID == nil {
		return nil, nil
	}
	return loadersOf(ctx).folders.Load(ctx, *row.FolderID)
}

// Cost is what its replies and jobs cost.
func (r *chatResolver) Cost(ctx context.Context, c *ent.Chat) (*Cost, error) {
	micros, err := loadersOf(ctx).chatCosts.Load(ctx, c.ID)
	return costOf(&micros), err
}

// Cost is what its chats cost.
func (r *folderResolver) Cost(ctx context.Context, f *ent.Folder) (*Cost, error) {
	micros, err := loadersOf(ctx).folderCosts.Load(ctx, f.ID)
	return costOf(&micros), err
}

// Cost is what the reply, or the job that the message shows, cost.
func (r *messageResolver) Cost(ctx context.Context, m *ent.Message) (*Cost, error) {
	if m.Role != message.RoleAssistant || m.Status == message.StatusPending || m.Status == message.StatusStreaming {
		return nil, nil
	}
	row, err := loadersOf(ctx).replyUsage.Load(ctx, m.ID)
	if err != nil || row != nil {
		return spent(row), err
	}
	cancelled := m.JobID != nil && m.Status == message.StatusStopped
	return free(cancelled || m.Status == message.StatusFailed || m.Status == message.StatusInterrupted), nil
}

// Cost is what the reply cost.
func (r *stopReceiptResolver) Cost(ctx context.Context, stop *StopReceipt) (*Cost, error) {
	return (&messageResolver{r.Resolver}).Cost(ctx, stop.Message)
}

// Cost is what the job cost.
func (r *jobResolver) Cost(ctx context.Context, j *ent.Job) (*Cost, error) {
	if j.EndedAt == nil {
		return nil, nil
	}
	row, err := loadersOf(ctx).jobUsage.Load(ctx, j.ID)
	if err != nil || row != nil {
		return spent(row), err
	}
	return free(j.Status != entjob.StatusCompleted), nil
}

// spent is the cost of a run; nil for no row.
func spent(row *ent.Usage) *Cost {
	if row == nil {
		return nil
	}
	return costOf(usage.Cost(row))
}

// free is a cost of zero, or nil when the cost is not known.
func free(known bool) *Cost {
	if !known {
		return nil
	}
	return costOf(new(int64))
}
