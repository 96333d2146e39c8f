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

// rotateBatch is how many keys are sealed anew at a time.
const rotateBatch = 200

// Rotate seals anew what an older key of the ring sealed, and answers how much that was. Any number of processes may do so
// at once, and keys may be set and removed meanwhile. What no key of the ring opens is left as it is, and an error.
func (s *Service) Rotate(ctx context.Context, _ time.Time) (int, error) {
	if s.Ring == nil {
		return 0, nil
	}
	n, lost := 0, 0
	stale := []predicate.ProviderKey{providerkey.Not(providerkey.SealedHasPrefix(s.Ring.Prefix()))}
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
