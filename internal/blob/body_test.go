package blob

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/weav-ai/weav/internal/errs"
)

func TestBodyHasItsExactSize(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	cases := []struct {
		name   string
		source func() io.Reader
		size   int64
		want   error
	}{
		{"exact", func() io.Reader { return strings.NewReader("12345") }, 5, nil},
		{"empty", func() io.Reader { return strings.NewReader("") }, 0, nil},
		{"byte by byte", func() io.Reader { return iotest.OneByteReader(strings.NewReader("12345")) }, 5, nil},
		{"end with the bytes", func() io.Reader { return iotest.DataErrReader(strings.NewReader("12345")) }, 5, nil},
		{"short", func() io.Reader { return strings.NewReader("1234") }, 5, ErrSize},
		{"long", func() io.Reader { return strings.NewReader("123456") }, 5, ErrSize},
		{"long byte by byte", func() io.Reader { return iotest.OneByteReader(strings.NewReader("123456")) }, 5, ErrSize},
		{"not empty", func() io.Reader { return strings.NewReader("1") }, 0, ErrSize},
		{"broken", func() io.Reader { return iotest.ErrReader(broken) }, 5, broken},
	}
	for _, c := range cases {
		body := NewBody(t.Context(), c.source(), c.size)
		got, err := io.ReadAll(body)
		if !errors.Is(err, c.want) || !errors.Is(body.Err(), c.want) {
			t.Errorf("%s: read with %v, then %v, want %v", c.name, err, body.Err(), c.want)
		}
		if err == nil && int64(len(got)) != c.size {
			t.Errorf("%s: %q", c.name, got)
		}
	}
}

func TestBodyHoldsTheEndOfTooMuchBack(t *testing.T) {
	t.Parallel()
	body := NewBody(t.Context(), bytes.NewReader(make([]byte, 100_001)), 100_000)
	n, err := io.Copy(io.Discard, body)
	if n >= 100_000 || !errors.Is(err, ErrSize) {
		t.Errorf("gave %d bytes (%v): a store could keep them", n, err)
	}
}

func TestReleasedBodyIsNotRead(t *testing.T) {
	t.Parallel()
	source := strings.NewReader("12345")
	body := NewBody(t.Context(), source, 5)
	body.Release()
	if n, err := body.Read(make([]byte, 5)); n > 0 || err == nil || errors.Is(err, io.EOF) {
		t.Errorf("read %d bytes (%v)", n, err)
	}
	if source.Len() != 5 {
		t.Error("the source was read")
	}
	if err := body.Err(); err != nil {
		t.Errorf("the release counts as a failure: %v", err)
	}
}

func TestEnded(t *testing.T) {
	t.Parallel()
	if err := Ended(t.Context(), "put"); err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Ended(ctx, "put"); !errors.Is(err, context.Canceled) || errs.CodeOf(err) != errs.Internal {
		t.Errorf("got %v", err)
	}
	ctx, cancel = context.WithTimeout(t.Context(), 0)
	defer cancel()
	if err := Ended(ctx, "put"); !errors.Is(err, context.DeadlineExceeded) || errs.CodeOf(err) != errs.Unavailable {
		t.Errorf("got %v", err)
	}
}
