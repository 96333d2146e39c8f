package memrate

import "time"

const (
	// sweepEvery is how often a shard in use removes its empty buckets.
	sweepEvery = int64(time.Minute / time.Microsecond)
	// sample is how many buckets are compared when one must be removed. Eight find a nearly empty one with
	// high probability and cost constant time.
	sample = 8
)

func (s *shard) level(k key, now int64) int64 {
	b := s.buckets[k]
	return k.limit.Drained(b.level, now-b.at)
}

// put stores a bucket, in place of another one when there are too many.
func (s *shard) put(k key, b bucket, most int) {
	if _, known := s.buckets[k]; !known && len(s.buckets) >= most {
		s.forget(b.at)
	}
	s.buckets[k] = b
}

// sweep removes the empty buckets.
func (s *shard) sweep(now int64) {
	if now-s.swept < sweepEvery {
		return
	}
	s.swept = now
	for k := range s.buckets {
		if s.level(k, now) == 0 {
			delete(s.buckets, k)
		}
	}
}

// forget removes the bucket that will be empty first, of a few random ones (the order of a map is random):
// its subject gains the least by it.
func (s *shard) forget(now int64) {
	var victim key
	soonest, seen := int64(0), 0
	for k := range s.buckets {
		left := s.level(k, now) / int64(k.limit.Events)
		if seen == 0 || left < soonest {
			victim, soonest = k, left
		}
		seen++
		if seen == sample {
			break
		}
	}
	delete(s.buckets, victim)
}
