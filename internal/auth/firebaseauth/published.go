package firebaseauth

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	// keysURL is where Google publishes the certificates of the keys that sign ID tokens.
	keysURL = "https://www.googleapis.com/robot/v1/metadata/x509/securetoken@system.gserviceaccount.com"
	// maxKeys bounds an answer; Google's have some 5 KB.
	maxKeys = 1 << 20
	// usual is how long keys are good when the answer does not say; shortest and longest bound what it says.
	usual    = time.Hour
	shortest = 5 * time.Minute
	longest  = 24 * time.Hour
)

// published is an answer of Google's.
type published struct {
	// byID are its keys by their names.
	byID map[string]*rsa.PublicKey
	// good is how long it is.
	good time.Duration
}

// Reach asks Google for the keys once, over http.DefaultTransport, and returns how many there are.
func Reach(ctx context.Context) (int, error) {
	keys, err := fetch(ctx, &http.Client{Timeout: fetchTimeout})
	return len(keys.byID), err
}

func fetch(ctx context.Context, client *http.Client) (published, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, keysURL, http.NoBody)
	if err != nil {
		return published{}, fmt.Errorf("firebaseauth: fetch keys: %w", err)
	}
	res, err := client.Do(req)
	if err != nil {
		return published{}, fmt.Errorf("firebaseauth: fetch keys: %w", err)
	}
	defer func() { _ = res.Body.Close() }() // It was read.
	if res.StatusCode != http.StatusOK {
		return published{}, fmt.Errorf("firebaseauth: fetch keys: HTTP %d", res.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, maxKeys))
	if err != nil {
		return published{}, fmt.Errorf("firebaseauth: fetch keys: %w", err)
	}
	return parseKeys(body, res.Header.Get("Cache-Control"))
}

// parseKeys refuses an answer without keys, or with one that cannot be read: it would take the place of good ones.
func parseKeys(body []byte, cacheControl string) (published, error) {
	var certificates map[string]string
	if json.Unmarshal(body, &certificates) != nil || len(certificates) == 0 {
		return published{}, errors.New("firebaseauth: fetch keys: the answer has none")
	}
	p := published{byID: map[string]*rsa.PublicKey{}, good: maxAge(cacheControl)}
	for kid, certificate := range certificates {
		key, err := publicKey(certificate)
		if err != nil {
			return published{}, fmt.Errorf("firebaseauth: fetch keys: %w", err)
		}
		p.byID[kid] = key
	}
	return p, nil
}

// maxAge is how long an answer is good.
func maxAge(cacheControl string) time.Duration {
	for part := range strings.SplitSeq(cacheControl, ",") {
		if seconds, ok := strings.CutPrefix(strings.TrimSpace(part), "max-age="); ok {
			if n, err := strconv.ParseInt(seconds, 10, 32); err == nil {
				return min(max(time.Duration(n)*time.Second, shortest), longest)
			}
		}
	}
	return usual
}

// publicKey is the key of a certificate. The certificate's own dates do not count: Google publishes what is good now.
func publicKey(certificate string) (*rsa.PublicKey, error) {
	block, _ := pem.Decode([]byte(certificate))
	if block == nil {
		return nil, errors.New("a certificate is no PEM")
	}
	c, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, err
	}
	key, ok := c.PublicKey.(*rsa.PublicKey)
	if !ok {
		return nil, errors.New("a certificate holds no RSA key")
	}
	return key, nil
}
