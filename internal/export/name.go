package export

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/weav-ai/weav/internal/text"
)

const (
	// maxNameRunes and maxNameBytes are limits that file systems and old unzip programs accept.
	maxNameRunes = 80
	maxNameBytes = 160
	// maxExtension is the longest file extension, with its dot. A longer one is part of the name.
	maxExtension = 10
	// nameless replaces a name of which nothing is left.
	nameless = "untitled"
)

// numbered is the name of the n-th entry of a folder, n from 1. The number makes equal names unique, keeps
// the order of the list, and avoids the device names of Windows (CON, NUL, …).
func numbered(folder string, n int, name, extension string) string {
	return fmt.Sprintf("%s/%03d-%s%s", folder, n, safe(name), extension)
}

// safe turns any text into one path segment. Letters of all scripts and emoji remain. Separators, characters
// with a meaning to a file system and controls of the text direction are replaced.
func safe(name string) string {
	name = strings.Join(strings.Fields(strings.Map(plain, strings.ToValidUTF8(name, "_"))), " ")
	name = strings.Trim(shorten(strings.Trim(name, ". ")), ". ")
	if name == "" {
		return nameless
	}
	return name
}

// plain replaces a character that is unsafe in a file name.
func plain(r rune) rune {
	switch {
	case unicode.IsSpace(r):
		return ' '
	case strings.ContainsRune(`/\:*?"<>|`, r), text.Misleads(r):
		return '_'
	default:
		return r
	}
}

// shorten cuts a long name between characters and leaves its extension.
func shorten(name string) string {
	if len(name) <= maxNameBytes && utf8.RuneCountInString(name) <= maxNameRunes {
		return name
	}
	extension := ""
	if dot := strings.LastIndexByte(name, '.'); dot > 0 && len(name)-dot <= maxExtension {
		name, extension = name[:dot], name[dot:]
	}
	name = text.Truncate(name, maxNameRunes-utf8.RuneCountInString(extension))
	name = text.TruncateBytes(name, maxNameBytes-len(extension))
	return strings.TrimRight(name, ". ") + extension
}
