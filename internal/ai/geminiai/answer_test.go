package geminiai_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/weav-ai/weav/internal/ai"
)

// TestFinalCarriesUsageAndModel reads a whole stream: the usage is the last one reported, thoughts are output, and the
// model is the one that answered.
func TestFinalCarriesUsageAndModel(t *testing.T) {
	t.Parallel()
	v := newVendor(t, func(w http.ResponseWriter, _ *http.Request) {
		sendEvents(w, part(object{"text": "Hm.", "thought": true}, 0, 5), part(object{"text": "Hi"}, 2, 5), part(object{"text": "!"}, 3, 7), answer("STOP", 3, 7))
	})
	h := receive(t.Context(), t, v, textRequest("hello"))
	want := ai.TextResult{
		Finish: ai.FinishStop, RawFinish: "STOP", Model: textModel + "-002", ResponseID: "resp-1",
		Usage: ai.Usage{Known: true, Input: 11, Output: 10, CachedInput: 4, Reasoning: 7},
	}
	if h.final == nil || *h.final != want || h.text != "Hi!" {
		t.Errorf("received %q and %+v, want %+v", h.text, h.final, want)
	}
	if h.keepAlives == 0 {
		t.Error("thoughts are no sign of life")
	}
}

// TestFinishes ends a text with each of Google's reasons, before a word and behind some.
func TestFinishes(t *testing.T) {
	t.Parallel()
	blocked := []string{"SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION"}
	for _, reason := range blocked {
		checkFinish(t, reason, "", "")
		checkFinish(t, reason, "some", ai.FinishContentFilter)
	}
	for _, reason := range []string{"LANGUAGE", "OTHER", "MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "CONTINUATION", "NEW"} {
		checkFinish(t, reason, "", ai.FinishOther)
		checkFinish(t, reason, "some", ai.FinishOther)
	}
}

// checkFinish wants a final, or a block when finish is empty.
func checkFinish(t *testing.T, reason, text string, finish ai.Finish) {
	t.Helper()
	v := newVendor(t, func(w http.ResponseWriter, _ *http.Request) {
		sendEvents(w, part(object{"text": text}, len(text), 0), answer(reason, len(text), 0))
	})
	h := receive(t.Context(), t, v, textRequest("hello"))
	switch {
	case finish == "":
		if h.err == nil || h.err.Kind != ai.ContentBlocked || h.err.Code != reason || !h.err.Usage.Known {
			t.Errorf("%s before a word: %+v, %+v", reason, h.final, h.err)
		}
	case h.final == nil || h.final.Finish != finish || h.final.RawFinish != reason:
		t.Errorf("%s behind %q: %+v, %v", reason, text, h.final, h.err)
	}
}

// TestBlockedPromptIsAFailure answers with feedback in place of candidates.
func TestBlockedPromptIsAFailure(t *testing.T) {
	t.Parallel()
	feedback := object{"promptFeedback": object{"blockReason": "PROHIBITED_CONTENT"}, "usageMetadata": object{"promptTokenCount": 9}}
	v := newVendor(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, ":generateContent") {
			answerJSON(w, 200, feedback)
			return
		}
		sendEvents(w, feedback)
	})
	_, drawing := draw(t.Context(), t, v, imageRequest(secretPrompt))
	for _, e := range []*ai.Error{drawing, receive(t.Context(), t, v, textRequest(secretPrompt)).err} {
		if e.Kind != ai.ContentBlocked || e.Code != "PROHIBITED_CONTENT" || e.Usage.Input != 9 || e.MayFallBack() {
			t.Errorf("error = %+v", e)
		}
	}
}

