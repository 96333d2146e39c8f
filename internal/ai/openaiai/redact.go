package openaiai

import (
	"regexp"

	"github.com/weav-ai/weav/internal/ai"
)

// keyLike matches a key in the form in which the API quotes it, with its middle masked.
var keyLike = regexp.MustCompile(`\bsk-[\w*-]+`)

// redact returns a provider's message in a form that may be logged.
func (c *call) redact(message string) string {
	return ai.Redact(keyLike.ReplaceAllString(message, "…"), c.p.key, c.private)
}

// redactError does the same for an error of the transport.
func (c *call) redactError(err error) string { return ai.RedactError(err, c.p.key, c.private) }
