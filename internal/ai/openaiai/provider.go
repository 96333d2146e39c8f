// Package openaiai is the adapter of the ai port to OpenAI's API and compatible servers: text by the
// Responses API or, for most compatible servers, by chat completions; pictures by GPT image models and
// DALL-E; videos by the Videos API, which OpenAI closed and resellers still offer.
//
// It uses OpenAI's SDK with retries off, because they would repeat a paid request after a dropped connection.
// The retries of net/http are off too (httponce). The SDK treats a stream that breaks off as complete, so the
// terminal event is required here, and an answer that is no event stream is refused before it is read.
package openaiai

import (
	"net"
	"net/http"
	"time"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/responses"

	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/httponce"
)

// Form is the API by which a server is asked for text.
type Form string

// The forms.
const (
	// FormResponses is the Responses API.
	FormResponses Form = "responses"
	// FormChat is chat completions.
	FormChat Form = "chat"
)

// vendorURL is where OpenAI serves the API.
const vendorURL = "https://api.openai.com/v1"

// Config selects the server and the key. Nothing is read from the environment, except for the proxy of the
// default Transport.
type Config struct {
	// Name is the provider's name in errors; "openai" when empty.
	Name string
	// APIKey may be empty for servers that require none.
	APIKey string
	// BaseURL is the server's address with the API's version; OpenAI's when empty.
	BaseURL string
	// Form is FormResponses when empty.
	Form Form
	// Transport sends the requests; nil for one with timeouts of its own.
	Transport http.RoundTripper
}

// Provider calls one server. It is safe for concurrent use.
type Provider struct {
	name string
	key  string
	form Form
	sdk  services
	// maxVideo is the greatest size of a video in bytes; less in tests.
	maxVideo int64
	// tailWait bounds the wait for the end of a stream after its terminal event; longer in tests.
	tailWait time.Duration
}

var (
	_ ai.TextStreamer = (*Provider)(nil)
	_ ai.ImageMaker   = (*Provider)(nil)
	_ ai.VideoMaker   = (*Provider)(nil)
	_ ai.ModelLister  = (*Provider)(nil)
)

// New returns a provider. It sends no request.
func New(c Config) *Provider {
	if c.Name == "" {
		c.Name = "openai"
	}
	if c.BaseURL == "" {
		c.BaseURL = vendorURL
	}
	if c.Form == "" {
		c.Form = FormResponses
	}
	if c.Transport == nil {
		c.Transport = newTransport()
	}
	return &Provider{name: c.Name, key: c.APIKey, form: c.Form, maxVideo: maxVideo, tailWait: tailWait, sdk: newServices(c)}
}

// services are those of the SDK that are used. The SDK's own client holds all that OpenAI has: the linker would keep every method of
// each, since templates elsewhere in the program look methods up by name.
type services struct {
	Responses responses.ResponseService
	Chat      openai.ChatService
	Images    openai.ImageService
	Videos    openai.VideoService //nolint:staticcheck // OpenAI closed it; resellers keep it.
	Models    openai.ModelService
}

// newServices makes them without the SDK's client, whose constructor takes keys, addresses and headers from the environment.
func newServices(c Config) services {
	opts := []option.RequestOption{
		option.WithBaseURL(c.BaseURL), option.WithMaxRetries(0),
		option.WithHTTPClient(&http.Client{Transport: httponce.Transport(c.Transport), CheckRedirect: noRedirect}),
	}
	if c.APIKey != "" {
		opts = append(opts, option.WithAPIKey(c.APIKey))
	}
	return services{
		Responses: responses.NewResponseService(opts...), Chat: openai.NewChatService(opts...),
		Images: openai.NewImageService(opts...), Videos: openai.NewVideoService(opts...), Models: openai.NewModelService(opts...), //nolint:staticcheck // Resellers keep videos.
	}
}

// noRedirect sends a request, with its key and its prompt, only to the configured address.
func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// Limits of the transport. There is none for the first byte, because a model may think for long; the caller's
// context bounds it.
const (
	dialTimeout = 10 * time.Second
	idleConns   = 64
)

func newTransport() *http.Transport {
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout: dialTimeout, ForceAttemptHTTP2: true,
		MaxIdleConns: idleConns, MaxIdleConnsPerHost: idleConns, IdleConnTimeout: 90 * time.Second,
	}
}
