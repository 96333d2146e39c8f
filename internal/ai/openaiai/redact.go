package openaiai

import (
	"regexp"

	"github.com/weav-ai/weav/internal/ai"
)

// keyLike is a key as the API quotes it back, with its middle masked.
var keyLike = regexp.MustCompile(`\bsk-[\w*-]+`)

// redact returns what the log may hold of the provider's message.
func (c *call) redact(message string) string {
	return ai.Redact(keyLike.ReplaceAllString(message, "…"), c.p.key, c.private)
}

// words are the same of an error of the transport.
func (c *call) words(err error) string { return ai.RedactError(err, c.p.key, c.private) }
