package blob

import (
	"errors"
	"fmt"
	"mime"
	"strings"
	"time"
)

const (
	// MaxKeyBytes is the longest key.
	MaxKeyBytes = 200
	// MaxTypeBytes is the longest content type.
	MaxTypeBytes = 100
	// MaxExpires is the longest validity of a signed URL, a limit of S3.
	MaxExpires = 7 * 24 * time.Hour
)

// ValidKey reports whether key has one to MaxKeyBytes bytes of a-z, 0-9, '_', '.', '-' and '/', in segments
// that are neither empty nor "." or "..". The set is valid in URLs and on every file system.
func ValidKey(key string) bool {
	if len(key) > MaxKeyBytes || strings.ContainsFunc(key, stray) {
		return false
	}
	for segment := range strings.SplitSeq(key, "/") {
		if segment == "" || segment == "." || segment == ".." {
			return false
		}
	}
	return true
}

// stray reports whether r is not allowed in a key.
func stray(r rune) bool {
	return (r < 'a' || 'z' < r) && (r < '0' || '9' < r) && !strings.ContainsRune("_.-/", r)
}

// CheckPrefix refuses what is neither empty, nor a key, nor a key followed by a slash.
func CheckPrefix(prefix string) error {
	if prefix == "" {
		return nil
	}
	return CheckKey(strings.TrimSuffix(prefix, "/"))
}

// CheckKey refuses what is not a key. The error does not contain it.
func CheckKey(key string) error {
	if !ValidKey(key) {
		return errors.New("blob: malformed key")
	}
	return nil
}

// Check refuses invalid options.
func (o PutOptions) Check() error {
	if o.Size < 0 {
		return fmt.Errorf("blob: size %d", o.Size)
	}
	return checkType(o.ContentType)
}

// Check refuses invalid options.
func (o GetOptions) Check() error {
	if o.ContentType != "" {
		if err := checkType(o.ContentType); err != nil {
			return err
		}
	}
	return checkExpires(o.Expires)
}

// Check refuses invalid options.
func (o UploadOptions) Check() error {
	if o.Size < 1 {
		return fmt.Errorf("blob: upload of size %d", o.Size)
	}
	if err := checkType(o.ContentType); err != nil {
		return err
	}
	return checkExpires(o.Expires)
}

// checkType requires a media type in the form of HTTP, since it becomes the value of a header.
func checkType(contentType string) error {
	main, params, err := mime.ParseMediaType(contentType)
	if err != nil || len(contentType) > MaxTypeBytes || !strings.Contains(main, "/") {
		return errors.New("blob: malformed content type")
	}
	if mime.FormatMediaType(main, params) != contentType {
		return errors.New("blob: content type is not in its plain form")
	}
	return nil
}

func checkExpires(d time.Duration) error {
	if d < time.Second || d > MaxExpires || d%time.Second != 0 {
		return fmt.Errorf("blob: signed for %v, want whole seconds up to %v", d, MaxExpires)
	}
	return nil
}
