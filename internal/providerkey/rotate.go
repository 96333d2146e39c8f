package providerkey

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/weav-ai/weav/ent/predicate"
	"github.com/weav-ai/weav/ent/providerkey"
)

// rotateBatch is how many keys are sealed again at a time.
const rotateBatch = 200

// Rotate seals again whatever an older key of the ring sealed, and returns how many keys that were. Any
// number of processes may run it concurrently, while keys are set and removed. A key that no key of the ring
// can open is left unchanged and reported as an error.
func (s *Service) Rotate(ctx context.Context, _ time.Time) (int, error) {
	if s.Ring == nil {
		return 0, nil
	}
	n, lost := 0, 0
	stale := []predicate.ProviderKey{providerkey.Not(providerkey.SealedHasPrefix(s.Ring.Prefix()))}
	// Pages by id, not by repeating the query: keys that cannot be opened would be read forever.
	for behind := stale; ; {
		rows, err := s.Store.Client().ProviderKey.Query().Where(behind...).Order(providerkey.ByID()).Limit(rotateBatch).All(ctx)
		if err != nil {
			return n, wrap("rotate", err)
		}
		for _, row := range rows {
			purpose := holder{row.UserID, row.Provider}.purpose()
			key, err := s.Ring.Open(row.Sealed, purpose)
			if err != nil {
				lost++
				continue
			}
			// The condition on the old value skips a key that was set meanwhile.
			sealed, err := s.Store.Client().ProviderKey.Update().Where(providerkey.ID(row.ID), providerkey.Sealed(row.Sealed)).
				SetSealed(s.Ring.Seal(key, purpose)).Save(ctx)
			if err != nil {
				return n, wrap("rotate", err)
			}
			n += sealed
		}
		if len(rows) < rotateBatch {
			break
		}
		behind = append(slices.Clone(stale), providerkey.IDGT(rows[len(rows)-1].ID))
	}
	if lost > 0 {
		return n, errors.New(fmt.Sprint("providerkey: ", lost, " keys cannot be opened: put the key that sealed them back into the file"))
	}
	return n, nil
}
