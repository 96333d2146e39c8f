package firebaseauth_test

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"log/slog"
	"maps"
	"math/big"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"go.uber.org/goleak"

	"github.com/weav-ai/weav/internal/auth"
	"github.com/weav-ai/weav/internal/auth/firebaseauth"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const project = "weav-demo"

// signers are keys to publish, made once: making one takes long.
var signers = sync.OnceValue(func() [3]*rsa.PrivateKey {
	var keys [3]*rsa.PrivateKey
	for i := range keys {
		keys[i], _ = rsa.GenerateKey(rand.Reader, 2048)
	}
	return keys
})

// google is who publishes keys: a transport, so that nothing leaves the process.
type google struct {
	mu           sync.Mutex
	keys         map[string]*rsa.PrivateKey
	answer       []byte // in place of the keys
	cacheControl string
	down         bool
	hangs        bool
	calls        int
}

// newGoogle publishes one key, named first.
func newGoogle() *google {
	return &google{keys: map[string]*rsa.PrivateKey{"first": signers()[0]}, cacheControl: "public, max-age=21600, must-revalidate"}
}

// now changes what it does from now on.
func (g *google) now(change func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	change()
}

func (g *google) asked() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.calls
}

// RoundTrip implements http.RoundTripper.
func (g *google) RoundTrip(r *http.Request) (*http.Response, error) {
	g.mu.Lock()
	g.calls++
	down, hangs, body, keys := g.down, g.hangs, g.answer, maps.Clone(g.keys)
	g.mu.Unlock()
	if hangs {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	if down {
		return nil, errors.New("nobody is there")
	}
	if body == nil {
		certificates := map[string]string{}
		for kid, key := range keys {
			certificates[kid] = string(certificate(key))
		}
		body, _ = json.Marshal(certificates)
	}
	header := http.Header{"Cache-Control": {g.cacheControl}}
	return &http.Response{StatusCode: http.StatusOK, Header: header, Body: io.NopCloser(bytes.NewReader(body)), Request: r}, nil
}

// certificate is what is published of a key.
func certificate(key *rsa.PrivateKey) []byte {
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "keys"}, NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1, 0)}
	der, _ := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

// verifier is one that asks g for keys.
func (g *google) verifier(t *testing.T, change func(*firebaseauth.Config)) *firebaseauth.Verifier {
	t.Helper()
	c := firebaseauth.Config{ProjectID: project, Transport: g, Log: slog.New(slog.DiscardHandler)}
	if change != nil {
		change(&c)
	}
	v := firebaseauth.New(t.Context(), c)
	t.Cleanup(func() {
		if err := v.Close(); err != nil {
			t.Error(err)
		}
	})
	return v
}

// claims are those of a good token, changed; a nil value takes one away.
func claims(changes map[string]any) jwt.MapClaims {
	now := time.Now()
	c := jwt.MapClaims{
		"iss": "https://securetoken.google.com/" + project, "aud": project, "sub": "ada", "user_id": "ada",
		"iat": now.Unix(), "exp": now.Add(time.Hour).Unix(), "auth_time": now.Add(-time.Minute).Unix(),
		"email": "Ada@Example.com", "email_verified": true, "name": "Ada Lovelace King", "picture": "https://example.com/ada.png",
		"firebase": map[string]any{"sign_in_provider": "google.com", "identities": map[string]any{"email": []string{"Ada@Example.com"}}},
	}
	for name, value := range changes {
		if c[name] = value; value == nil {
			delete(c, name)
		}
	}
	return c
}

// token is one that key signed, and that says it was the one named kid.
func token(kid string, method jwt.SigningMethod, key any, claims jwt.Claims) string {
	token := jwt.NewWithClaims(method, claims)
	if kid != "" {
		token.Header["kid"] = kid
	}
	signed, err := token.SignedString(key)
	if err != nil {
		return err.Error()
	}
	return signed
}

// good is a token that the n-th of the signers signed as kid, with changed claims.
func good(kid string, n int, changes map[string]any) string {
	return token(kid, jwt.SigningMethodRS256, signers()[n], claims(changes))
}

func proof(token string) auth.Proof {
	return auth.Proof{Firebase: &auth.FirebaseProof{IDToken: token}}
}
