package app

import (
	"sync/atomic"
	"time"
)

// logAgain is how often the log may say that connections are refused.
const logAgain = time.Minute

// connectionRefused counts connections that an address had too many of, and logs that at most once a minute: the address
// may be that of a proxy, and then people wait outside.
func (a *App) connectionRefused() func() {
	count := a.meter.WatchConnections()
	var logged atomic.Int64
	return func() {
		count()
		now, last := time.Now().UnixNano(), logged.Load()
		if now-last < int64(logAgain) || !logged.CompareAndSwap(last, now) {
			return
		}
		a.log.Warn("connections are refused: one address has as many as it may have before sign-in. If it is a proxy's, name it in TRUSTED_PROXIES",
			"limit", a.cfg.HTTP.Connections)
	}
}
