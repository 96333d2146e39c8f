package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
)

// Body checks the size of what an adapter stores. A reader of it reaches io.EOF, or the size, only if the
// source has exactly the stated size. The last bytes are held back until the source has ended, so that no
// store ever receives the whole of a body that is too long.
type Body struct {
	ctx    context.Context
	source io.Reader

	mu   sync.Mutex
	left int64
	err  error // what ended the reading; io.EOF when all was well
}

// NewBody returns a reader of source that fails when ctx ends.
func NewBody(ctx context.Context, source io.Reader, size int64) *Body {
	return &Body{ctx: ctx, source: source, left: size}
}

// Read implements io.Reader.
func (b *Body) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.err != nil {
		return 0, b.err
	}
	if len(p) == 0 {
		return 0, nil
	}
	n, err := b.next(p)
	b.err = err
	return n, err
}

// Err returns what was wrong with the body or its context, in the form for the caller; nil when nothing was.
func (b *Body) Err() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if errors.Is(b.err, io.EOF) || errors.Is(b.err, errReleased) {
		return nil
	}
	return b.err
}

// errReleased is seen only by a transport that reads on after its request has failed.
var errReleased = errors.New("blob: the body belongs to its caller again")

// Release waits for a running Read and ends all reading, so that the source belongs to its owner again.
func (b *Body) Release() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.err == nil {
		b.err = errReleased
	}
}

func (b *Body) next(p []byte) (int, error) {
	if err := Ended(b.ctx, "read body"); err != nil {
		return 0, err
	}
	n, err := b.source.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	if b.left == 0 && err == nil {
		err = b.beyond()
	}
	switch {
	case err == nil:
		return n, nil
	case !errors.Is(err, io.EOF):
		return 0, b.failure(err)
	case b.left > 0:
		return n, fmt.Errorf("%w: %d bytes are missing", ErrSize, b.left)
	default:
		return n, io.EOF
	}
}

// beyond reads after the last byte; io.EOF is the correct result.
func (b *Body) beyond() error {
	var one [1]byte
	n, err := b.source.Read(one[:])
	for n == 0 && err == nil {
		n, err = b.source.Read(one[:])
	}
	if n > 0 {
		return fmt.Errorf("%w: there is more", ErrSize)
	}
	return err
}

func (b *Body) failure(err error) error {
	if ended := Ended(b.ctx, "read body"); ended != nil {
		return ended
	}
	return fmt.Errorf("blob: read body: %w", err)
}
