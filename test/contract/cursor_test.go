package contract

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
)

// place is the position in the feed that a cursor holds. What else the cursor holds is not part of it.
type place struct {
	epoch string
	seq   int64
}

func placeOf(cursor string) (place, error) {
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	parts := strings.Split(string(raw), ".")
	if err != nil || len(parts) < 4 {
		return place{}, fmt.Errorf("the cursor %q has no place: %w", cursor, err)
	}
	seq, err := strconv.ParseInt(parts[3], 36, 64)
	return place{parts[2], seq}, err
}
