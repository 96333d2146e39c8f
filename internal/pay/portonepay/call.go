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
	// maxBody bounds the size of an answer, in bytes.
	maxBody = 1 << 20
	// minKey and maxKey bound the length of an idempotency key, by PortOne's rules.
	minKey, maxKey = 16, 256
)

// request is one request to the API.
type request struct {
	method string
	// path are the unescaped segments of the path.
	path  []string
	query url.Values
	// key is the idempotency key of a POST. PortOne remembers it for three hours.
	key  string
	body any
}

// call sends one request and decodes its answer into out, which may be nil. It sends the request once; the
// caller decides about a repetition.
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
	// One byte more than the limit shows that the answer is too large.
	raw, err := io.ReadAll(io.LimitReader(res.Body, maxBody+1))
	if err != nil || len(raw) > maxBody {
		return pay.Fault(pay.ErrUnavailable, "an answer that is cut or has no end", err)
	}
	if res.StatusCode != http.StatusOK {
		return refusalError(res.StatusCode, raw)
	}
	if out == nil {
		return nil
	}
	if json.Unmarshal(raw, out) != nil { // The decoder's error would quote the answer, which may name the payer.
		return pay.Fault(pay.ErrUnavailable, "an answer in another form", nil)
	}
	return nil
}

// newRequest makes the HTTP request. A request with a body has an idempotency key, without which it is
// refused here.
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

// address joins the escaped segments, so that an id cannot lead to another endpoint.
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

// isKey reports whether a key can be quoted in a header without escapes.
func isKey(key string) bool {
	odd := func(c rune) bool { return c < ' ' || c > '~' || c == '"' || c == '\\' }
	return len(key) >= minKey && len(key) <= maxKey && !strings.ContainsFunc(key, odd)
}

// refusal is an error of the API. Its message is not read, because it may quote the request.
type refusal struct {
	Type   string `json:"type"`
	status int
}

// Error contains the type and the status alone.
func (r *refusal) Error() string { return fmt.Sprintf("HTTP %d %s", r.status, r.Type) }

// refusalError translates an answer that is not a success. PortOne names its errors in the field type. An
// answer without one comes from a proxy on the way.
func refusalError(status int, raw []byte) error {
	r := &refusal{status: status}
	if json.Unmarshal(raw, r) != nil || strings.Trim(r.Type, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_") != "" {
		r.Type = ""
	}
	switch {
	// Any other 404 may be a wrong address, which must not count as an unpaid order.
	case status == http.StatusNotFound && r.Type == "PAYMENT_NOT_FOUND":
		return pay.Fault(pay.ErrNotFound, "asked for", r)
	case status == http.StatusUnauthorized || r.Type == "UNAUTHORIZED":
		// The wrong secret is not final for the payment, so it is reported as unavailable in addition.
		return pay.Fault(pay.ErrUnavailable, "not with this secret", pay.Fault(pay.ErrUnauthorized, "asked", r))
	case r.Type == "PG_PROVIDER":
		return pay.Fault(pay.ErrRefused, "the card's or the bank's side will not", r)
	case r.isTemporary():
		return pay.Fault(pay.ErrUnavailable, "not now", r)
	default:
		return pay.Fault(pay.ErrRefused, "by its rules", r)
	}
}

// isTemporary reports whether the error may pass, so that a repetition can succeed.
func (r *refusal) isTemporary() bool {
	switch r.Type {
	case "", "IDEMPOTENCY_OUTSTANDING_REQUEST":
		return true
	}
	return r.status == http.StatusTooManyRequests || r.status >= http.StatusInternalServerError
}
