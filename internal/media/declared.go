package media

import (
	"errors"
	"mime"
	"path"
	"slices"
	"strings"
)

// aliases are other MIME types of the accepted types.
var aliases = map[string]Type{
	"image/jpg": JPEG, "image/pjpeg": JPEG, "image/jfif": JPEG, "image/x-citrix-jpeg": JPEG,
	"image/x-png": PNG, "image/apng": PNG, "image/vnd.mozilla.apng": PNG, "image/x-citrix-png": PNG,
	"image/x-webp": WebP, "video/x-m4v": MP4, "video/m4v": MP4, "video/x-mp4": MP4, "application/mp4": MP4, "video/x-webm": WebM,
}

// Declared checks what an uploader states of a file: its type must be accepted, and its name must not have
// the extension of another kind. The returned name has no folders and no misleading characters, and an
// extension of the type.
func Declared(name, mimeType string) (clean string, t Type, err error) {
	if clean, err = cleanName(name); err != nil {
		return "", "", err
	}
	ext := strings.ToLower(path.Ext(clean))
	full := mediaType(mimeType)
	t, ok := aliases[full]
	if !ok {
		t = Type(full)
	}
	if _, ok := extensions[t]; !ok {
		return "", "", refuse(kindDeclared(full, ext))
	}
	// A name with an extension of another type would mislead the user who saves the file.
	if !hasExt(t, ext) && isExtension(ext) {
		return "", "", fault(TypeMismatch, "The name ends in %s, which is not how a file of the type %s ends. Name it %s, or state the type that it has.",
			ext, t, strings.TrimSuffix(clean, path.Ext(clean))+t.Ext())
	}
	return NameFor(clean, t), t, nil
}

// mediaType returns a MIME type without its parameters, in lower case (RFC 9110, 8.3.1).
func mediaType(s string) string {
	full, _, err := mime.ParseMediaType(s)
	if errors.Is(err, mime.ErrInvalidMediaParameter) || err == nil {
		return full // Browsers write lists of codecs without the required quotes.
	}
	return strings.ToLower(strings.TrimSpace(s))
}

// NameFor returns a name with an extension of the type. It replaces an extension of another accepted type.
func NameFor(name string, t Type) string {
	ext := path.Ext(name)
	if hasExt(t, strings.ToLower(ext)) {
		return name
	}
	for other := range extensions {
		if hasExt(other, strings.ToLower(ext)) {
			return strings.TrimSuffix(name, ext) + t.Ext()
		}
	}
	return strings.TrimRight(name, ". ") + t.Ext()
}

// hasExt reports whether ext is an extension of a type.
func hasExt(t Type, ext string) bool { return slices.Contains(extensions[t], ext) }

// isExtension reports whether the text after a name's last dot is the extension of a file type, and not part
// of a name such as "10.30" or "v1.final".
func isExtension(ext string) bool {
	for t := range extensions {
		if hasExt(t, ext) {
			return true
		}
	}
	return kindOfExt[ext] != "" || slices.Contains(otherExts, ext)
}

// otherExts are frequent extensions of files that are neither images nor videos.
var otherExts = []string{
	".htm", ".html", ".xhtml", ".js", ".mjs", ".css", ".json", ".xml", ".txt", ".md", ".csv", ".rtf", ".doc", ".docx", ".xls", ".xlsx", ".ppt", ".pptx",
	".exe", ".dll", ".msi", ".bat", ".cmd", ".com", ".scr", ".ps1", ".vbs", ".sh", ".jar", ".apk", ".app", ".dmg", ".iso", ".php", ".py",
}
