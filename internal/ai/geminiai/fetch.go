package geminiai

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"

	"google.golang.org/genai"

	"github.com/weav-ai/weav/internal/ai"
)

// maxHops bounds the redirects of a file's address.
const maxHops = 5

// get sends one request without the SDK, with the key where the host may see it. Of a successful answer it
// reads at most limit bytes. For a file it requests what is missing in to; nil for no file.
func (c *call) get(ctx context.Context, at address, limit int64, to *ai.Part) (*http.Response, *exchange, *ai.Error) {
	seen, x := observed(ctx)
	x.limit = limit
	req, err := http.NewRequestWithContext(seen, http.MethodGet, at.url.String(), nil)
	if err != nil {
		return nil, x, c.refuse(ai.BadRequest, errAddress)
	}
	req.Header.Set("Accept-Encoding", "identity") // A compressed file would have no Content-Length.
	if to != nil {
		to.SetRange(req.Header)
	}
	if at.withKey {
		req.Header.Set(keyHeader, c.p.key)
	}
	resp, err := c.p.client.Do(req)
	if err != nil {
		return nil, x, c.failed(ctx, x, err)
	}
	return resp, x, nil
}

// follow requests a file at the address that the API returned. Each redirect is checked like the first
// address.
func (c *call) follow(ctx context.Context, uri string, to *ai.Part) (*http.Response, *exchange, *ai.Error) {
	from := c.p.base
	for range maxHops {
		at, err := c.p.locate(from, uri)
		if err != nil {
			return nil, nil, c.failure(ai.Upstream, err)
		}
		resp, x, fault := c.get(ctx, at, c.p.maxVideo, to)
		if fault != nil || !redirects(resp) {
			return resp, x, fault
		}
		from, uri = at.url, resp.Header.Get("Location")
		_ = resp.Body.Close()
	}
	return nil, nil, c.failure(ai.Upstream, errAddress)
}

func redirects(resp *http.Response) bool {
	switch resp.StatusCode {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect,
		http.StatusPermanentRedirect:
		return true
	default:
		return false
	}
}

// refused reads the error of an unsuccessful answer.
func (c *call) refused(ctx context.Context, x *exchange, r io.Reader) *ai.Error {
	raw, err := io.ReadAll(r)
	if err != nil || x.broken != nil {
		return c.failed(ctx, x, err)
	}
	var reported struct {
		Error genai.APIError `json:"error"`
	}
	if json.Unmarshal(raw, &reported) != nil {
		reported.Error = genai.APIError{}
	}
	return c.apiFailure(x, reported.Error)
}

// endpoint is the address of an API method.
func (p *Provider) endpoint(path string, query url.Values) address {
	u := p.base.JoinPath(version, path)
	u.RawQuery = query.Encode()
	return address{url: u, withKey: true}
}
