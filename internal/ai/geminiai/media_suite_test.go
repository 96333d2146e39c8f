package geminiai_test

import (
	"bytes"
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
)

func TestImageSuite(t *testing.T) {
	aitest.RunImages(t, aitest.ImageHarness{
		Provider: providerName,
		Fails:    append(slices.Sorted(maps.Keys(refusals)), ai.NoOutput),
		Play: func(t *testing.T, s aitest.ImageScript) aitest.ImageCall {
			v := newVendor(t, func(w http.ResponseWriter, r *http.Request) { playImage(w, r, s) })
			return aitest.ImageCall{Maker: v, Request: imageRequest("a lighthouse"), Closed: v.closed}
		},
	})
}

func imageRequest(prompt string) ai.ImageRequest {
	return ai.ImageRequest{Model: imageModel, Prompt: prompt, Width: 1536, Height: 1024}
}

func playImage(w http.ResponseWriter, r *http.Request, s aitest.ImageScript) {
	whole := picture(pngFile())
	switch {
	case s.Fail == ai.NoOutput:
		answerJSON(w, http.StatusOK, answer("STOP", 5, 0))
	case s.Fail != "":
		refusals[s.Fail].send(w)
	case s.Ending == aitest.Hangs:
		<-r.Context().Done()
	case s.Ending == aitest.Breaks:
		raw := encode(whole)
		w.Header().Set("Content-Length", fmt.Sprint(len(raw)))
		_, _ = w.Write(raw[:len(raw)/2]) // The rest is the break.
	default:
		answerJSON(w, http.StatusOK, whole)
	}
}

// picture is an answer with talk, a draft, and a picture.
func picture(file []byte) object {
	a := answer("", 1290, 40)
	a["modelVersion"] = imageModel
	a["candidates"] = []object{{"finishReason": "STOP", "content": object{"role": "model", "parts": []object{
		{"inlineData": object{"mimeType": "image/png", "data": []byte("a draft")}, "thought": true},
		{"text": "Here is your picture."},
		{"inlineData": object{"mimeType": "image/png", "data": file}},
	}}}}
	return a
}

func pngFile() []byte {
	var file bytes.Buffer
	if err := png.Encode(&file, image.NewGray(image.Rect(0, 0, 8, 8))); err != nil {
		panic(err) // A buffer takes all.
	}
	return file.Bytes()
}

// jobEnds are how an operation ends, in Google's form.
var jobEnds = map[ai.Kind]object{
	ai.Upstream:       {"error": object{"code": 13, "message": "Video generation failed due to an internal server issue."}},
	ai.Overloaded:     {"error": object{"code": 14, "message": "The service is currently unavailable."}},
	ai.BadRequest:     {"error": object{"code": 3, "message": "Unsupported duration."}},
	ai.ContentBlocked: {"response": object{"generateVideoResponse": object{"raiMediaFilteredCount": 1, "raiMediaFilteredReasons": []string{"Blocked."}}}},
	ai.NoOutput:       {"response": object{"generateVideoResponse": object{}}},
}

func TestVideoSuite(t *testing.T) {
	aitest.RunVideos(t, aitest.VideoHarness{
		Provider: providerName,
		Fails:    slices.Sorted(maps.Keys(refusals)),
		JobFails: slices.Sorted(maps.Keys(jobEnds)),
		Play: func(t *testing.T, s aitest.VideoScript) aitest.VideoCall {
			s2 := &studio{script: s, polls: map[string]int{}}
			v := newVendor(t, s2.serve)
			return aitest.VideoCall{Maker: v, Other: newProvider(t, v.url), Request: videoRequest("waves"), Closed: v.closed}
		},
	})
}

func videoRequest(prompt string) ai.VideoRequest {
	return ai.VideoRequest{Model: videoModel, Prompt: prompt, Seconds: 8, Resolution: "720p", Aspect: "16:9"}
}

// studio is Google's side of videos.
type studio struct {
	script aitest.VideoScript

	mu    sync.Mutex
	polls map[string]int
}

func (s *studio) serve(w http.ResponseWriter, r *http.Request) {
	switch {
	case strings.HasSuffix(r.URL.Path, ":predictLongRunning"):
		s.start(w, r)
	case strings.Contains(r.URL.Path, "/operations/"):
		s.poll(w, r)
	case strings.HasSuffix(r.URL.Path, ":download"):
		s.download(w)
	default:
		http.NotFound(w, r)
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
		name := fmt.Sprintf("models/%s/operations/op-%d", videoModel, len(s.polls))
		s.polls[name] = 0
		answerJSON(w, http.StatusOK, object{"name": name})
	}
}

// poll is done with the third.
func (s *studio) poll(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, "/v1beta/")
	s.mu.Lock()
	defer s.mu.Unlock()
	polls, ok := s.polls[name]
	s.polls[name]++
	switch {
	case !ok:
		refusals[ai.ModelGone].send(w)
	case s.script.PollsFail != "":
		refusals[s.script.PollsFail].send(w)
	case polls < 2 || s.script.NeverDone:
		answerJSON(w, http.StatusOK, object{"name": name})
	case s.script.JobFails != "":
		op := object{"name": name, "done": true}
		maps.Copy(op, jobEnds[s.script.JobFails])
		answerJSON(w, http.StatusOK, op)
	default:
		answerJSON(w, http.StatusOK, filmed(name, "http://"+r.Host+"/v1beta/files/f1:download?alt=media"))
	}
}

// filmed is an operation that is done.
func filmed(name, uri string) object {
	return object{"name": name, "done": true, "response": object{"generateVideoResponse": object{
		"generatedSamples": []object{{"video": object{"uri": uri}}},
	}}}
}

func (s *studio) download(w http.ResponseWriter) {
	file := mp4File()
	w.Header().Set("Content-Type", "video/mp4")
	w.Header().Set("Content-Length", fmt.Sprint(len(file)))
	if s.script.DownloadBreaks {
		file = file[:len(file)/2]
	}
	_, _ = w.Write(file) // The rest, if any, is the break.
}

// mp4File begins like an MP4 and is one to all that look no further.
func mp4File() []byte {
	head := []byte("\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom")
	return append(head, bytes.Repeat([]byte("film"), 50_000)...)
}
