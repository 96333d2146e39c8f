package export

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestNamesAreSafe(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"plain":                           "plain",
		"한글 제목 🌱":                         "한글 제목 🌱",
		"../../etc/passwd":                "_.._etc_passwd",
		`..\..\windows`:                   `_.._windows`,
		"/absolute":                       "_absolute",
		"C:\\x":                           "C__x",
		"a\tb\r\n c":                      "a b c",
		"a\x00b":                          "a_b",
		"\u202efdp.exe":                   "_fdp.exe",
		"":                                nameless,
		" . ":                             nameless,
		"...":                             nameless,
		"trailing. ":                      "trailing",
		"bad \xff bytes":                  "bad _ bytes",
		"👩\u200d👩\u200d👧 family":          "👩\u200d👩\u200d👧 family",
		`<>:"|?*`:                         "_______",
		strings.Repeat("a", 300):          strings.Repeat("a", maxNameRunes),
		strings.Repeat("가", 300):          strings.Repeat("가", maxNameBytes/len("가")),
		strings.Repeat("a", 300) + ".png": strings.Repeat("a", maxNameRunes-4) + ".png",
	} {
		got := safe(name)
		if got != want {
			t.Errorf("%.40q is %q, want %q", name, got, want)
		}
		if !utf8.ValidString(got) || len(got) > maxNameBytes {
			t.Errorf("%.40q is %d bytes", name, len(got))
		}
	}
}

func FuzzNames(f *testing.F) {
	for _, seed := range []string{"../x", "a.png", strings.Repeat("가", 99) + ".jpeg", "\xff", " ."} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		got := safe(name)
		if got == "" || got == "." || got == ".." || strings.ContainsAny(got, "/\\\x00\n") || len(got) > maxNameBytes || !utf8.ValidString(got) || safe(got) != got {
			t.Errorf("%q is %q, and that is %q", name, got, safe(got))
		}
	})
}
