package file

import (
	"context"
	"errors"
	"io"

	"github.com/weav-ai/weav/ent"
	entobject "github.com/weav-ai/weav/ent/object"
	"github.com/weav-ai/weav/internal/blob"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
)

// stage records objects that are about to be written, in a transaction of its own: a crash during the write
// must leave the row.
func (s *Service) stage(ctx context.Context, user oid.User, keys ...string) error {
	return s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		return stageIn(ctx, tx, user, keys...)
	})
}

// stageIn records staged objects in a transaction that also stores their row.
func stageIn(ctx context.Context, tx *store.Tx, user oid.User, keys ...string) error {
	now := store.Now()
	rows := make([]*ent.ObjectCreate, len(keys))
	for i, key := range keys {
		rows[i] = tx.Client().Object.Create().SetID(key).SetUserID(user).SetStateAt(now).SetCreatedAt(now)
	}
	return wrap("stage", tx.Client().Object.CreateBulk(rows...).Exec(ctx))
}

// errSwept means that an object was staged for so long that the sweeper doomed it.
var errSwept = errors.New("file: a staged object was swept")

// makeLive makes staged objects live, with the row that refers to them.
func makeLive(ctx context.Context, tx *store.Tx, keys ...string) error {
	n, err := tx.Client().Object.Update().
		Where(entobject.IDIn(keys...), entobject.StateEQ(entobject.StateStaged)).
		SetState(entobject.StateLive).SetStateAt(store.Now()).Save(ctx)
	// An object that is not staged any more was doomed by the sweeper.
	if err == nil && n != len(keys) {
		err = errSwept
	}
	return wrap("enliven", err)
}

// doom hands objects to the sweeper, in the transaction that deletes their row. The object is deleted later,
// because a rollback could not restore it.
func doom(ctx context.Context, tx *store.Tx, keys ...string) error {
	if len(keys) == 0 {
		return nil
	}
	return wrap("doom", tx.Client().Object.Update().
		Where(entobject.IDIn(keys...), entobject.StateNEQ(entobject.StateDoomed)).
		SetState(entobject.StateDoomed).SetStateAt(store.Now()).Exec(ctx))
}

// discardStaged dooms objects that are still staged. A failure is only logged, since the sweeper finds them
// anyway. It runs after the caller's context ended too.
func (s *Service) discardStaged(ctx context.Context, keys ...string) {
	if len(keys) == 0 {
		return
	}
	// WithoutCancel: often the caller's context has ended, which is why the objects are not needed.
	err := s.store.Tx(context.WithoutCancel(ctx), func(ctx context.Context, tx *store.Tx) error {
		return tx.Client().Object.Update().
			Where(entobject.IDIn(keys...), entobject.StateEQ(entobject.StateStaged)).
			SetState(entobject.StateDoomed).SetStateAt(store.Now()).Exec(ctx)
	})
	if err != nil {
		s.log.WarnContext(ctx, "staged objects were not given up; the sweeper will", "error", err)
	}
}

// keysOf returns the object keys of a row.
func keysOf(object, thumbnail *string) []string {
	var keys []string
	for _, k := range []*string{object, thumbnail} {
		if k != nil {
			keys = append(keys, *k)
		}
	}
	return keys
}

// put writes a staged object.
func (s *Service) put(ctx context.Context, key, contentType string, body io.Reader, size int64) error {
	return s.bucket.Put(ctx, key, body, blob.PutOptions{ContentType: contentType, Size: size})
}
