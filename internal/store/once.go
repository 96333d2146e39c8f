package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/weav-ai/weav/internal/errs"
	"github.com/weav-ai/weav/internal/mutation"
	"github.com/weav-ai/weav/internal/oid"
)

// KeyLife is how long an idempotency key is stored.
const KeyLife = 24 * time.Hour

// Key identifies one intent of a user, so that a repetition has no further effect. Its scope is the user and the mutation of
// the call's context (package mutation); calls outside of mutations share one scope.
type Key struct {
	User oid.User
	// Key is the client's key: 1 to 128 printable ASCII characters.
	Key string
	// Input is the client's input with defaults applied; its JSON is compared.
	Input any
}

// Once runs fn in a transaction at most once per key. result is a pointer. What fn stores in it is stored
// with the key; a repetition within 24 h fills it from there, returns true and does not call fn. A concurrent
// second caller waits for the first one. An error of fn stores nothing, so the key can be used again.
//
// It returns BAD_USER_INPUT for a malformed key and IDEMPOTENCY_CONFLICT for a key that was used with another
// input.
func (s *Store) Once(
	ctx context.Context, key Key, result any, fn func(ctx context.Context, tx *Tx) error,
) (replayed bool, err error) {
	if !validKey(key.Key) {
		return false, errs.New(errs.BadUserInput, "idempotencyKey must be 1 to %d printable ASCII characters.", maxKey)
	}
	hash, err := inputHash(key.Input)
	if err != nil {
		return false, fmt.Errorf("store: idempotency key: %w", err)
	}
	err = s.Tx(ctx, func(ctx context.Context, tx *Tx) error {
		mine, err := tx.claim(ctx, key, hash)
		if err != nil {
			return fmt.Errorf("store: idempotency key: %w", err)
		}
		if !mine {
			replayed = true
			return tx.loadResult(ctx, key, hash, result)
		}
		if err := fn(ctx, tx); err != nil {
			return err
		}
		return tx.storeResult(ctx, key, result)
	})
	if err != nil {
		return false, err
	}
	return replayed, nil
}

// Amend replaces the stored result of a key, for work that continued after its transaction. An expired key is
// not stored again.
func (s *Store) Amend(ctx context.Context, key Key, result any) error {
	return s.Tx(ctx, func(ctx context.Context, tx *Tx) error { return tx.storeResult(ctx, key, result) })
}

// claim stores the key unless it exists and has not expired. On Postgres it waits for a transaction that
// stores the same key, because of the unique index.
func (tx *Tx) claim(ctx context.Context, key Key, hash string) (mine bool, err error) {
	// One statement stores the key or takes over an expired one. On a conflict with a valid key it changes no
	// row.
	const insert = `INSERT INTO idempotency_keys (user_id, mutation, key, input_hash, result, created_at)
		VALUES ($1, $2, $3, $4, '', $5)
		ON CONFLICT (user_id, mutation, key) DO UPDATE
		SET input_hash = excluded.input_hash, result = excluded.result, created_at = excluded.created_at
		WHERE idempotency_keys.created_at < $6`
	now := Now()
	done, err := tx.sql.ExecContext(ctx, insert, key.User, mutation.Of(ctx), key.Key, hash, now, now.Add(-KeyLife))
	if err != nil {
		return false, err
	}
	n, err := done.RowsAffected()
	return n == 1, err
}

// loadResult fills result with the stored result of the key.
func (tx *Tx) loadResult(ctx context.Context, key Key, hash string, result any) error {
	const read = `SELECT input_hash, result FROM idempotency_keys WHERE user_id = $1 AND mutation = $2 AND key = $3`
	var usedFor, stored string
	err := tx.sql.QueryRowContext(ctx, read, key.User, mutation.Of(ctx), key.Key).Scan(&usedFor, &stored)
	// claim found the key and holds its row lock, so it cannot be missing.
	if errors.Is(err, sql.ErrNoRows) {
		return errors.New("store: idempotency key: gone while its row was locked")
	}
	if err != nil {
		return fmt.Errorf("store: idempotency key: %w", err)
	}
	if usedFor != hash {
		return errs.New(errs.IdempotencyConflict, "This idempotency key was used with another input.")
	}
	if result == nil {
		return nil
	}
	if err := json.Unmarshal([]byte(stored), result); err != nil {
		return fmt.Errorf("store: idempotency key: stored result: %w", err)
	}
	return nil
}

// storeResult stores the result of the key, in the transaction of its effect.
func (tx *Tx) storeResult(ctx context.Context, key Key, result any) error {
	stored, err := json.Marshal(result)
	if err != nil {
		return fmt.Errorf("store: idempotency key: result: %w", err)
	}
	const update = `UPDATE idempotency_keys SET result = $1 WHERE user_id = $2 AND mutation = $3 AND key = $4`
	if _, err := tx.sql.ExecContext(ctx, update, string(stored), key.User, mutation.Of(ctx), key.Key); err != nil {
		return fmt.Errorf("store: idempotency key: %w", err)
	}
	return nil
}
