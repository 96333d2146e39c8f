package openaiai_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	"image/png"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/weav-ai/weav/internal/ai"
	"github.com/weav-ai/weav/internal/ai/aitest"
	"github.com/weav-ai/weav/internal/ai/openaiai"
)

func TestImageSuite(t *testing.T) {
	for _, model := range []string{"gpt-image-2.6-flare", "dall-e-3"} {
		t.Run(model, func(t *testing.T) {
			aitest.RunImages(t, aitest.ImageHarness{
				Provider: providerName, ReportsProgress: strings.HasPrefix(model, "gpt"),
				Fails: append(slices.Sorted(maps.Keys(refusals)), ai.NoOutput),
				Play: func(t *testing.T, s aitest.ImageScript) aitest.ImageCall {
					v := newVendor(t, openaiai.FormResponses, func(w http.ResponseWriter, r *http.Request) { playImage(w, r, s, model) })
					return aitest.ImageCall{Maker: v, Request: imageRequest(model), Closed: v.closed}
				},
			})
		})
	}
}

func imageRequest(model string) ai.ImageRequest {
	return ai.ImageRequest{Model: model, Prompt: "a lighthouse", Width: 1536, Height: 1024, JobKey: "job-1"}
}

func playImage(w http.ResponseWriter, r *http.Request, s aitest.ImageScript, model string) {
	switch {
	case s.Fail != "" && s.Fail != ai.NoOutput:
		refusals[s.Fail].send(w)
	case strings.HasPrefix(model, "dall-e"):
		playWhole(w, r, s)
	default:
		playDrafts(w, r, s)
	}
}

// playWhole answers in one document.
func playWhole(w http.ResponseWriter, r *http.Request, s aitest.ImageScript) {
	data := []object{{"b64_json": base64.StdEncoding.EncodeToString(pngFile()), "revised_prompt": "a tall lighthouse"}}
	switch {
	case s.Fail == ai.NoOutput:
		data = []object{}
	case s.Ending == aitest.Hangs:
		<-r.Context().Done()
		return
	case s.Ending == aitest.Breaks:
		raw := encode(object{"created": 1, "data": data})
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", fmt.Sprint(len(raw)))
		_, _ = w.Write(raw[:len(raw)/2]) // The rest is the break.
		return
	}
	answerJSON(w, http.StatusOK, object{"created": 1, "data": data})
}

// playDrafts streams two drafts and the picture.
func playDrafts(w http.ResponseWriter, r *http.Request, s aitest.ImageScript) {
	startStream(w)
	write(w, drafts(pngFile()))
	switch {
	case s.Ending == aitest.Hangs:
		<-r.Context().Done()
	case s.Ending == aitest.Breaks:
	case s.Fail == ai.NoOutput:
		write(w, finished(nil))
	default:
		write(w, finished(pngFile()))
	}
}

func drafts(file []byte) string {
	var all string
	for i := range 2 {
		all += frame(object{
			"type": "image_generation.partial_image", "b64_json": base64.StdEncoding.EncodeToString(file), "partial_image_index": i,
			"created_at": 1, "size": "1536x1024", "quality": "medium", "background": "opaque", "output_format": "png",
		})
	}
	return all
}

func finished(file []byte) string {
	return frame(object{
		"type": "image_generation.completed", "b64_json": base64.StdEncoding.EncodeToString(file), "created_at": 1, "size": "1536x1024",
		"quality": "medium", "background": "opaque", "output_format": "png",
		"usage": object{"input_tokens": 9, "output_tokens": 1000, "total_tokens": 1009, "input_tokens_details": object{"text_tokens": 9, "image_tokens": 0}},
	})
}

func pngFile() []byte {
	var file bytes.Buffer
	if err := png.Encode(&file, image.NewGray(image.Rect(0, 0, 8, 8))); err != nil {
		panic(err) // A buffer takes all.
	}
	return file.Bytes()
}

