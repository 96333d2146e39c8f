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
	// keysHost and keysURL are where Google publishes the certificates of the keys that sign ID tokens.
	keysHost = "www.googleapis.com"
	keysURL  = "https://" + keysHost + "/robot/v1/metadata/x509/securetoken@system.gserviceaccount.com"
	// maxKeys bounds an answer; Google's have some 5 KB.
	maxKeys = 1 << 20
	// usual is how long keys are good when the answer does not say; shortest and longest bound what it says.
	usual    = time.Hour
	shortest = 5 * time.Minute
	longest  = 24 * time.Hour
)

// published is an answer of Google's.
type published struct {
	// body is as it came: {"kid": "PEM certificate"}.
	body []byte
	// kids are the names of its keys.
	kids map[string]bool
	// good is how long it is.
	good time.Duration
}

// Reach asks Google for the keys once, over http.DefaultTransport, and returns how many there are.
func Reach(ctx context.Context) (int, error) {
	keys, err := fetch(ctx, &http.Client{Timeout: fetchPatience})
	return len(keys.kids), err
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
	return parse(body, res.Header.Get("Cache-Control"))
}

// parse refuses an answer without keys, which would take the place of good ones.
func parse(body []byte, cacheControl string) (published, error) {
	var certificates map[string]string
	if json.Unmarshal(body, &certificates) != nil || len(certificates) == 0 {
		return published{}, errors.New("firebaseauth: fetch keys: the answer has none")
	}
	p := published{body: body, kids: map[string]bool{}, good: maxAge(cacheControl)}
	for kid, certificate := range certificates {
		if err := checkKey(certificate); err != nil {
			return published{}, fmt.Errorf("firebaseauth: fetch keys: %w", err)
		}
		p.kids[kid] = true
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

// checkKey refuses what the SDK would: one certificate that it cannot read makes it refuse all of an answer.
func checkKey(certificate string) error {
	block, _ := pem.Decode([]byte(certificate))
	if block == nil {
		return errors.New("a certificate is no PEM")
	}
	c, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return err
	}
	if _, ok := c.PublicKey.(*rsa.PublicKey); !ok {
		return errors.New("a certificate holds no RSA key")
	}
	return nil
}
