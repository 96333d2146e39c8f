package errs_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weav-ai/weav/internal/errs"
)

// TestErrorsKeepTheirTexts by which the doors render them in another language.
func TestErrorsKeepTheirTexts(t *testing.T) {
	t.Parallel()
	want := errs.Text{Format: "At most %d of %s.", Args: []any{3, "x"}}
	faults, _ := errs.InputOf(errs.Input(errs.TooLong, "text", "At most %d of %s.", 3, "x"))
	for name, got := range map[string]struct {
		text    errs.Text
		message string
	}{
		"New":       {errs.New(errs.Conflict, "At most %d of %s.", 3, "x").Text, errs.New(errs.Conflict, "At most %d of %s.", 3, "x").Message},
		"Wrap":      {errs.Wrap(errors.New("c"), errs.Conflict, "At most %d of %s.", 3, "x").Text, "At most 3 of x."},
		"NewText":   {errs.NewText(errs.Conflict, want).Text, errs.NewText(errs.Conflict, want).Message},
		"WrapText":  {errs.WrapText(errors.New("c"), errs.Conflict, want).Text, "At most 3 of x."},
		"Input":     {faults[0].Text, faults[0].Message},
		"Textf":     {errs.Textf("At most %d of %s.", 3, "x"), errs.Textf("At most %d of %s.", 3, "x").String()},
		"as stored": {stored(t, want), stored(t, want).String()},
	} {
		got.text.Args[0] = fmtInt(got.text.Args[0])
		if diff := cmp.Diff(errs.Text{Format: want.Format, Args: []any{int64(3), "x"}}, got.text); diff != "" || got.message != "At most 3 of x." {
			t.Errorf("%s: %q (-want +got)\n%s", name, got.message, diff)
		}
	}
}

func fmtInt(v any) any {
	if n, ok := v.(int); ok {
		return int64(n)
	}
	return v
}

// stored is a text after it was in a database.
func stored(t *testing.T, text errs.Text) errs.Text {
	t.Helper()
	raw, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	var out errs.Text
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestStoredTextsKeepTheKindsOfTheirArguments(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	text := errs.Textf("%s %s %d %s", errs.Textf("%d days", int64(2)), at, int64(7), errs.Reason("PAID"))
	want := errs.Textf("%s %s %d %s", errs.Textf("%d days", int64(2)), at, int64(7), "PAID")
	if diff := cmp.Diff(want, stored(t, text)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if empty := stored(t, errs.Text{}); !empty.IsZero() {
		t.Errorf("an empty text became %v", empty)
	}
}
