package text_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/text"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name        string
		value       string
		least, most int
		want        []errs.Reason
	}{
		{"fits", "hello", 1, 5, nil},
		{"may be empty", "", 0, 5, nil},
		{"may be blank", "  ", 0, 5, nil},
		{"missing", "", 1, 5, []errs.Reason{errs.Required}},
		{"blank, also by Unicode's spaces", " \t\n\u3000", 1, 5, []errs.Reason{errs.Required}},
		{"code points of three bytes", "안녕하세요", 1, 5, nil},
		{"code points of four bytes", "🧵🧵🧵🧵🧵", 1, 5, nil},
		{"one code point too many", "안녕하세요!", 1, 5, []errs.Reason{errs.TooLong}},
		{"joined emoji count each part", "👩‍💻", 1, 2, []errs.Reason{errs.TooLong}},
		{"U+0000", "a\x00b", 1, 5, []errs.Reason{errs.InvalidChars}},
		{"broken UTF-8", "a\xff", 1, 5, []errs.Reason{errs.InvalidChars}},
		{"a surrogate in UTF-8", "\xed\xa0\x80", 1, 5, []errs.Reason{errs.InvalidChars}},
		{"the replacement character is a character", "\uFFFD", 1, 5, nil},
		{"two faults at once", "\x00\x00\x00\x00\x00\x00", 1, 5, []errs.Reason{errs.InvalidChars, errs.TooLong}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			faults, _ := errs.InputOf(text.Check("title", tt.value, tt.least, tt.most))
			var got []errs.Reason
			for _, f := range faults {
				got = append(got, f.Reason)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("reasons (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCheckerGathersAllFaults(t *testing.T) {
	t.Parallel()
	var c text.Checker
	c.Text("title", "", 1, 100)
	c.Text("prompts.1", "four", 1, 3)
	c.Text("content", "good", 1, 100)
	c.Fail(errs.LimitReached, "", "There are enough.")
	if err := c.Take(errs.Input(errs.InvalidValue, "theme", "No such theme.")); err != nil {
		t.Fatalf("Take of an input error = %v", err)
	}
	want := errs.InputErrors{
		{Reason: errs.Required, Message: "This must not be blank.", Path: []string{"input", "title"}},
		{Reason: errs.TooLong, Message: "This may have at most 3 characters.", Path: []string{"input", "prompts", "1"}},
		{Reason: errs.LimitReached, Message: "There are enough.", Path: []string{"input"}},
		{Reason: errs.InvalidValue, Message: "No such theme.", Path: []string{"input", "theme"}},
	}
	if diff := cmp.Diff(error(want), c.Err()); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
}

func TestCheckerTakesNothingElse(t *testing.T) {
	t.Parallel()
	var c text.Checker
	fault := errors.New("the provider is out")
	if err := c.Take(fault); !errors.Is(err, fault) {
		t.Errorf("Take = %v, want the error back", err)
	}
	if err := c.Take(nil); err != nil {
		t.Errorf("Take(nil) = %v", err)
	}
	if err := c.Err(); err != nil {
		t.Errorf("Err = %v, want nil", err)
	}
}

func TestTruncate(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, in string
		n        int
		want     string
	}{
		{"shorter", "abc", 5, "abc"},
		{"as long", "abc", 3, "abc"},
		{"longer", "abcd", 3, "abc"},
		{"between code points", "한국어 제목", 3, "한국어"},
		{"nothing", "abc", 0, ""},
		{"empty", "", 3, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := text.Truncate(tt.in, tt.n); got != tt.want {
				t.Errorf("Truncate(%q, %d) = %q, want %q", tt.in, tt.n, got, tt.want)
			}
		})
	}
}

func BenchmarkLoneSurrogate(b *testing.B) {
	body := []byte(`{"query":"` + strings.Repeat(`\ud83d\ude00 text `, 5000) + `"}`)
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		if text.LoneSurrogate(body) {
			b.Fatal("found one")
		}
	}
}
