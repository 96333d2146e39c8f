package firebaseauth

import (
	"context"
	"crypto/rsa"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"
)

const (
	// stale is how long keys serve on, past their end, while they cannot be fetched again.
	stale = 24 * time.Hour
	// retryEvery is how often a fetch is tried again, and how often at most one is made for a key that is not known.
	retryEvery = time.Minute
	// retrySoon stands in for it while there is no key at all, so nobody can sign in.
	retrySoon = 5 * time.Second
	// fetchTimeout bounds a fetch.
	fetchTimeout = 5 * time.Second
)

// errNoKeys says that nobody can tell whether a token is true.
var errNoKeys = errors.New("firebaseauth: the keys are not to be had")

// keySource keeps the published keys. A fetch is made when somebody first asks, and from then on in the background, before
// the keys end; a token of a key that is there never waits for one.
type keySource struct {
	client *http.Client
	log    *slog.Logger

	life context.Context // of fetches: they outlive who asked first, since others wait for them too
	end  context.CancelFunc
	work sync.WaitGroup

	mu       sync.Mutex
	keys     published
	fetched  time.Time
	tried    time.Time     // the last attempt
	failed   bool          // the last attempt did
	fetching chan struct{} // closed when the fetch under way ends; nil when there is none
	next     *time.Timer
}

func newKeySource(ctx context.Context, transport http.RoundTripper, log *slog.Logger) *keySource {
	k := &keySource{client: &http.Client{Transport: transport, Timeout: fetchTimeout}, log: log}
	k.life, k.end = context.WithCancel(context.WithoutCancel(ctx))
	return k
}

// Close ends the fetch under way, and makes no other.
func (k *keySource) Close() {
	k.mu.Lock()
	k.end()
	if k.next != nil {
		k.next.Stop()
	}
	k.mu.Unlock()
	k.work.Wait()
}

// key is the key of that name; nil when there is none, or all are too old to be believed.
func (k *keySource) key(kid string) *rsa.PublicKey {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.usable() {
		return nil
	}
	return k.keys.byID[kid]
}

// want waits until it is known whether there is a key named kid, unless it was asked in vain not long ago. It fails when
// nobody can tell: there are no keys, or those there are may lack a new one.
func (k *keySource) want(ctx context.Context, kid string) error {
	k.mu.Lock()
	if k.usable() && k.keys.byID[kid] != nil {
		k.mu.Unlock()
		return nil
	}
	done := k.refresh()
	k.mu.Unlock()
	if done != nil {
		select {
		case <-done:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.usable() || k.failed && k.keys.byID[kid] == nil {
		return errNoKeys
	}
	return nil
}

// usable says whether the keys may be believed. The caller holds the lock.
func (k *keySource) usable() bool {
	return k.keys.byID != nil && time.Since(k.fetched) < k.keys.good+stale
}

// refresh begins a fetch for somebody who waits, unless one was made just now. It returns what is closed when the fetch
// under way ends; nil when there is none. The caller holds the lock.
func (k *keySource) refresh() <-chan struct{} {
	pause := retryEvery
	if !k.usable() {
		pause = retrySoon
	}
	if k.fetching == nil && (k.tried.IsZero() || time.Since(k.tried) >= pause) {
		k.begin()
	}
	return k.fetching
}

// begin begins a fetch. The caller holds the lock, and has looked that there is none.
func (k *keySource) begin() {
	if k.life.Err() != nil {
		return
	}
	k.tried, k.fetching = time.Now(), make(chan struct{})
	k.work.Go(func() {
		keys, err := fetch(k.life, k.client)
		k.ended(keys, err)
	})
}

// ended keeps what a fetch brought, and sets the time of the next.
func (k *keySource) ended(keys published, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	close(k.fetching)
	k.fetching, k.failed = nil, err != nil
	if k.life.Err() != nil {
		return
	}
	again := retryEvery
	if err == nil {
		k.keys, k.fetched = keys, time.Now()
		again = keys.good * 4 / 5
	} else {
		k.log.Warn("the keys of sign-ins cannot be fetched; those that are known serve on for a day", "error", err)
	}
	if k.next != nil {
		k.next.Stop() // Of a fetch that somebody waited for, which came before its time: one chain goes on, not two.
	}
	k.next = time.AfterFunc(again, func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		if k.fetching == nil {
			k.begin()
		}
	})
}
