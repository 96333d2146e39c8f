package export

import (
	"archive/zip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/weav-ai/weav/internal/job"
)

// archive is a zip that is being written, one entry at a time.
type archive struct {
	ctx context.Context //nolint:containedctx // It lives as long as one call of Compose, whose context this is.
	zip *zip.Writer
}

// newArchive begins an archive that refuses to grow beyond most bytes.
func newArchive(ctx context.Context, w io.Writer, most int64) *archive {
	return &archive{ctx: ctx, zip: zip.NewWriter(&bounded{w: w, left: most})}
}

// bounded passes on at most left bytes, so that an export cannot fill the disk.
type bounded struct {
	w    io.Writer
	left int64
}

// Write implements io.Writer; beyond the bound it returns job.ErrTooLarge.
func (b *bounded) Write(p []byte) (int, error) {
	if b.left -= int64(len(p)); b.left < 0 {
		return 0, job.ErrTooLarge
	}
	return b.w.Write(p)
}

// create begins a compressed entry. Names outside of ASCII are marked as UTF-8.
func (a *archive) create(name string, at time.Time) (io.Writer, error) {
	return a.entry(&zip.FileHeader{Name: name, Modified: at, Method: zip.Deflate})
}

// copy stores a file uncompressed, since images and videos are compressed already.
func (a *archive) copy(name string, at time.Time, r io.Reader) error {
	w, err := a.entry(&zip.FileHeader{Name: name, Modified: at, Method: zip.Store})
	if err != nil {
		return err
	}
	_, err = io.Copy(w, r)
	return wrap("copy", err)
}

// entry begins an entry, unless the job was cancelled.
func (a *archive) entry(h *zip.FileHeader) (io.Writer, error) {
	if err := a.ctx.Err(); err != nil {
		return nil, err
	}
	w, err := a.zip.CreateHeader(h)
	return w, wrap("entry", err)
}

// object writes an entry that is one JSON value.
func (a *archive) object(name string, v any) error {
	w, err := a.create(name, time.Time{})
	if err != nil {
		return err
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return wrap(name, e.Encode(v))
}

// array writes an entry that is a JSON array. The rows are read in batches, of which one is in memory at a
// time.
func array[R, V any](ctx context.Context, a *archive, name string, rows pages[R], view func(R) V) error {
	w, err := a.create(name, time.Time{})
	if err != nil {
		return err
	}
	return wrap(name, elements(ctx, w, "", rows, view))
}

// text writes an entry of plain text.
func (a *archive) text(name, content string) error {
	w, err := a.create(name, time.Time{})
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, content)
	return wrap(name, err)
}

// elements writes a JSON array with one element per line.
func elements[R, V any](ctx context.Context, w io.Writer, indent string, rows pages[R], view func(R) V) error {
	lead := "[\n"
	for row, err := range rows.all(ctx) {
		if err != nil {
			return err
		}
		raw, err := json.Marshal(view(row))
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(w, "%s%s  %s", lead, indent, raw); err != nil {
			return err
		}
		lead = ",\n"
		// An empty array is written as one, not as null.
	}
	if lead == "[\n" {
		_, err := io.WriteString(w, "[]\n")
		return err
	}
	_, err := io.WriteString(w, "\n"+indent+"]\n")
	return err
}
