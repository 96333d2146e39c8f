package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/oid"
)

// LockUser serializes the transactions of one user that call it, for values that must be exact per user:
// counts and limits. It returns NOT_FOUND when the user does not exist. On SQLite all write transactions are
// serialized anyway.
func (tx *Tx) LockUser(ctx context.Context, user oid.User) error {
	query := `SELECT 1 FROM users WHERE id = $1`
	if tx.dialect == Postgres {
		query += ` FOR NO KEY UPDATE` // FOR UPDATE would also block inserts that refer to the user.
	}
	var one int
	err := tx.sql.QueryRowContext(ctx, query, user).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return errs.New(errs.NotFound, "This account no longer exists.")
	}
	if err != nil {
		return fmt.Errorf("store: lock user: %w", err)
	}
	return nil
}
