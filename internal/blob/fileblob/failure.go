package fileblob

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"

	"github.com/weav-ai/weav/internal/blob"
	"github.com/weav-ai/weav/internal/errs"
)

// failure tells in the port's words what the operating system said. What is not its word stays as
// it is.
func failure(step string, err error) error {
	cause := fmt.Errorf("fileblob: %s: %w", step, err)
	switch {
	case typed(err):
		return err
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return blob.Unavailable(blob.Full, cause)
	case fromSystem(err):
		return blob.Unavailable(blob.Failing, cause)
	default:
		return cause
	}
}

// openFailure is failure, but for a file that is not there.
func openFailure(err error) error {
	if missing(err) {
		return fmt.Errorf("fileblob: open: %w", blob.ErrNotExist)
	}
	return failure("open", err)
}

// missing reports whether there is no file of this name, or none of the folder it would be in.
func missing(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}

func typed(err error) bool {
	_, ok := errors.AsType[*errs.Error](err)
	return ok
}

// fromSystem reports whether err is about a file's name, or two.
func fromSystem(err error) bool {
	_, one := errors.AsType[*fs.PathError](err)
	_, two := errors.AsType[*os.LinkError](err)
	return one || two
}
