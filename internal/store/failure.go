package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"time"

	"github.com/lib/pq"
	"github.com/lib/pq/pqerror"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/weav-ai/weav/internal/errs"
)

// retryAfter is the RetryAfter of errors while the database is unreachable.
const retryAfter = time.Second

// retry repeats do while the database is unreachable, for at most the retry time. do must have no effect when
// it fails: so only the begin of a transaction is repeated, never a statement.
func (s *Store) retry(ctx context.Context, do func(context.Context) error) error {
	deadline := time.Now().Add(s.opts.retryTime)
	for wait := 20 * time.Millisecond; ; wait = min(2*wait, 250*time.Millisecond) {
		err := do(ctx)
		if err == nil || !outOfReach(err) || time.Now().Add(wait).After(deadline) {
			return err
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
	}
}

// unavailable turns a temporary failure of the database into UNAVAILABLE, retryable. Typed errors and all
// others stay unchanged.
func unavailable(err error) error {
	var typed *errs.Error
	if errors.As(err, &typed) || !outOfReach(err) && !contended(err) {
		return err
	}
	return errs.Wrap(err, errs.Unavailable, "The service is busy. Please try again.").Retry(retryAfter)
}

// commitError distinguishes a commit that the database refused from one whose answer was lost. After the
// latter the outcome is unknown, so the message asks the client to retry with its idempotency key.
func commitError(err error) error {
	if !outOfReach(err) {
		return fmt.Errorf("store: commit: %w", err)
	}
	return errs.Wrap(err, errs.Unavailable,
		"It is not known whether this was stored. Please try again with the same idempotency key.").Retry(retryAfter)
}

// outOfReach reports whether err comes from the connection: refused, lost, or a server that starts, stops or
// has no free connection.
func outOfReach(err error) bool {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return false
	}
	if e, ok := errors.AsType[*pq.Error](err); ok {
		switch e.Code {
		case pqerror.AdminShutdown, pqerror.CrashShutdown, pqerror.CannotConnectNow, pqerror.TooManyConnections:
			return true
		}
		return e.Code.Class() == "08"
	}
	for _, lost := range []error{driver.ErrBadConn, io.EOF, io.ErrUnexpectedEOF, syscall.ECONNREFUSED, syscall.ECONNRESET, syscall.EPIPE} {
		if errors.Is(err, lost) {
			return true
		}
	}
	_, network := errors.AsType[net.Error](err)
	return network
}

// contended reports whether err comes from contention: a lock timeout, a statement timeout, or a deadlock.
func contended(err error) bool {
	if e, ok := errors.AsType[*pq.Error](err); ok {
		switch e.Code {
		case pqerror.QueryCanceled, pqerror.LockNotAvailable, pqerror.TRDeadlockDetected, pqerror.TRSerializationFailure,
			pqerror.IdleInTransactionSessionTimeout:
			return true
		}
		return false
	}
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && (e.Code()&0xff == sqlite3.SQLITE_BUSY || e.Code()&0xff == sqlite3.SQLITE_LOCKED)
}

// IsUniqueViolation reports whether err means that a unique key exists already.
func IsUniqueViolation(err error) bool {
	if e, ok := errors.AsType[*pq.Error](err); ok {
		return e.Code == pqerror.UniqueViolation
	}
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && (e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || e.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY)
}
