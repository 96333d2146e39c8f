package export

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/weav-ai/weav/internal/text"
)

const (
	// maxNameRunes and maxNameBytes keep names within what file systems and old unzippers take.
	maxNameRunes = 80
	maxNameBytes = 160
	// maxExtension is the longest that is taken for an extension, its dot included.
	maxExtension = 10
	// nameless stands for a name of which nothing is left.
	nameless = "untitled"
)

// numbered is the name of the n-th entry of a folder, n from 1. The number keeps names apart that look alike, in the
// order of the list, and from those that mean a device to Windows (CON, NUL, …).
func numbered(folder string, n int, name, extension string) string {
	return fmt.Sprintf("%s/%03d-%s%s", folder, n, safe(name), extension)
}

// safe makes one path segment of any text: letters of all scripts and emoji stay; what parts paths, means something to a
// file system or turns the direction of text is replaced.
func safe(name string) string {
	name = strings.Join(strings.Fields(strings.Map(plain, strings.ToValidUTF8(name, "_"))), " ")
	name = strings.Trim(shorten(strings.Trim(name, ". ")), ". ")
	if name == "" {
		return nameless
	}
	return name
}

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

// shorten cuts a long name between characters, and keeps its extension.
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
