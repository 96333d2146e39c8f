package geminiai_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/ai/geminiai"
)

// received is everything that a stream yielded.
type received struct {
	text       string
	keepAlives int
	final      *ai.TextResult
	err        *ai.Error
}

// receive reads a stream to its end, of which there must be exactly one.
func receive(ctx context.Context, tb testing.TB, p ai.TextStreamer, req ai.TextRequest) received {
	tb.Helper()
	var h received
	for ev, err := range p.StreamText(ctx, req) {
		if h.final != nil || h.err != nil {
			tb.Errorf("event behind the end: %+v, %v", ev, err)
		}
		switch {
		case err != nil:
			h.err = typed(tb, err)
		case ev.Final != nil:
			h.final = ev.Final
		case ev.Delta == "":
			h.keepAlives++
		}
		h.text += ev.Delta
	}
	if (h.final == nil) == (h.err == nil) {
		tb.Fatalf("ended with the final %+v and the error %v", h.final, h.err)
	}
	return h
}

// draw makes a picture.
func draw(ctx context.Context, t *testing.T, p ai.ImageMaker, req ai.ImageRequest) (*ai.ImageResult, *ai.Error) {
	t.Helper()
	for ev, err := range p.MakeImage(ctx, req) {
		if err != nil {
			return nil, typed(t, err)
		}
		if ev.Final != nil {
			return ev.Final, nil
		}
	}
	t.Fatal("the call ended with neither a final nor an error")
	return nil, nil
}

// typed requires an *ai.Error without secrets.
func typed(tb testing.TB, err error) *ai.Error {
	tb.Helper()
	var e *ai.Error
	if !errors.As(err, &e) {
		tb.Fatalf("error = %v, want an *ai.Error", err)
	}
	if e.Provider != providerName || e.Cause == nil {
		tb.Errorf("error of %q with the cause %v", e.Provider, e.Cause)
	}
	for _, secret := range []string{apiKey, secretPrompt, "secret"} {
		if strings.Contains(e.Error()+e.Code, secret) {
			tb.Errorf("error contains %q: %v", secret, e)
		}
	}
	return e
}

// secretPrompt is a text that no error may repeat.
const secretPrompt = "my secret: the butler did it"

// download fetches a video whose operation is done.
func download(ctx context.Context, t *testing.T, p *geminiai.Provider) ([]byte, *ai.Error) {
	t.Helper()
	var file bytes.Buffer
	got, err := p.DownloadVideo(ctx, videoModel, operation, &file)
	if err != nil {
		return file.Bytes(), typed(t, err)
	}
	if got.Bytes != int64(file.Len()) || got.MIMEType != "video/mp4" {
		t.Errorf("reported %+v, wrote %d bytes", got, file.Len())
	}
	return file.Bytes(), nil
}

// operation is a reference.
const operation = "models/" + videoModel + "/operations/op-1"

// asError wants an *ai.Error.
func asError(t *testing.T, err error) *ai.Error {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	return typed(t, err)
}

func contextWithTimeout(t *testing.T, d time.Duration) (context.Context, context.CancelFunc) {
	t.Helper()
	return context.WithTimeout(t.Context(), d)
}
