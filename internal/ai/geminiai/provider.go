// Package geminiai is the adapter of the ai port to Google's Gemini API: text and pictures by
// Gemini models, videos by Veo.
//
// It is built on Google's SDK and keeps three of its habits from the caller. The SDK takes a stream
// that breaks off for one that ended, so a finish reason is demanded; it writes the errors of a broken
// stream to the standard logger, so it never gets to read one (wire); and its download takes any answer for
// a video, so the file is fetched here (download). One line of its own is left, once in a process and
// without content: that the method which starts a video will be renamed.
package geminiai

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"google.golang.org/genai"

	"github.com/weav-ai/weav/internal/ai"
)

const (
	// vendorURL is where Google serves the API.
	vendorURL = "https://generativelanguage.googleapis.com"
	// version is the API's: pictures and videos are in no other.
	version = "v1beta"
	// keyHeader carries the key. Go does not know it for a secret, and would send it
	// along with a redirect.
	keyHeader = "X-Goog-Api-Key"
)

// maxVideo is the greatest size of a video, in bytes.
const maxVideo = 2 << 30

// Config says whom to ask, and how. Nothing is read from the environment, but for the proxy that the default
// Transport goes through.
type Config struct {
	// Name is what errors call the provider; "gemini" when empty.
	Name string
	// APIKey is required.
	APIKey string
	// BaseURL is the server's address without the API's version; Google's when empty. The
	// key is sent there and nowhere else.
	BaseURL string
	// Transport carries the requests; nil for one with timeouts of its own.
	Transport http.RoundTripper
}

// Provider asks the Gemini API. It is safe for concurrent use.
type Provider struct {
	name   string
	key    string
	base   *url.URL
	client *http.Client
	sdk    *genai.Client
	// maxVideo is the constant; less in tests.
	maxVideo int64
}

var (
	_ ai.TextStreamer = (*Provider)(nil)
	_ ai.ImageMaker   = (*Provider)(nil)
	_ ai.VideoMaker   = (*Provider)(nil)
	_ ai.ModelLister  = (*Provider)(nil)
)

// New returns a provider. It sends nothing.
func New(ctx context.Context, c Config) (*Provider, error) {
	if c.APIKey == "" {
		return nil, errors.New("geminiai: no API key")
	}
	base, err := parseBase(c.BaseURL)
	if err != nil {
		return nil, err
	}
	p := &Provider{name: c.Name, key: c.APIKey, base: base, client: newClient(c.Transport), maxVideo: maxVideo}
	if p.name == "" {
		p.name = "gemini"
	}
	p.sdk, err = genai.NewClient(ctx, &genai.ClientConfig{
		APIKey:      c.APIKey,
		Backend:     genai.BackendGeminiAPI, // Unset, the environment could choose another.
		HTTPClient:  p.client,
		HTTPOptions: genai.HTTPOptions{BaseURL: base.String(), APIVersion: version}, // No RetryOptions, no retries.
	})
	if err != nil {
		return nil, errors.New("geminiai: the SDK refuses its configuration") // Its words hold the key.
	}
	return p, nil
}

// parseBase reads a base URL. Its query and password would be lost or logged, so it may have none.
func parseBase(raw string) (*url.URL, error) {
	if raw == "" {
		raw = vendorURL
	}
	u, err := url.Parse(raw)
	if err != nil {
		return nil, errors.New("geminiai: the base URL is malformed") // The parser's words quote it.
	}
	if (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("geminiai: the base URL of host %q is not of the form http(s)://host[/path]", u.Host)
	}
	return u, nil
}
