package usage

import (
	"context"
	"fmt"
	"slices"
	"time"

	"entgo.io/ent/dialect/sql"

	"github.com/weav-ai/weav/ent"
	"github.com/weav-ai/weav/ent/chat"
	"github.com/weav-ai/weav/ent/predicate"
	entusage "github.com/weav-ai/weav/ent/usage"
	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/oid"
)

// Dimension is what a report can be grouped by.
type Dimension string

// The dimensions.
const (
	ByDay    Dimension = "DAY"
	ByModel  Dimension = "MODEL"
	ByChat   Dimension = "CHAT"
	ByFolder Dimension = "FOLDER"
	ByKind   Dimension = "KIND"
)

const (
	// MaxRows is the most rows of a report, which is returned in one response.
	MaxRows = 1000
	// maxSpan is the longest range of a report, defaultSpan the range when none is named.
	maxSpan     = 400 * 24 * time.Hour
	defaultSpan = 30 * 24 * time.Hour
)

// Range is a range of time; nil fields mean the defaults.
type Range struct {
	Since, Until *time.Time
}

// Totals are sums of usage.
type Totals struct {
	Runs                                         int
	InputTokens, OutputTokens, CachedInputTokens int64
	Images, VideoMs                              int64
	CostMicros                                   int64
	// UnpricedRuns are runs without a known price. OwnKeyRuns are runs that the user's provider keys paid.
	UnpricedRuns, OwnKeyRuns int
}

// Line is a row of a report. Dimensions that were not requested are nil.
type Line struct {
	Day, ModelID *string
	Chat         *oid.Chat
	Folder       *oid.Folder
	Kind         *entusage.Purpose
	Totals       Totals
}

// Report returns the usage of a user, grouped by the requested dimensions in their order, with its total.
// Runs that were not charged are left out.
func (l *Ledger) Report(ctx context.Context, user oid.User, r Range, by []Dimension) ([]Line, Totals, error) {
	since, until, err := l.span(r)
	if err != nil {
		return nil, Totals{}, err
	}
	if slices.ContainsFunc(by, func(d Dimension) bool { return count(by, d) > 1 }) {
		return nil, Totals{}, errs.New(errs.BadUserInput, "groupBy names each dimension at most once.")
	}
	counted := []predicate.Usage{
		entusage.UserID(user), entusage.IsCharged(true), entusage.CreatedAtGTE(since), entusage.CreatedAtLT(until),
	}
	lines, err := read(ctx, l.Store.Client(), by, counted)
	if err == nil && len(lines) > MaxRows {
		err = errs.New(errs.BadUserInput, "The report would have more than %d rows. Shorten the range, or group by less.", MaxRows)
	}
	total := Totals{}
	for _, line := range lines { // The total comes from the same statement as the rows, so they always agree.
		total = total.plus(line.Totals)
	}
	if len(by) == 0 {
		lines = nil
	}
	return lines, total, err
}

func (t Totals) plus(o Totals) Totals {
	return Totals{
		Runs: t.Runs + o.Runs, InputTokens: t.InputTokens + o.InputTokens, OutputTokens: t.OutputTokens + o.OutputTokens,
		CachedInputTokens: t.CachedInputTokens + o.CachedInputTokens, Images: t.Images + o.Images, VideoMs: t.VideoMs + o.VideoMs,
		CostMicros: t.CostMicros + o.CostMicros, UnpricedRuns: t.UnpricedRuns + o.UnpricedRuns, OwnKeyRuns: t.OwnKeyRuns + o.OwnKeyRuns,
	}
}

func count(by []Dimension, d Dimension) (n int) {
	for _, other := range by {
		if other == d {
			n++
		}
	}
	return n
}

// span applies the defaults to a range and checks it.
func (l *Ledger) span(r Range) (since, until time.Time, err error) {
	until = l.Now()
	if r.Until != nil {
		until = *r.Until
	}
	since = until.Add(-defaultSpan)
	if r.Since != nil {
		since = *r.Since
	}
	if !since.Before(until) || until.Sub(since) > maxSpan {
		return since, until, errs.New(errs.BadUserInput, "The range must end after it begins, at most 400 days later.")
	}
	return since, until, nil
}

