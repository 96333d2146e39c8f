package portonepay

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/weav-ai/weav/internal/pay"
)

const (
	// maxBody bounds an answer.
	maxBody = 1 << 20
	// leastKey and mostKey bound an idempotency key, by PortOne's rules.
	leastKey, mostKey = 16, 256
)

// request is one call of the API.
type request struct {
	method string
	// path are the segments of the address, not yet escaped.
	path  []string
	query url.Values
	// key makes a POST safe to repeat for three hours.
	key  string
	body any
}

// call makes one request and reads its answer into out, which may be nil.
func (g *Gateway) call(ctx context.Context, r request, out any) error {
	req, err := g.newRequest(ctx, r)
	if err != nil {
		return err
	}
	res, err := g.client.Do(req)
	if err != nil {
		return pay.Fault(pay.ErrUnavailable, "no answer", err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(res.Body, maxBody+1))
	if err != nil || len(raw) > maxBody {
		return pay.Fault(pay.ErrUnavailable, "an answer that is cut or has no end", err)
	}
	if res.StatusCode != http.StatusOK {
		return refused(res.StatusCode, raw)
	}
	if out == nil {
		return nil
	}
	if json.Unmarshal(raw, out) != nil { // Its error would repeat what the answer holds.
		return pay.Fault(pay.ErrUnavailable, "an answer in another form", nil)
	}
	return nil
}

func (g *Gateway) newRequest(ctx context.Context, r request) (*http.Request, error) {
	var content io.Reader
	if r.body != nil {
		raw, err := json.Marshal(r.body)
		if err != nil {
			return nil, fmt.Errorf("portonepay: %w", err)
		}
		content = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(ctx, r.method, g.address(r), content)
	if err != nil {
		return nil, fmt.Errorf("portonepay: %w", err)
	}
	req.Header.Set("Authorization", "PortOne "+g.cfg.APISecret)
	if r.body == nil {
		return req, nil
	}
	if !isKey(r.key) {
		return nil, pay.Fault(pay.ErrRefused, "an idempotency key that PortOne does not take", nil)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", `"`+r.key+`"`)
	return req, nil
}

func (g *Gateway) address(r request) string {
	at := g.cfg.BaseURL
	for _, segment := range r.path {
		at += "/" + url.PathEscape(segment)
	}
	if len(r.query) > 0 {
		at += "?" + r.query.Encode()
	}
	return at
}

// isKey says whether a key can stand between quotation marks in a header.
func isKey(key string) bool {
	odd := func(c rune) bool { return c < ' ' || c > '~' || c == '"' || c == '\\' }
	return len(key) >= leastKey && len(key) <= mostKey && !strings.ContainsFunc(key, odd)
}

// refusal is an error of the API. Its message is not read: it may repeat what was asked.
type refusal struct {
	Type   string `json:"type"`
	status int
}

func (r *refusal) Error() string { return fmt.Sprintf("HTTP %d %s", r.status, r.Type) }

// refused translates an answer that is no success. PortOne says what is wrong in a type of its own; what has none
// comes from something on the way to it.
func refused(status int, raw []byte) error {
	r := &refusal{status: status}
	if json.Unmarshal(raw, r) != nil || strings.Trim(r.Type, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_") != "" {
		r.Type = ""
	}
	switch {
	case status == http.StatusNotFound && r.Type == "PAYMENT_NOT_FOUND":
		return pay.Fault(pay.ErrNotFound, "asked for", r)
	case status == http.StatusUnauthorized || r.Type == "UNAUTHORIZED":
		return pay.Fault(pay.ErrUnavailable, "not with this secret", pay.Fault(pay.ErrUnauthorized, "asked", r))
	case r.Type == "PG_PROVIDER":
		return pay.Fault(pay.ErrRefused, "the card's or the bank's side will not", r)
	case r.isPassing():
		return pay.Fault(pay.ErrUnavailable, "not now", r)
	default:
		return pay.Fault(pay.ErrRefused, "by its rules", r)
	}
}

// isPassing says that it has to do with the moment, and not with what was asked.
func (r *refusal) isPassing() bool {
	switch r.Type {
	case "", "IDEMPOTENCY_OUTSTANDING_REQUEST":
		return true
	}
	return r.status == http.StatusTooManyRequests || r.status >= http.StatusInternalServerError
}
