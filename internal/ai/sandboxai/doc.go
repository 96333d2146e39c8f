// Package sandboxai is a provider that needs no key and no network: it writes real
// Markdown in real cadence, makes real pictures and films, and fails in every way a
// provider can, when a directive says so.
//
// # Texts
//
// The text is a function of the request: model, instruction and turns seed it, so the
// same conversation always gets the same reply, cut into the same deltas. It is written in the
// language of the last turn (Korean, else English), names its topic and the number of turns
// it got, and holds Hangul and emoji beyond the BMP so that
// offsets in UTF-8, UTF-16 and code points all differ. The first delta comes after 80 to 150
// ms, further ones at 20 to 40 tokens a second. Usage is ai.EstimateInput of the request and
// ai.EstimateTokens of what was written, and MaxOutputTokens is applied to the same estimate.
//
// # Pictures
//
// A picture is a landscape of exactly the requested size, at most 4,096 pixels a side and
// 8,294,400 in all, as PNG unless a directive asks for another format. Model, prompt and size seed it;
// HD has more hills. It takes 1.5 to 2.5 s and reports progress in nine steps of 0.1.
//
// # Videos
//
// A video is a small H.264 film in MP4 of the requested length (4, 8 or 12 s) and aspect,
// whatever the resolution; all films of one length and aspect are the same. The poster is a
// picture of the prompt's own. A video of n seconds takes 3 + n/4 s by the clock. Its
// reference holds all of the job, so that any process can go on with it, and
// CancelVideo has nothing to stop: a video that is polled nevertheless goes on.
//
// # Directives
//
// The user's last turn, or the prompt of a picture or video, chooses the paths that
// differ. Directives are taken out before it is read, so a reply with and without
// [sandbox:slow] has the same text. Of two that contradict each other the later one
// counts; unknown and malformed ones are ignored, and so are those that do not apply to
// the kind of request.
//
// Faults of a whole request:
//
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
//	[sandbox:no_output]          no_output: HTTP 200 and nothing in it; a video ends with it
//	[sandbox:bad_request]        bad_request: HTTP 400
//	[sandbox:unsupported]        unsupported, refused by the adapter itself
//	[sandbox:fail_times=N:FAULT] attempts 1 to N (ai.Attempt) fail with FAULT, a name from above
//	[sandbox:fail_model=MODEL:FAULT] the same for texts of one model (its provider's name), model_gone where
//	                             FAULT is left out: another model answers
//	[sandbox:max_turns=N]        context_length where the conversation has more than N turns
//
// They come before the first event, and at the start of a video. The provider may have taken
// the request (ai.Error.Accepted) at upstream, timeout and no_output.
//
// For everything that is made:
//
//	[sandbox:stall]              silence before the final until the call ends; a video is never done
//	[sandbox:no_usage]           the provider reports no usage
//	[sandbox:slow]               every wait is ten times as long
//	[sandbox:fast]               no waits
//	[sandbox:first_after=MS]     the first event, fault or reference comes after MS milliseconds (at most 600,000)
//
// For texts and pictures, where N counts deltas or steps of progress:
//
//	[sandbox:drop_after=N]       interrupted after N of them, or before the final
//	[sandbox:stall_after=N]      silence after N of them, or before the final, until the call ends;
//	                             a video is never done
//
// For texts:
//
//	[sandbox:filter_after=N]     the text ends after N deltas or all, finish content_filter
//	[sandbox:refusal]            a short refusal, finish refusal
//	[sandbox:echo]               the reply is the turn without its directives
//	[sandbox:sees]               the reply lists the number of turns, and the type and size of their images
//	[sandbox:nul]                the provider writes U+0000; the adapter yields U+FFFD
//	[sandbox:tokens=N]           the reply is N tokens long (at most 100,000)
//	[sandbox:title_fails]        the title of this exchange fails: upstream
//
// A request for a title (ai.PurposeTitle) obeys title_fails alone. One for a plan or for prompts obeys the directives of
// the user's first turn, which is the goal, and gets a document of the requested schema. For plans:
//
//	[sandbox:plan_fault=FAULT]   the plan is garbage, half, names no known model, has a cycle, an empty prompt or
//	                             one step (garbage, half, model, cycle, empty, one), until the request reports the fault; FAULT:always
//	                             stays bad
//
// For pictures and videos:
//
//	[sandbox:fail_at=PCT:FAULT]  the work fails with FAULT at PCT percent: a picture's call, or a
//	                             video's polls and downloads from then on
//	[sandbox:no_progress]        the provider sends events that are no progress
//	[sandbox:truncated]          the file is cut in half, with no error
//	[sandbox:wrong_type]         the file is a page of HTML under the type it should have
//	[sandbox:webp]               the picture is WebP
//	[sandbox:jpeg]               the picture is JPEG
//
// For videos, in milliseconds of real time (at most 600,000) whatever the cadence:
//
//	[sandbox:poll_fails_for=MS:FAULT] polls fail with FAULT until MS after the start
//	[sandbox:download_fails_for=MS]   downloads break off half-way until MS after the end: interrupted
package sandboxai
