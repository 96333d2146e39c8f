// Package geminiai is the adapter of the ai port to Google's Gemini API: text and pictures by Gemini models,
// videos by Veo.
//
// It uses Google's SDK and compensates for three of its properties. The SDK treats a stream that breaks off
// as complete, so a finish reason is required. It writes the errors of a broken stream to the standard
// logger, so wire never passes it one. Its download accepts any answer as a video, so the file is fetched
// here (download). One log line of the SDK remains, once per process and without content: that the method
// which starts a video will be renamed.
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
	// version is the API's version: no other one has pictures and videos.
	version = "v1beta"
	// keyHeader carries the key. net/http does not treat it as a credential and would send it along with a
	// redirect.
	keyHeader = "X-Goog-Api-Key"
)

// maxVideo is the greatest size of a video, in bytes.
const maxVideo = 2 << 30

// Config selects the server and the key. Nothing is read from the environment, except for the proxy of the
// default Transport.
type Config struct {
	// Name is the provider's name in errors; "gemini" when empty.
	Name string
	// APIKey is required.
	APIKey string
	// BaseURL is the server's address without the API's version; Google's when empty. The key is sent only
	// there.
	BaseURL string
	// Transport sends the requests; nil for one with timeouts of its own.
	Transport http.RoundTripper
}

// Provider calls the Gemini API. It is safe for concurrent use.
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

// New returns a provider. It sends no request.
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
		Backend:     genai.BackendGeminiAPI, // If unset, the environment could select another one.
		HTTPClient:  p.client,
		HTTPOptions: genai.HTTPOptions{BaseURL: base.String(), APIVersion: version}, // No RetryOptions, no retries.
	})
	if err != nil {
		return nil, errors.New("geminiai: the SDK refuses its configuration") // Its error contains the key.
	}
	return p, nil
}

// parseBase reads a base URL. It may have no query and no password, which would be lost or logged.
func parseBase(raw string) (*url.URL, error) {
	if raw == "" {
		raw = vendorURL
	}
	u, err := url.Parse(raw)
	if err != nil {
		return nil, errors.New("geminiai: the base URL is malformed") // The parser's error quotes the URL.
	}
	if (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("geminiai: the base URL of host %q is not of the form http(s)://host[/path]", u.Host)
	}
	return u, nil
}