// sums is a row of the grouped query; its tags are the column names.
type sums struct {
	Day      *string           `json:"day"`
	ModelID  *string           `json:"model_id"`
	ChatID   *oid.Chat         `json:"chat_id"`
	FolderID *oid.Folder       `json:"folder_id"`
	Purpose  *entusage.Purpose `json:"purpose"`

	Runs    int    `json:"runs"`
	Input   int64  `json:"input"`
	Output  int64  `json:"output"`
	Cached  int64  `json:"cached"`
	Images  int64  `json:"images"`
	VideoMs int64  `json:"video"`
	Cost    *int64 `json:"cost"`
	Priced  int    `json:"priced"`
	OwnKey  int    `json:"own_key"`
}

// line converts a row for callers.
func (s sums) line() Line {
	l := Line{
		Day: s.Day, ModelID: s.ModelID, Chat: s.ChatID, Folder: s.FolderID, Kind: s.Purpose,
		Totals: Totals{
			Runs: s.Runs, InputTokens: s.Input, OutputTokens: s.Output, CachedInputTokens: s.Cached,
			Images: s.Images, VideoMs: s.VideoMs, UnpricedRuns: s.Runs - s.Priced, OwnKeyRuns: s.OwnKey,
		},
	}
	if s.Cost != nil {
		l.Totals.CostMicros = *s.Cost
	}
	return l
}

// columns are the columns of the dimensions. The folder has none: it is joined.
var columns = map[Dimension]string{
	ByDay: entusage.FieldDay, ByModel: entusage.FieldModelID, ByChat: entusage.FieldChatID, ByKind: entusage.FieldPurpose,
}

// read sums up the matching rows by the dimensions.
func read(ctx context.Context, c *ent.Client, by []Dimension, which []predicate.Usage) ([]Line, error) {
	var rows []sums
	err := c.Usage.Query().Where(which...).Modify(func(sel *sql.Selector) { group(sel, by) }).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("usage: report: %w", err)
	}
	lines := make([]Line, 0, len(rows))
	// Without groups SQL returns one row even for no runs.
	for _, r := range rows {
		if r.Runs > 0 {
			lines = append(lines, r.line())
		}
	}
	return lines, nil
}

// group adds the sums and the grouping to a query. One row more than the limit shows that the report is too
// large.
func group(sel *sql.Selector, by []Dimension) {
	var keys []string
	for _, d := range by {
		if d != ByFolder {
			keys = append(keys, sel.C(columns[d]))
			continue
		}
		chats := sql.Table(chat.Table).As("of_chat") // The folder in which the chat is now.
		sel.LeftJoin(chats).On(sel.C(entusage.FieldChatID), chats.C(chat.FieldID))
		keys = append(keys, chats.C(chat.FieldFolderID))
	}
	sum := func(field, as string) string { return sql.As("COALESCE(SUM("+sel.C(field)+"), 0)", as) }
	sel.Select(append(slices.Clone(keys),
		sql.As("COUNT(*)", "runs"), sum(entusage.FieldInputTokens, "input"), sum(entusage.FieldOutputTokens, "output"),
		sum(entusage.FieldCachedInputTokens, "cached"), sum(entusage.FieldImages, "images"), sum(entusage.FieldVideoMs, "video"),
		sum(entusage.FieldCostMicros, "cost"), sql.As("COUNT("+sel.C(entusage.FieldCostMicros)+")", "priced"),
		sql.As("COALESCE(SUM(CASE WHEN "+sel.C(entusage.FieldIsOwnKey)+" THEN 1 ELSE 0 END), 0)", "own_key"),
	)...)
	if len(keys) > 0 {
		sel.GroupBy(keys...).OrderBy(keys...).Limit(MaxRows + 1)
		// Without a GROUP BY, HAVING omits the row for no runs.
	} else {
		sel.Having(sql.P(func(b *sql.Builder) { b.WriteString("COUNT(*) > 0") }))
	}
}

// Today sums up what a user has used today.
func (l *Ledger) Today(ctx context.Context, user oid.User) (Totals, error) {
	lines, err := read(ctx, l.Store.Client(), nil, l.today(user))
	if err != nil || len(lines) == 0 {
		return Totals{}, err
	}
	return lines[0].Totals, nil
}

// today matches what counts today. A run may end after its day, but never before it, so the index on the time
// of creation limits the scan to rows since the day began.
func (l *Ledger) today(user oid.User) []predicate.Usage {
	day, next := l.day(l.Now())
	y, m, d := next.In(l.Zone).Date()
	since := time.Date(y, m, d-1, 0, 0, 0, 0, l.Zone).UTC()
	return []predicate.Usage{entusage.UserID(user), entusage.CreatedAtGTE(since), entusage.IsCharged(true), entusage.Day(day)}
}
