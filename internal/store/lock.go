package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/oid"
)

// LockUser makes the transactions of one person that call it follow each other, for what
// must be exact per person: counts and limits. It answers NOT_FOUND when there is no such
// person. On SQLite all transactions follow each other anyway.
func (tx *Tx) LockUser(ctx context.Context, user oid.User) error {
	query := `SELECT 1 FROM users WHERE id = $1`
	if tx.dialect == Postgres {
		query += ` FOR NO KEY UPDATE` // FOR UPDATE would also stop inserts that refer to the person.
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
