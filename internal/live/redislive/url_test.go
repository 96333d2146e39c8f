package redislive

import (
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/weav-ai/weav/test/servicetest"
)

// TestSessionHasItsDial connects with settings of the URL that are meant for pools: a session
// dials once, and a pool must not use that up.
func TestSessionHasItsDial(t *testing.T) {
	t.Parallel()
	url := servicetest.Redis(t)
	for _, settings := range []string{"min_idle_conns=8", "pool_size=1", "conn_max_lifetime=1ms", "protocol=2"} {
		t.Run(settings, func(t *testing.T) {
			t.Parallel()
			options, err := redis.ParseURL(url + "?" + settings)
			if err != nil {
				t.Fatal(err)
			}
			for range 50 {
				s := newSession(bounded(options), "", probeEvery)
				err := s.connect(t.Context())
				s.close()
				if err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}
