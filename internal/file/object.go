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

// stage tells the table of objects that are about to be written.
func (s *Service) stage(ctx context.Context, user oid.User, keys ...string) error {
	return s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		return stageIn(ctx, tx, user, keys...)
	})
}

func stageIn(ctx context.Context, tx *store.Tx, user oid.User, keys ...string) error {
	now := store.Now()
	rows := make([]*ent.ObjectCreate, len(keys))
	for i, key := range keys {
		rows[i] = tx.Client().Object.Create().SetID(key).SetUserID(user).SetStateAt(now).SetCreatedAt(now)
	}
	return wrap("stage", tx.Client().Object.CreateBulk(rows...).Exec(ctx))
}

// errSwept says that an object was staged for so long that it was given up.
var errSwept = errors.New("file: a staged object was swept")

// enliven makes staged objects live, with the row that points to them.
func enliven(ctx context.Context, tx *store.Tx, keys ...string) error {
	n, err := tx.Client().Object.Update().
		Where(entobject.IDIn(keys...), entobject.StateEQ(entobject.StateStaged)).
		SetState(entobject.StateLive).SetStateAt(store.Now()).Save(ctx)
	if err == nil && n != len(keys) {
		err = errSwept
	}
	return wrap("enliven", err)
}

// doom gives objects to the sweeper, in the transaction that deletes what they belong to.
func doom(ctx context.Context, tx *store.Tx, keys ...string) error {
	if len(keys) == 0 {
		return nil
	}
	return wrap("doom", tx.Client().Object.Update().
		Where(entobject.IDIn(keys...), entobject.StateNEQ(entobject.StateDoomed)).
		SetState(entobject.StateDoomed).SetStateAt(store.Now()).Exec(ctx))
}

// giveUp dooms objects that are staged still; best effort, since the sweeper finds them anyway.
func (s *Service) giveUp(ctx context.Context, keys ...string) {
	if len(keys) == 0 {
		return
	}
	err := s.store.Tx(context.WithoutCancel(ctx), func(ctx context.Context, tx *store.Tx) error {
		return tx.Client().Object.Update().
			Where(entobject.IDIn(keys...), entobject.StateEQ(entobject.StateStaged)).
			SetState(entobject.StateDoomed).SetStateAt(store.Now()).Exec(ctx)
	})
	if err != nil {
		s.log.WarnContext(ctx, "staged objects were not given up; the sweeper will", "error", err)
	}
}

// keysOf are the objects of a row.
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
