package blob

import (
	"mime"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestDisposition(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, filename, want string }{
		{"none", "", `attachment`},
		{"plain", "cat.png", `attachment; filename="cat.png"`},
		{"spaces", " my  cat.png ", `attachment; filename="my  cat.png"`},
		{"path", "../../etc/passwd", `attachment; filename="_.._etc_passwd"`},
		{"windows path", `C:\cat.png`, `attachment; filename="C__cat.png"`},
		{"quotes", `a".html;x="b`, `attachment; filename="a_.html;x=_b"`},
		{"line feed", "a\r\nSet-Cookie: b", `attachment; filename="a__Set-Cookie_ b"`},
		{"hidden", "...", `attachment`},
		{"hidden by a dot", ".bashrc", `attachment; filename="bashrc"`},
		{"turned text", "cat\u202egnp.exe", `attachment; filename="cat_gnp.exe"`},
		{"broken UTF-8", "a\xffb", `attachment; filename="a_b"`},
		{"percent", "100%25.png", `attachment; filename="100_25.png"`},
		{"accents", "é.png", `attachment; filename="_.png"; filename*=UTF-8''%C3%A9.png`},
		{"outside the basic plane", "😀", `attachment; filename="_"; filename*=UTF-8''%F0%9F%98%80`},
	}
	for _, c := range cases {
		got := GetOptions{Filename: c.filename}.Disposition()
		if got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
		if _, _, err := mime.ParseMediaType(got); err != nil && !strings.Contains(got, "*=") {
			t.Errorf("%s: %v", c.name, err) // The package refuses a name that comes twice.
		}
	}
}

func TestDispositionOfLongNamesKeepsTheExtension(t *testing.T) {
	t.Parallel()
	for _, letter := range []string{"a", "é", "한", "😀"} {
		got := cleanFilename(strings.Repeat(letter, 300) + ".png")
		if len(got) > maxFilenameBytes || !strings.HasSuffix(got, letter+".png") || !utf8.ValidString(got) {
			t.Errorf("%s: %d bytes: %q", letter, len(got), got)
		}
	}
}

func FuzzDisposition(f *testing.F) {
	f.Add("cat.png")
	f.Add("a\r\nb")
	f.Fuzz(func(t *testing.T, name string) {
		got := GetOptions{Filename: name, Inline: true}.Disposition()
		if strings.ContainsFunc(got, func(r rune) bool { return r < ' ' || r > '~' }) || strings.Count(got, `"`) > 2 || len(got) > 1000 {
			t.Errorf("%q gives %q", name, got)
		}
	})
}