// jobEnds are how a job ends at the provider, in its form.
var jobEnds = map[ai.Kind]string{
	ai.Upstream: "server_error", ai.ContentBlocked: "moderation_blocked", ai.RateLimited: "rate_limit_exceeded",
}

func TestVideoSuite(t *testing.T) {
	aitest.RunVideos(t, aitest.VideoHarness{
		Provider: providerName, ReportsProgress: true,
		Fails: slices.Sorted(maps.Keys(refusals)), JobFails: slices.Sorted(maps.Keys(jobEnds)),
		Play: func(t *testing.T, s aitest.VideoScript) aitest.VideoCall {
			s2 := &studio{script: s, polls: map[string]int{}}
			v := newVendor(t, openaiai.FormResponses, s2.serve)
			return aitest.VideoCall{Maker: v, Other: newProvider(t, v.url, ""), Request: videoRequest(), Closed: v.closed}
		},
	})
}

func videoRequest() ai.VideoRequest {
	return ai.VideoRequest{Model: "sora-2", Prompt: "waves", Seconds: 8, Resolution: "720p", Aspect: "16:9", Style: "cinematic"}
}

// studio is the provider's side of videos.
type studio struct {
	script aitest.VideoScript

	mu    sync.Mutex
	polls map[string]int
}

func (s *studio) serve(w http.ResponseWriter, r *http.Request) {
	id, content := strings.CutSuffix(strings.TrimPrefix(r.URL.Path, "/v1/videos/"), "/content")
	switch {
	case r.Method == http.MethodPost:
		s.start(w, r)
	case content:
		s.content(w, r)
	default:
		s.poll(w, id)
	}
}

func (s *studio) start(w http.ResponseWriter, r *http.Request) {
	switch {
	case s.script.StartHangs:
		<-r.Context().Done()
	case s.script.Fail != "":
		refusals[s.script.Fail].send(w)
	default:
		s.mu.Lock()
		defer s.mu.Unlock()
		id := fmt.Sprintf("video_%d", len(s.polls))
		s.polls[id] = 0
		answerJSON(w, http.StatusOK, video(id, "queued", 0))
	}
}

func video(id, status string, progress int) object {
	return object{
		"id": id, "object": "video", "model": "sora-2", "status": status, "progress": progress, "created_at": 1,
		"completed_at": nil, "expires_at": nil, "error": nil, "prompt": "waves", "remixed_from_video_id": nil, "seconds": "8", "size": "1280x720",
	}
}

// poll is done with the third.
func (s *studio) poll(w http.ResponseWriter, id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	polls, ok := s.polls[id]
	s.polls[id]++
	switch {
	case !ok:
		refusal{404, "", "invalid_request_error", "No such video."}.send(w)
	case s.script.PollsFail != "":
		refusals[s.script.PollsFail].send(w)
	case polls == 0:
		w.Header().Set("Openai-Poll-After-Ms", "1")
		answerJSON(w, http.StatusOK, video(id, "queued", 0))
	case polls < 2 || s.script.NeverDone:
		w.Header().Set("Openai-Poll-After-Ms", "1")
		answerJSON(w, http.StatusOK, video(id, "in_progress", 50))
	case s.script.JobFails != "":
		failed := video(id, "failed", 50)
		failed["error"] = object{"code": jobEnds[s.script.JobFails], "message": "It failed."}
		answerJSON(w, http.StatusOK, failed)
	default:
		answerJSON(w, http.StatusOK, video(id, "completed", 100))
	}
}

func (s *studio) content(w http.ResponseWriter, r *http.Request) {
	if r.URL.Query().Get("variant") == "thumbnail" {
		w.Header().Set("Content-Type", "image/png")
		_, _ = w.Write(pngFile())
		return
	}
	file := append([]byte("\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom"), bytes.Repeat([]byte("film"), 50_000)...)
	w.Header().Set("Content-Type", "video/mp4")
	w.Header().Set("Content-Length", fmt.Sprint(len(file)))
	if s.script.DownloadBreaks {
		file = file[:len(file)/2]
	}
	_, _ = w.Write(file) // The rest, if any, is the break.
}
