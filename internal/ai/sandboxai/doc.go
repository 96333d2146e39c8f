// Package sandboxai is a provider of text that needs no key and no network: it writes
// real Markdown in real cadence, and fails in every way a provider can when asked to.
//
// The text is a function of the request: model, instruction and turns seed it, so the
// same conversation always gets the same reply, cut into the same deltas. It is written in the
// language of the last turn (Korean, else English), says what it was asked and how
// much of the conversation it saw, and holds Hangul and emoji beyond the BMP so that
// offsets in UTF-8, UTF-16 and code points all differ. The first delta comes after 80 to 150
// ms, further ones at 20 to 40 tokens a second. Usage is ai.EstimateInput of the request and
// ai.EstimateTokens of what was written, and MaxOutputTokens is kept by the same measure.
//
// # Directives
//
// The person's last turn chooses the paths that differ. Directives are taken out before the
// turn is read, so a reply with and without [sandbox:slow] has the same text. Of two that
// contradict each other the later one counts; unknown and malformed ones are ignored.
//
//	directive                    what happens
//	[sandbox:rate_limit]         rate_limited: HTTP 429, try again after 2 s
//	[sandbox:quota]              quota_exhausted: HTTP 429
//	[sandbox:overloaded]         overloaded: HTTP 503
//	[sandbox:upstream]           upstream: HTTP 500
//	[sandbox:auth]               auth: HTTP 401
//	[sandbox:timeout]            timeout of the provider's side
//	[sandbox:blocked]            content_blocked: HTTP 400
//	[sandbox:context_length]     context_length: HTTP 400
//	[sandbox:region]             region_blocked: HTTP 403
//	[sandbox:model_gone]         model_gone: HTTP 404
//	[sandbox:no_output]          no_output: HTTP 200 and no text
//	[sandbox:bad_request]        bad_request: HTTP 400
//	[sandbox:unsupported]        unsupported, refused by the adapter itself
//	[sandbox:fail_times=N:FAULT] attempts 1 to N (ai.Attempt) fail with FAULT, a name from above
//	[sandbox:drop_after=N]       interrupted after N deltas, or before the final
//	[sandbox:stall_after=N]      silence after N deltas, or before the final, until the call ends
//	[sandbox:filter_after=N]     the text ends after N deltas or all, finish content_filter
//	[sandbox:refusal]            a short refusal, finish refusal
//	[sandbox:echo]               the reply is the turn without its directives
//	[sandbox:nul]                the provider writes U+0000; the adapter yields U+FFFD
//	[sandbox:tokens=N]           the reply is N tokens long (at most 100,000)
//	[sandbox:no_usage]           the provider tells no usage
//	[sandbox:slow]               every wait is ten times as long
//	[sandbox:fast]               no waits
//	[sandbox:first_after=MS]     the first delta or fault comes after MS milliseconds (at most 600,000)
//	[sandbox:title_fails]        the title of this exchange fails: upstream
//
// Faults come before the first delta unless N says otherwise. A request for a title
// (ai.PurposeTitle) obeys title_fails alone.
package sandboxai
