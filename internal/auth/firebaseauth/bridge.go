package firebaseauth

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	firebase "firebase.google.com/go/v4"
	fireauth "firebase.google.com/go/v4/auth"
	"golang.org/x/oauth2"
	"google.golang.org/api/option"
)

// The SDK fetches the published keys itself, drops the old ones before it asks, and takes no client of ours for it: it
// clones http.DefaultTransport when it is made. So it is made while that leads, for the keys' address alone, into this
// process, where a small server answers from the key source. The SDK goes on verifying; it never waits for Google.

// transportMu serialises the moments in which the default transport is another.
var transportMu sync.Mutex

// newClient makes the SDK's client over the key source.
func newClient(ctx context.Context, project string, keys *pipe) (*fireauth.Client, error) {
	transportMu.Lock()
	defer transportMu.Unlock()
	own := http.DefaultTransport
	defer func() { http.DefaultTransport = own }()
	http.DefaultTransport = detour(own, keys)
	app, err := firebase.NewApp(ctx, &firebase.Config{ProjectID: project}, option.WithTokenSource(nobody{}))
	if err != nil {
		return nil, err
	}
	return app.Auth(ctx)
}

// nobody is who the client acts as: it verifies, which needs no account. Without this the SDK would look for one in files
// of the machine and ask the cloud's metadata server.
type nobody struct{}

// Token implements oauth2.TokenSource.
func (nobody) Token() (*oauth2.Token, error) {
	return nil, errors.New("firebaseauth: this client only verifies")
}

// detour is own but for the keys' address, to which it goes through keys, and through no proxy.
func detour(own http.RoundTripper, keys *pipe) *http.Transport {
	t := &http.Transport{Proxy: http.ProxyFromEnvironment}
	if usual, ok := own.(*http.Transport); ok {
		t = usual.Clone()
	}
	proxy := t.Proxy
	t.Proxy = func(r *http.Request) (*url.URL, error) {
		if r.URL.Hostname() == keysHost || proxy == nil {
			return nil, nil //nolint:nilnil // How http.Transport says that there is none.
		}
		return proxy(r)
	}
	dialer := &tls.Dialer{Config: t.TLSClientConfig}
	t.DialTLSContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		if addr == net.JoinHostPort(keysHost, "443") {
			return keys.dial(ctx)
		}
		return dialer.DialContext(ctx, network, addr)
	}
	t.DisableKeepAlives = true // A connection within the process costs nothing, and none is left behind.
	return t
}

// serve answers the SDK from the key source, and lets it keep nothing. It never waits: whoever verifies has waited.
func serve(p *pipe, keys *keySource) *http.Server {
	handler := func(w http.ResponseWriter, _ *http.Request) {
		body := keys.current()
		if body == nil {
			http.Error(w, "no keys", http.StatusServiceUnavailable)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "max-age=0")
		_, _ = w.Write(body) // The SDK tells when it did not arrive.
	}
	server := &http.Server{ReadHeaderTimeout: time.Second, Handler: http.HandlerFunc(handler), ErrorLog: log.New(io.Discard, "", 0)}
	go func() {
		if err := server.Serve(p); !errors.Is(err, http.ErrServerClosed) {
			keys.log.Error("the keys of sign-ins are no longer served within the process", "error", err)
		}
	}()
	return server
}
