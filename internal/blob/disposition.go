package blob

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/weav-ai/weav/internal/text"
)

// maxFilenameBytes is within the limit of every common file system.
const maxFilenameBytes = 200

// Disposition is the value of the header Content-Disposition. A name that is not ASCII is given twice:
// reduced to ASCII for old clients, and in the encoding of RFC 5987.
func (o GetOptions) Disposition() string {
	value := "attachment"
	if o.Inline {
		value = "inline"
	}
	name := cleanFilename(o.Filename)
	if name == "" {
		return value
	}
	value += `; filename="` + strings.Map(asciiOnly, name) + `"`
	if !isASCII(name) {
		value += "; filename*=UTF-8''" + percentEncode(name)
	}
	return value
}

// cleanFilename replaces characters that some file system refuses or that mislead a reader: path separators,
// quotes, invisible characters, and dots and spaces at the ends.
func cleanFilename(name string) string {
	name = strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/\:*?"<>|%`, r) || r == utf8.RuneError || text.Misleads(r) {
			return '_'
		}
		if unicode.IsSpace(r) {
			return ' '
		}
		return r
	}, name)
	return strings.Trim(shorten(strings.Trim(name, ". ")), ". ")
}

// shorten preserves the extension, by which systems choose the program that opens the file.
func shorten(name string) string {
	if len(name) <= maxFilenameBytes {
		return name
	}
	const longest = 10
	extension := ""
	if dot := strings.LastIndexByte(name, '.'); dot > 0 && len(name)-dot <= longest {
		extension = name[dot:]
	}
	return text.TruncateBytes(name, maxFilenameBytes-len(extension)) + extension
}

func asciiOnly(r rune) rune {
	if r > unicode.MaxASCII {
		return '_'
	}
	return r
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r > unicode.MaxASCII })
}

// percentEncode leaves only the attr-chars of RFC 5987 that are letters, digits, '-', '.' and '_'.
func percentEncode(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for _, c := range []byte(s) {
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-._", c) >= 0 {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('%')
		b.WriteByte(hex[c>>4])
		b.WriteByte(hex[c&15])
	}
	return b.String()
}
