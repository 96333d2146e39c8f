package app

import (
	"sync/atomic"
	"time"
)

// tellAgain is how often the log tells that connections are refused.
const tellAgain = time.Minute

// connectionRefused counts connections that an address had too many of, and tells the log at most once a minute: the address
// may be that of a proxy, and then people wait outside.
func (a *App) connectionRefused() func() {
	count := a.meter.WatchConnections()
	var told atomic.Int64
	return func() {
		count()
		now, last := time.Now().UnixNano(), told.Load()
		if now-last < int64(tellAgain) || !told.CompareAndSwap(last, now) {
			return
		}
		a.log.Warn("connections are refused: one address has as many as it may have before sign-in. If it is a proxy's, name it in TRUSTED_PROXIES",
			"limit", a.cfg.HTTP.Connections)
	}
}
