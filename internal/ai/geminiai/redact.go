package geminiai

import "github.com/weav-ai/weav/internal/ai"

// redact returns what the log may hold of the provider's message.
func (c *call) redact(message string) string { return ai.Redact(message, c.p.key, c.private) }

// words are the same of an error of the transport.
func (c *call) words(err error) string { return ai.RedactError(err, c.p.key, c.private) }
