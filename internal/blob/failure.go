package blob

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/weav-ai/weav/internal/errs"
)

// Trouble is a failure of a store: a text for users, by its key in the catalogue of texts.
type Trouble string

// The troubles.
const (
	Unreachable   Trouble = "The file store cannot be reached."
	Stalled       Trouble = "The file store has stopped answering."
	Late          Trouble = "The file store did not finish in time."
	Broken        Trouble = "The connection to the file store broke off."
	Full          Trouble = "The file store is full."
	Failing       Trouble = "The file store is not working properly."
	Misconfigured Trouble = "The file store is not set up properly."
)

// soon is the RetryAfter of store failures.
const soon = time.Second

// Unavailable is the error of a failing store. The cause, which may contain addresses and paths, is for the
// log.
func Unavailable(trouble Trouble, cause error) error {
	return errs.WrapText(cause, errs.Unavailable, errs.Text{Format: string(trouble)}).Retry(soon)
}

// Ended is the error of a step that the caller's context ended, or nil while it has not ended. A caller that
// cancelled needs no message; a deadline that passed is reported as a store that is too slow.
func Ended(ctx context.Context, step string) error {
	err := ctx.Err()
	if err == nil {
		return nil
	}
	cause := fmt.Errorf("blob: %s: %w", step, err)
	if errors.Is(err, context.DeadlineExceeded) {
		return Unavailable(Late, cause)
	}
	return cause
}
