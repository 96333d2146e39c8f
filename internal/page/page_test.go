package page_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/page"
)

func ptr[T any](v T) *T { return &v }

func TestParse(t *testing.T) {
	t.Parallel()
	cursor := page.Encode("chats", "true", "a|b%", "")
	key := []string{"true", "a|b%", ""}
	tests := []struct {
		name string
		args page.Args
		want page.Window
	}{
		{"nothing said", page.Args{}, page.Window{Limit: 20, Forward: true}},
		{"the least", page.Args{First: ptr(1)}, page.Window{Limit: 1, Forward: true}},
		{"the most", page.Args{First: ptr(100)}, page.Window{Limit: 100, Forward: true}},
		{"from the end", page.Args{Last: ptr(7)}, page.Window{Limit: 7}},
		{"after", page.Args{First: ptr(3), After: &cursor}, page.Window{Limit: 3, Forward: true, After: key}},
		{"before", page.Args{Last: ptr(3), Before: &cursor}, page.Window{Limit: 3, Before: key}},
		{"between", page.Args{After: &cursor, Before: &cursor}, page.Window{Limit: 20, Forward: true, After: key, Before: key}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := page.Parse("chats", tt.args)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("window (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	raw := func(s string) *string { return ptr(base64.RawURLEncoding.EncodeToString([]byte(s))) }
	tests := []struct {
		name  string
		args  page.Args
		code  errs.Code
		names string // what the message must name
	}{
		{"zero", page.Args{First: ptr(0)}, errs.BadUserInput, "`first` must be from 1 to 100"},
		{"negative", page.Args{Last: ptr(-1)}, errs.BadUserInput, "`last` must be from 1 to 100"},
		{"too many", page.Args{First: ptr(101)}, errs.BadUserInput, "`first`"},
		{"two sizes", page.Args{First: ptr(1), Last: ptr(1)}, errs.BadUserInput, "`last`"},
		{"an empty cursor", page.Args{After: ptr("")}, errs.BadCursor, "`after`"},
		{"no base64", page.Args{Before: ptr("!")}, errs.BadCursor, "`before`"},
		{"padded base64", page.Args{After: ptr(page.Encode("chats", "x") + "=")}, errs.BadCursor, "`after`"},
		{"another list's", page.Args{After: ptr(page.Encode("folders", "x"))}, errs.BadCursor, "`after`"},
		{"a kind that only begins alike", page.Args{After: ptr(page.Encode("chats2", "x"))}, errs.BadCursor, "`after`"},
		{"another version", page.Args{After: raw("v2|chats|x")}, errs.BadCursor, "`after`"},
		{"no kind", page.Args{After: raw("v1")}, errs.BadCursor, "`after`"},
		{"a broken escape", page.Args{After: raw("v1|chats|%zz")}, errs.BadCursor, "`after`"},
		{"far too long", page.Args{After: raw("v1|chats|" + strings.Repeat("x", 2000))}, errs.BadCursor, "`after`"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := page.Parse("chats", tt.args)
			if errs.CodeOf(err) != tt.code || !strings.Contains(err.Error(), tt.names) {
				t.Errorf("Parse = %v, want %s naming %s", err, tt.code, tt.names)
			}
		})
	}
}

func TestID(t *testing.T) {
	t.Parallel()
	id := oid.New[oid.Folder]()
	if got, err := page.ID[oid.Folder]("after", []string{id.String()}); err != nil || got != id {
		t.Errorf("ID = %v, %v, want %v", got, err, id)
	}
	for name, key := range map[string][]string{
		"nothing": nil, "two": {id.String(), id.String()}, "no id": {"x"}, "another kind": {oid.New[oid.Chat]().String()},
	} {
		if _, err := page.ID[oid.Folder]("after", key); errs.CodeOf(err) != errs.BadCursor {
			t.Errorf("ID of %s = %v, want BAD_CURSOR", name, err)
		}
	}
}

func TestOf(t *testing.T) {
	t.Parallel()
	at := []string{"x"}
	tests := []struct {
		name string
		rows []int
		w    page.Window
		want page.Result[int]
	}{
		{"a whole list", []int{1, 2}, page.Window{Limit: 2, Forward: true}, page.Result[int]{Items: []int{1, 2}}},
		{"the first page", []int{1, 2, 3}, page.Window{Limit: 2, Forward: true}, page.Result[int]{Items: []int{1, 2}, HasNext: true}},
		{"a middle page", []int{3, 4, 5}, page.Window{Limit: 2, Forward: true, After: at}, page.Result[int]{Items: []int{3, 4}, HasNext: true, HasPrevious: true}},
		{"the last entries", []int{5, 4, 3}, page.Window{Limit: 2}, page.Result[int]{Items: []int{4, 5}, HasPrevious: true}},
		{"those before", []int{2, 1}, page.Window{Limit: 2, Before: at}, page.Result[int]{Items: []int{1, 2}, HasNext: true}},
		{"nothing", nil, page.Window{Limit: 2, Forward: true}, page.Result[int]{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(&tt.want, page.Of(tt.rows, tt.w)); diff != "" {
				t.Errorf("page (-want +got):\n%s", diff)
			}
		})
	}
}