// TestErrorInStream sends an error behind a good status, before a word and behind some.
func TestErrorInStream(t *testing.T) {
	t.Parallel()
	overloaded := refusals[ai.Overloaded].body
	v := newVendor(t, func(w http.ResponseWriter, _ *http.Request) { sendEvents(w, overloaded) })
	if e := receive(t.Context(), t, v, textRequest("hi")).err; e.Kind != ai.Overloaded || e.HTTP != 503 || e.Accepted || !e.Repeatable() {
		t.Errorf("before a word: %+v", e)
	}
	v = newVendor(t, func(w http.ResponseWriter, _ *http.Request) {
		sendEvents(w, part(object{"text": "some"}, 1, 0), overloaded)
	})
	if e := receive(t.Context(), t, v, textRequest("hi")).err; e.Kind != ai.Overloaded || !e.Accepted || e.Repeatable() || e.Usage.Output != 1 {
		t.Errorf("behind some: %+v", e)
	}
}

// TestAnswerWithoutPictureIsAFailure answers without a picture.
func TestAnswerWithoutPictureIsAFailure(t *testing.T) {
	t.Parallel()
	tests := map[string]ai.Kind{
		"STOP": ai.NoOutput, "NO_IMAGE": ai.NoOutput, "IMAGE_OTHER": ai.NoOutput, "MAX_TOKENS": ai.NoOutput,
		"IMAGE_SAFETY": ai.ContentBlocked, "PROHIBITED_CONTENT": ai.ContentBlocked, "": ai.Interrupted,
	}
	for reason, kind := range tests {
		v := newVendor(t, func(w http.ResponseWriter, _ *http.Request) { answerJSON(w, 200, answer(reason, 3, 0)) })
		_, e := draw(t.Context(), t, v, imageRequest("a cat"))
		if e == nil || e.Kind != kind || e.Code != reason || !e.Accepted || e.Usage.Output != 3 {
			t.Errorf("%q: %+v, want %s", reason, e, kind)
		}
	}
}

// TestPictureWithoutFinishReasonIsInterrupted has a picture and no finish reason, so the answer may be incomplete.
func TestPictureWithoutFinishReasonIsInterrupted(t *testing.T) {
	t.Parallel()
	half := part(object{"inlineData": object{"mimeType": "image/png", "data": pngFile()}}, 9, 0)
	v := newVendor(t, func(w http.ResponseWriter, _ *http.Request) { answerJSON(w, 200, half) })
	if _, e := draw(t.Context(), t, v, imageRequest("a cat")); e == nil || e.Kind != ai.Interrupted || e.Usage.Output != 9 {
		t.Errorf("error = %+v", e)
	}
}

// TestPictureLeavesOutDraftsAndText reads a whole answer: drafts are no pictures, and its text is no revised prompt.
func TestPictureLeavesOutDraftsAndText(t *testing.T) {
	t.Parallel()
	v := newVendor(t, func(w http.ResponseWriter, _ *http.Request) { answerJSON(w, 200, picture(pngFile())) })
	got, err := draw(t.Context(), t, v, imageRequest("a cat"))
	if err != nil {
		t.Fatal(err)
	}
	usage := ai.Usage{Known: true, Input: 11, Output: 1330, CachedInput: 4, Reasoning: 40, Images: 1}
	if len(got.Images) != 1 || got.RevisedPrompt != "" || got.Usage != usage || got.ResponseID != "resp-1" {
		t.Errorf("result = %+v", got)
	}
}

