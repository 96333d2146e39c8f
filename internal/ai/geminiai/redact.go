package geminiai

import "github.com/weav-ai/weav/internal/ai"

// redact returns a provider's message in a form that may be logged.
func (c *call) redact(message string) string { return ai.Redact(message, c.p.key, c.private) }

// redactError does the same for an error of the transport.
func (c *call) redactError(err error) string { return ai.RedactError(err, c.p.key, c.private) }
