package systemtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"io"
	"maps"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// keyID names the key that signs the ID tokens of the tests.
const keyID = "key-of-the-test"

// google stands in for www.googleapis.com, which publishes the certificates of Firebase's keys. A program that knows nothing
// of the test comes to it through a proxy, and trusts it by a certificate of its environment.
type google struct {
	t      *testing.T
	signer *rsa.PrivateKey
	// proxy is the address of the proxy, and trust the file with the certificate.
	proxy, trust string
	asked        atomic.Int64
	down         atomic.Bool
}

func newGoogle(t *testing.T) *google {
	t.Helper()
	signer, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	g := &google{t: t, signer: signer}
	keys := httptest.NewUnstartedServer(http.HandlerFunc(g.publish))
	der, own := g.certificate("www.googleapis.com")
	keys.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: own}}}
	keys.StartTLS()
	t.Cleanup(keys.Close)
	g.trust = filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(g.trust, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	proxy := httptest.NewServer(tunnel(keys.Listener.Addr().String()))
	t.Cleanup(proxy.Close)
	g.proxy = proxy.URL
	return g
}

// settings are those of a server whose people sign in with Firebase, and the environment that leads it here.
func (g *google) settings(more map[string]string) map[string]string {
	settings := map[string]string{
		"LISTEN_ADDR": "127.0.0.1:0", "DATA_DIR": g.t.TempDir(), "LOG_LEVEL": "debug", "AUTH": "firebase:demo", "ENABLE_BILLING": "false",
		"HTTPS_PROXY": g.proxy, "SSL_CERT_FILE": g.trust,
	}
	maps.Copy(settings, more)
	return settings
}

// certificate is one that vouches for itself, with the key it is for.
func (g *google) certificate(host string) ([]byte, *ecdsa.PrivateKey) {
	g.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		g.t.Fatal(err)
	}
	template := x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: host}, DNSNames: []string{host}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, &key.PublicKey, key)
	if err != nil {
		g.t.Fatal(err)
	}
	return der, key
}

// publish answers with the certificate of the key that signs.
func (g *google) publish(w http.ResponseWriter, r *http.Request) {
	g.asked.Add(1)
	if g.down.Load() || r.URL.Path != "/robot/v1/metadata/x509/securetoken@system.gserviceaccount.com" {
		http.Error(w, "not today", http.StatusServiceUnavailable)
		return
	}
	template := x509.Certificate{SerialNumber: big.NewInt(2), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, &g.signer.PublicKey, g.signer)
	if err != nil {
		http.Error(w, "no certificate", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Cache-Control", "public, max-age=21600")
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]string{keyID: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))})
}

// token is an ID token of somebody, as Firebase signs them, with claims of the test's.
func (g *google) token(uid string, more map[string]any) string {
	g.t.Helper()
	now := time.Now()
	claims := jwt.MapClaims{
		"iss": "https://securetoken.google.com/demo", "aud": "demo", "sub": uid, "user_id": uid,
		"iat": now.Unix(), "exp": now.Add(time.Hour).Unix(), "auth_time": now.Unix(), "email": uid + "@example.com", "email_verified": true,
		"firebase": map[string]any{"sign_in_provider": "google.com", "identities": map[string]any{}},
	}
	maps.Copy(claims, more)
	token := jwt.NewWithClaims(jwt.SigningMethodRS256, claims)
	token.Header["kid"] = keyID
	signed, err := token.SignedString(g.signer)
	if err != nil {
		g.t.Fatal(err)
	}
	return signed
}

// tunnel is a proxy that leads www.googleapis.com to addr, and nothing else anywhere.
func tunnel(addr string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect || r.Host != "www.googleapis.com:443" {
			http.Error(w, "nothing else", http.StatusForbidden)
			return
		}
		far, err := (&net.Dialer{}).DialContext(r.Context(), "tcp", addr)
		if err != nil {
			http.Error(w, "not there", http.StatusBadGateway)
			return
		}
		defer func() { _ = far.Close() }()
		w.WriteHeader(http.StatusOK)
		near, read, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		defer func() { _ = near.Close() }()
		go func() {
			_, _ = io.Copy(far, read) // The server may have read a byte ahead.
			_ = far.Close()
		}()
		_, _ = io.Copy(near, far)
	}
}
