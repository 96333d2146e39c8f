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

// failure translates an error of the operating system into the port's errors. Other errors stay unchanged.
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

// openFailure is failure, except for a missing file.
func openFailure(err error) error {
	if missing(err) {
		return fmt.Errorf("fileblob: open: %w", blob.ErrNotExist)
	}
	return failure("open", err)
}

// missing reports whether the file, or the folder it would be in, does not exist.
func missing(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}

// typed reports whether err is already an error for the caller.
func typed(err error) bool {
	_, ok := errors.AsType[*errs.Error](err)
	return ok
}

// fromSystem reports whether err is an error of the file system.
func fromSystem(err error) bool {
	_, one := errors.AsType[*fs.PathError](err)
	_, two := errors.AsType[*os.LinkError](err)
	return one || two
}