// TestAnswersThatAreNotTheAPIsAreFailures answers every call with something other than the API's. Nothing hangs, panics or counts as success.
func TestAnswersThatAreNotTheAPIsAreFailures(t *testing.T) {
	t.Parallel()
	bodies := map[string]string{
		"HTML":                "<!doctype html><title>secret</title>",
		"nothing":             "",
		"words":               "secret",
		"null":                "null",
		"a list":              `[{"secret":1}]`,
		"another object":      `{"secret":1}`,
		"candidates a string": `{"candidates":"secret"}`,
		"a candidate a list":  `{"candidates":[[1]]}`,
		"null candidate":      `{"candidates":[null]}`,
		"parts a number":      `{"candidates":[{"content":{"parts":3}}]}`,
		"null part":           `{"candidates":[{"content":{"parts":[null]}}]}`,
		"bad Base64":          `{"candidates":[{"content":{"parts":[{"inlineData":{"data":"!"}}]}}]}`,
		"response a list":     `{"name":"x","done":true,"response":{"generateVideoResponse":[]}}`,
		"samples a string":    `{"name":"x","done":true,"response":{"generateVideoResponse":{"generatedSamples":"secret"}}}`,
		"sample null":         `{"name":"x","done":true,"response":{"generateVideoResponse":{"generatedSamples":[null]}}}`,
		"error a string":      `{"name":"x","done":true,"error":"secret"}`,
		"done a string":       `{"name":"x","done":"secret"}`,
		"name a number":       `{"name":7}`,
		"name a path":         `{"name":"../secret"}`,
		"two lines":           "{}\n\n{}",
	}
	for name, body := range bodies {
		for _, prefix := range []string{"", "data: "} {
			for _, mediaType := range []string{"text/html", "application/json", "text/event-stream", ""} {
				t.Run(prefix+name+" as "+mediaType, func(t *testing.T) {
					t.Parallel()
					checkGarbage(t, prefix+body, mediaType)
				})
			}
		}
	}
}

func checkGarbage(t *testing.T, body, mediaType string) {
	t.Helper()
	v := newVendor(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", mediaType)
		_, _ = w.Write([]byte(body)) // The client stays.
	})
	_, drawing := draw(t.Context(), t, v, imageRequest(secretPrompt))
	_, start := v.StartVideo(t.Context(), videoRequest(secretPrompt))
	faults := []*ai.Error{receive(t.Context(), t, v, textRequest(secretPrompt)).err, drawing}
	if start == nil {
		if !strings.Contains(body, `"name":"x"`) {
			t.Error("the start succeeded")
		}
	} else {
		faults = append(faults, asError(t, start))
	}
	_, download := download(t.Context(), t, v.Provider)
	_, poll := v.PollVideo(t.Context(), videoModel, operation)
	faults = append(faults, download, asError(t, poll))
	for i, e := range faults {
		if e == nil {
			t.Errorf("call %d succeeded", i)
			continue
		}
		if !e.Accepted || e.MayRepeatPaid() {
			t.Errorf("call %d: accepted %t of %v", i, e.Accepted, e)
		}
	}
	if n := len(v.requests()); n != 5 {
		t.Errorf("%d requests for 5 calls", n)
	}
}

// TestTooLarge sends answers without end.
func TestTooLarge(t *testing.T) {
	t.Parallel()
	for name, status := range map[string]int{"refusal": 500, "success": 200} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := newVendor(t, func(w http.ResponseWriter, r *http.Request) {
				w.WriteHeader(status)
				block := []byte(strings.Repeat("x", 1<<20))
				for r.Context().Err() == nil {
					if _, err := w.Write(block); err != nil {
						return
					}
				}
			})
			if _, e := draw(context.WithoutCancel(t.Context()), t, v, imageRequest("a cat")); e.Kind != ai.Upstream {
				t.Errorf("error = %v", e)
			}
		})
	}
}

// TestTruncatedTextIsNotContinued offers to continue an answer, which would be a further paid call.
func TestTruncatedTextIsNotContinued(t *testing.T) {
	t.Parallel()
	more := answer("CONTINUATION", 1, 0)
	more["candidates"] = []object{{"finishReason": "CONTINUATION", "continuationToken": []byte("more"), "content": object{"parts": []object{{"text": "some"}}}}}
	v := newVendor(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, ":generateContent") {
			answerJSON(w, 200, more)
			return
		}
		sendEvents(w, more)
	})
	h := receive(t.Context(), t, v, textRequest("hello"))
	if h.final == nil || h.final.Finish != ai.FinishOther || h.text != "some" {
		t.Errorf("received %q, %+v, %v", h.text, h.final, h.err)
	}
	if _, e := draw(t.Context(), t, v, imageRequest("a cat")); e == nil || e.Kind != ai.NoOutput {
		t.Errorf("error = %v", e)
	}
	if n := len(v.requests()); n != 2 {
		t.Errorf("%d requests for 2 calls", n)
	}
}
