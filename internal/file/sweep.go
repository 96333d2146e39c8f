package file

import (
	"context"
	"errors"
	"time"

	"entgo.io/ent/dialect/sql"

	"github.com/weav-ai/weav/ent"
	entfile "github.com/weav-ai/weav/ent/file"
	entobject "github.com/weav-ai/weav/ent/object"
	"github.com/weav-ai/weav/internal/blob"
	"github.com/weav-ai/weav/internal/store"
)

const (
	// sweepBatch is the most rows of one step of a sweep.
	sweepBatch = 200
	// young is the age up to which an object without a row is left alone: its row may be newer than the
	// listing.
	young = time.Hour
)

// Sweep deletes doomed objects, and dooms staged objects that never became live and uploads that were not
// finished. Any number of processes may sweep at once: every step is a conditional update, and deleting an
// object twice is harmless.
func (s *Service) Sweep(ctx context.Context) error {
	now := store.Now()
	err := errors.Join(s.dropUploads(ctx, now), s.doomStaged(ctx, now))
	return errors.Join(err, s.deleteDoomed(ctx))
}

// dropUploads deletes uploads that were not completed in time.
func (s *Service) dropUploads(ctx context.Context, now time.Time) error {
	rows, err := s.store.Client().File.Query().
		Where(entfile.StatusEQ(entfile.StatusUploading), entfile.CreatedAtLT(now.Add(-UploadLife))).Limit(sweepBatch).All(ctx)
	if err != nil || len(rows) == 0 {
		return wrap("sweep", err)
	}
	var failed []error
	for _, f := range rows {
		failed = append(failed, s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
			n, err := tx.Client().File.Delete().Where(entfile.ID(f.ID), entfile.StatusEQ(entfile.StatusUploading)).Exec(ctx)
			if err != nil || n == 0 {
				return wrap("sweep", err)
			}
			return doom(ctx, tx, *f.ObjectKey)
		}))
	}
	return errors.Join(failed...)
}

// doomStaged dooms objects whose writer has died. Those of uploads belong to their file and are handled with
// it.
func (s *Service) doomStaged(ctx context.Context, now time.Time) error {
	return wrap("sweep", s.store.Client().Object.Update().
		Where(entobject.StateEQ(entobject.StateStaged), entobject.StateAtLT(now.Add(-s.cfg.StageLife)),
			notUpload).
		SetState(entobject.StateDoomed).SetStateAt(now).Exec(ctx))
}

// notUpload matches objects that clients do not write themselves.
func notUpload(sel *sql.Selector) {
	sel.Where(sql.Not(sql.HasPrefix(sel.C(entobject.FieldID), uploads+"/")))
}

// deleteDoomed deletes objects from the store, and each row once the store has confirmed the deletion. A
// store that is down ends the sweep: the rows remain for the next one.
func (s *Service) deleteDoomed(ctx context.Context) error {
	for {
		keys, err := s.store.Client().Object.Query().Where(entobject.StateEQ(entobject.StateDoomed)).
			Order(entobject.ByStateAt(), entobject.ByID()).Limit(sweepBatch).IDs(ctx)
		if err != nil || len(keys) == 0 {
			return wrap("sweep", err)
		}
		for _, key := range keys {
			// The row is deleted last: a crash between the two repeats the deletion, which is no error.
			if err := s.bucket.Delete(ctx, key); err != nil {
				return err
			}
			if err := s.store.Client().Object.DeleteOneID(key).Exec(ctx); err != nil && !ent.IsNotFound(err) {
				return wrap("sweep", err)
			}
		}
		s.meter.ObjectsRepaired("deleted", len(keys))
		if len(keys) < sweepBatch {
			return nil
		}
	}
}

// Reconcile compares the store with the rows in both directions: objects without a row are deleted, and rows
// whose object is missing are marked, so that no client gets the URL of a missing object. It returns how many
// it changed.
func (s *Service) Reconcile(ctx context.Context, now time.Time) (int, error) {
	stray, err := s.deleteStrays(ctx, now)
	if err != nil {
		return stray, err
	}
	missing, err := s.markMissing(ctx, now)
	return stray + missing, err
}

// deleteStrays deletes old objects without a row, in batches of the listing.
func (s *Service) deleteStrays(ctx context.Context, now time.Time) (n int, err error) {
	var old []string
	flush := func() error {
		m, err := s.deleteUnknown(ctx, old)
		n, old = n+m, old[:0]
		return err
	}
	for object, err := range s.bucket.List(ctx, "") {
		if err != nil {
			return n, err
		}
		// The row of a new object may have been committed after the query below.
		if object.ModTime.After(now.Add(-young)) {
			continue
		}
		if old = append(old, object.Key); len(old) == sweepBatch {
			if err := flush(); err != nil {
				return n, err
			}
		}
	}
	return n, flush()
}

// deleteUnknown deletes those of keys that have no row.
func (s *Service) deleteUnknown(ctx context.Context, keys []string) (int, error) {
	if len(keys) == 0 {
		return 0, nil
	}
	known, err := s.store.Client().Object.Query().Where(entobject.IDIn(keys...)).IDs(ctx)
	if err != nil {
		return 0, wrap("reconcile", err)
	}
	has := map[string]bool{}
	for _, k := range known {
		has[k] = true
	}
	n := 0
	for _, k := range keys {
		if has[k] {
			continue
		}
		if err := s.bucket.Delete(ctx, k); err != nil {
			return n, err
		}
		n++
	}
	s.meter.ObjectsRepaired("stray", n)
	return n, nil
}

// markMissing checks that each live object exists, once a day.
func (s *Service) markMissing(ctx context.Context, now time.Time) (n int, err error) {
	due := entobject.Or(entobject.CheckedAtIsNil(), entobject.CheckedAtLT(now.Add(-12*time.Hour)))
	for {
		keys, err := s.store.Client().Object.Query().Where(entobject.StateEQ(entobject.StateLive), due).
			Order(entobject.ByID()).Limit(sweepBatch).IDs(ctx)
		if err != nil || len(keys) == 0 {
			return n, wrap("reconcile", err)
		}
		for _, k := range keys {
			lost, err := s.check(ctx, k, now)
			if err != nil {
				return n, err
			}
			if lost {
				n++
			}
		}
	}
}

// check records whether an object exists. The update is conditional: the object may have been doomed
// meanwhile.
func (s *Service) check(ctx context.Context, key string, now time.Time) (lost bool, err error) {
	_, err = s.bucket.Stat(ctx, key)
	if lost = errors.Is(err, blob.ErrNotExist); err != nil && !lost {
		return false, err
	}
	n, err := s.store.Client().Object.Update().Where(entobject.ID(key), entobject.StateEQ(entobject.StateLive)).
		SetCheckedAt(now).SetIsMissing(lost).Save(ctx)
	if err != nil {
		return false, wrap("reconcile", err)
	}
	if lost = lost && n > 0; lost {
		s.log.ErrorContext(ctx, "a stored file is lost", "object", key)
		s.meter.ObjectsRepaired("missing", 1)
	}
	return lost, nil
}
