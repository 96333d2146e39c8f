package contract

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/weav-ai/weav/internal/client"
)

func TestArgumentsOfJobs(t *testing.T) {
	t.Parallel()
	w := embedded(t)
	f := w.fixture(t, "ada")
	before := w.counts(t)
	for what, c := range map[string]struct {
		kind, field string
		value       any
	}{
		"too cold":                     {"text", "temperature", -0.1},
		"too hot":                      {"text", "temperature", 2.1},
		"no tokens":                    {"text", "maxOutputTokens", 0},
		"more tokens than it writes":   {"text", "maxOutputTokens", 1025},
		"a size that is not offered":   {"image", "size", "1x1"},
		"a size that is none":          {"image", "size", "large"},
		"an aspect that is not there":  {"image", "aspect", "21:9"},
		"an aspect that is none":       {"image", "aspect", "0:0"},
		"a length that is not there":   {"video", "seconds", 5},
		"a resolution that is not":     {"video", "resolution", "8K"},
		"a film's aspect that is not":  {"video", "aspect", "2:1"},
		"a style that is not":          {"video", "style", "noir"},
		"a model that paints":          {"text", "modelId", "sandbox-painter"},
		"a painter that writes":        {"image", "modelId", "sandbox-writer"},
		"a film-maker that only draws": {"video", "modelId", "sandbox-painter"},
	} {
		input := object{"work": object{c.kind: object{"prompt": "p", c.field: c.value}}, "idempotencyKey": key()}
		a := f.mutate(t, "createJob", input, "job { id }")
		path, _ := json.Marshal(a.at("result.userErrors.0.path"))
		if want := `["input","work","` + c.kind + `","` + c.field + `"]`; a.reason() != "INVALID_VALUE" || string(path) != want {
			t.Errorf("%s: got %v %v at %s, want INVALID_VALUE", what, a.Errors, a.reason(), path)
		}
	}
	both := object{"work": object{"image": object{"prompt": "p", "size": "256x256", "aspect": "1:1"}}, "idempotencyKey": key()}
	if a := f.mutate(t, "createJob", both, "job { id }"); a.reason() != "INVALID_VALUE" {
		t.Errorf("size and aspect: %v %v", a.Errors, a.reason())
	}
	unstored := with(jobInput(f), "storeResult", false)
	if a := f.mutate(t, "createJob", unstored, "job { id }"); a.reason() != "INVALID_VALUE" {
		t.Errorf("a chat that shows what is not stored: %v %v", a.Errors, a.reason())
	}
	sameCounts(t, before, w.counts(t))
}

// films is a catalogue of a film-maker whose lengths depend on the resolution; 4K does not take its default length.
const films = `models:
  - {id: w, provider: sandbox, kind: TEXT, name: {en: W, ko: 작}, description: {en: d, ko: 설}, plan: FREE, state: ACTIVE, maxInputChars: 100,
     maxOutputTokens: 50, text: {contextTokens: 1000, defaultOutputTokens: 50}, price: unknown}
  - {id: films, provider: sandbox, kind: VIDEO, name: {en: F, ko: 감}, description: {en: d, ko: 설}, plan: FREE, state: ACTIVE, maxInputChars: 100, price: unknown,
     video: {seconds: [8, 4, 6], resolutions: [720p, 1080p, 4K], aspects: ["16:9"], only: [{resolution: 1080p, seconds: [8]}, {resolution: 4K, seconds: [4, 6]}]}}
`

// TestLengthsOfFilmsByResolution are those that the catalogue gives to the resolution; without a length it is the resolution's first.
func TestLengthsOfFilmsByResolution(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "films.yaml")
	must(t, os.WriteFile(path, []byte(films), 0o600))
	w := embedded(t, map[string]string{"CATALOG_FILE": path})
	p := w.person(t, "ada")
	for what, c := range map[string]struct {
		film  object
		takes float64 // 0: refused
		says  string
	}{
		"neither":                             {object{}, 8, ""},
		"the default's other length":          {object{"seconds": 6}, 6, ""},
		"the one length that it takes":        {object{"resolution": "1080p", "seconds": 8}, 8, ""},
		"its length by itself":                {object{"resolution": "1080p"}, 8, ""},
		"another's length":                    {object{"resolution": "1080p", "seconds": 4}, 0, "In 1080p this model makes films of 8 seconds."},
		"not the model's default":             {object{"resolution": "4K", "seconds": 8}, 0, "In 4K this model makes films of 4, 6 seconds."},
		"its default is not the model's":      {object{"resolution": "4K"}, 4, ""},
		"a length of no resolution":           {object{"resolution": "4K", "seconds": 5}, 0, "one of 8, 4, 6"},
		"a resolution that the model has not": {object{"resolution": "8K", "seconds": 4}, 0, "one of 720p, 1080p, 4K"},
	} {
		film := with(c.film, "prompt", "p")
		before := w.counts(t)["jobs"]
		a := p.mutate(t, "createJob", object{"work": object{"video": film}, "onLimit": "WAIT", "idempotencyKey": key()}, "job { id arguments { ... on VideoJobArguments { seconds } } }")
		quoted := p.do(t, quoteQuery, object{"input": object{"job": object{"video": film}}})
		if c.takes > 0 {
			if a.at("result.job.arguments.seconds") != c.takes || quoted.at("quote.most.videoMs") != 1000*c.takes {
				t.Errorf("%s: %v %v, quoted %v", what, a.Errors, a.Data, quoted.Data)
			}
			p.change(t, "cancelJob", object{"jobId": a.text("result.job.id")}, "job { id }")
			continue
		}
		path, _ := json.Marshal(a.at("result.userErrors.0.path"))
		if a.reason() != "INVALID_VALUE" || !strings.Contains(a.text("result.userErrors.0.message"), c.says) || !strings.HasPrefix(string(path), `["input","work","video",`) {
			t.Errorf("%s: %v %v", what, a.Errors, a.Data)
		}
		if quoted.code() == "" {
			t.Errorf("%s: quoted %v", what, quoted.Data)
		}
		if made := w.counts(t)["jobs"] - before; made != 0 {
			t.Errorf("%s: %d jobs", what, made)
		}
	}
}

func TestWorkIsExactlyOne(t *testing.T) {
	t.Parallel()
	f := embedded(t).person(t, "ada")
	text, image := object{"prompt": "p"}, object{"prompt": "p"}
	for what, work := range map[string]any{"none": object{}, "two": object{"text": text, "image": image}, "null": object{"text": nil}, "nothing": nil} {
		a := f.mutate(t, "createJob", object{"work": work, "idempotencyKey": key()}, "job { id }")
		if a.code() != "GRAPHQL_VALIDATION_FAILED" && a.code() != "BAD_USER_INPUT" {
			t.Errorf("%s: %v %v", what, a.Errors, a.Data)
		}
	}
}

func TestModelsOfJobs(t *testing.T) {
	t.Parallel()
	f := embedded(t).person(t, "ada")
	for _, kind := range []string{"text", "image", "video"} {
		a := f.mutate(t, "createJob", object{"work": object{kind: object{"prompt": "p", "modelId": "no-such-model"}}, "idempotencyKey": key()}, "job { id }")
		if a.code() != "MODEL_NOT_ALLOWED" || a.Errors[0].Extensions["httpStatus"] != 400.0 {
			t.Errorf("%s: %v", kind, a.Errors)
		}
	}
	retired := object{"work": object{"text": object{"prompt": "p", "modelId": "sandbox-classic"}}, "idempotencyKey": key()}
	if a := f.mutate(t, "createJob", retired, "job { id }"); a.reason() != "MODEL_RETIRED" || !strings.Contains(a.text("result.userErrors.0.message"), "sandbox-writer") {
		t.Errorf("a retired model: %v %v", a.Errors, a.Data)
	}
}

// whole is all of a job that a client may show.
const whole = `job { id kind status provider model { id } progress phase queuePosition runId storeResult resultExpiresAt createdAt startedAt endedAt
	arguments { __typename ... on TextJobArguments { prompt systemPrompt temperature maxOutputTokens } ... on ImageJobArguments { prompt size quality }
		... on VideoJobArguments { prompt seconds resolution aspect style } }
	attempts { number startedAt endedAt waitMs failure { code } } failure { code message retryable } usage { inputTokens outputTokens images videoMs source } cost { amountMicros }
	timeline { type happenedAt attempt } retryOf { id } chat { id } message { id text status job { id } }
	result { provider answeredBy text revisedPrompt finishReason artifacts { id kind mimeType bytes sha256 width height seconds url urlExpiresAt permalink text prompt
		thumbnail { url width height } disclosure { generator provider model isEmbedded } isFavourite expiresAt job { id } chat { id } } } }`

func (p *person) read(t *testing.T, job string) answer {
	t.Helper()
	return p.get(t, `query ($id: ID!) { node(id: $id) { ... on Job `+strings.TrimPrefix(whole, "job ")+` } }`, object{"id": job})
}

// TestJobsOfEachKind follows one of each to its end, and looks at all of it.
func TestJobsOfEachKind(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		p := w.person(t, "ada")
		for kind, c := range map[string]struct {
			work     object
			mimeType string
		}{
			"TEXT":  {object{"text": object{"prompt": "[sandbox:echo] a text", "temperature": 0.5}}, "text/markdown"},
			"IMAGE": {object{"image": object{"prompt": "a picture", "aspect": "16:9", "quality": "HD"}}, "image/png"},
			"VIDEO": {object{"video": object{"prompt": "a film", "seconds": 4, "aspect": "9:16", "style": "anime"}}, "video/mp4"},
		} {
			job := p.order(t, c.work, nil)
			ended := p.over(t, job)
			a := p.read(t, job)
			if ended.Status != "COMPLETED" || a.text("node.kind") != kind || a.text("node.result.artifacts.0.mimeType") != c.mimeType {
				t.Errorf("%s: %s, %v", kind, ended.Status, a.Data)
				continue
			}
			if kind == "TEXT" {
				if a.text("node.result.text") != "a text" || a.text("node.result.artifacts.0.text") != "a text" || a.at("node.usage.outputTokens") == 0.0 {
					t.Errorf("a text: %v", a.at("node.result"))
				}
				continue
			}
			content, err := p.Fetch(t.Context(), a.text("node.result.artifacts.0.url"))
			if err != nil || float64(len(content)) != a.at("node.result.artifacts.0.bytes") {
				t.Errorf("%s: the file has %d bytes (%v), want %v", kind, len(content), err, a.at("node.result.artifacts.0.bytes"))
			}
			if a.at("node.result.artifacts.0.disclosure.isEmbedded") != true || !strings.Contains(string(content), "trainedAlgorithmicMedia") {
				t.Errorf("%s: the file does not say that an AI made it", kind)
			}
			if small, err := p.Fetch(t.Context(), a.text("node.result.artifacts.0.thumbnail.url")); err != nil || http.DetectContentType(small) != "image/jpeg" {
				t.Errorf("%s: the thumbnail is %q (%v)", kind, http.DetectContentType(small), err)
			}
			if types := a.list("node.timeline", "type"); types[0] != "CREATED" || types[len(types)-1] != "COMPLETED" {
				t.Errorf("%s: timeline %v", kind, types)
			}
		}
	})
}

// TestFaultsOfProviders says for each fault how often it is tried and what the user reads.
func TestFaultsOfProviders(t *testing.T) {
	t.Parallel()
	p := embedded(t).person(t, "ada")
	for name, c := range map[string]struct {
		kind, directive, failure string
		attempts                 int
	}{
		"a refusal is not repeated":               {"image", "[sandbox:blocked]", "CONTENT_BLOCKED", 1},
		"nor is what the provider may have taken": {"image", "[sandbox:upstream]", "PROVIDER_UNAVAILABLE", 1},
		"nor in the middle":                       {"image", "[sandbox:fail_at=50:overloaded]", "PROVIDER_UNAVAILABLE", 1},
		"a cut picture is not kept":               {"image", "[sandbox:truncated]", "NO_OUTPUT", 1},
		"nor what lies about its type":            {"image", "[sandbox:wrong_type]", "NO_OUTPUT", 1},
		"a video that fails at the provider":      {"video", "[sandbox:fail_at=0:blocked]", "CONTENT_BLOCKED", 1},
		"a cut film is not kept":                  {"video", "[sandbox:truncated]", "NO_OUTPUT", 1},
		"what passes is tried again":              {"image", "[sandbox:fail_times=1:overloaded]", "", 2},
		"also for a text":                         {"text", "[sandbox:echo][sandbox:fail_times=1:upstream]", "", 2},
		"and for the start of a video":            {"video", "[sandbox:fail_times=1:overloaded]", "", 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := (&world{url: p.URL}).person(t, name)
			job := p.order(t, object{c.kind: object{"prompt": c.directive + " a thing"}}, nil)
			ended := p.over(t, job)
			failure := ""
			if ended.Failure != nil {
				failure = ended.Failure.Code
			}
			if failure != c.failure || len(ended.Attempts) != c.attempts {
				t.Errorf("it ended %s, %s after %d attempts; want %s after %d", ended.Status, failure, len(ended.Attempts), c.failure, c.attempts)
			}
			if c.attempts > 1 && (ended.Attempts[0].WaitMs == nil || *ended.Attempts[0].WaitMs < 1000 || ended.Attempts[0].Failure == nil) {
				t.Errorf("the first attempt tells %+v", ended.Attempts[0])
			}
			a := p.get(t, `{ viewer { artifacts { nodes { id } } } }`, nil)
			if n := len(a.list("viewer.artifacts.nodes", "id")); (n == 1) != (failure == "") {
				t.Errorf("%d artifacts were left", n)
			}
		})
	}
}

func TestJobInAChat(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		p := w.person(t, "ada")
		chat := p.newChat(t, object{"title": "named"})
		events := p.follow(t, chat, "")
		job := p.order(t, object{"image": object{"prompt": "[sandbox:first_after=300] a picture in a chat", "size": "256x256"}}, object{"chatId": chat, "ifHead": nil})
		sent, err := p.Send(t.Context(), chat, "[sandbox:echo] go on meanwhile", key())
		must(t, err)
		end := await(t, events, func(e client.Event) bool { return e.Typename == "ReplyEnded" && e.MessageID != sent.ReplyID })
		a := p.read(t, job)
		if end.Status != "COMPLETED" || a.text("node.message.id") != end.MessageID || a.text("node.message.job.id") != job || a.text("node.chat.id") != chat {
			t.Errorf("the chat was told %+v, the job says %v", end, a.at("node.message"))
		}
		p.awaitEnd(t, chat, sent.ReplyID)
		read := p.get(t, `query ($id: ID!) { node(id: $id) { ... on Chat { messages { nodes { role text status job { result { artifacts { kind } } } } } } } }`, object{"id": chat})
		if roles := strings.Join(read.list("node.messages.nodes", "role"), " "); roles != "USER ASSISTANT USER ASSISTANT" {
			t.Errorf("the branch is %s", roles)
		}
		if read.text("node.messages.nodes.1.job.result.artifacts.0.kind") != "IMAGE" {
			t.Errorf("the chat shows %v", read.at("node.messages.nodes.1"))
		}
		for name, input := range map[string]object{
			"stopReply":       {"messageId": end.MessageID},
			"regenerateReply": {"messageId": end.MessageID, "idempotencyKey": key()},
		} {
			if got := p.mutate(t, name, input, ""); got.reason() != "INVALID_VALUE" {
				t.Errorf("%s on a job's message: %v %v", name, got.Errors, got.reason())
			}
		}
	})
}

func TestRetryOfAJobNamesTheOld(t *testing.T) {
	t.Parallel()
	p := embedded(t).person(t, "ada")
	old := p.order(t, object{"image": object{"prompt": "[sandbox:blocked] no", "size": "256x256"}}, nil)
	p.over(t, old)
	a := p.change(t, "retryJob", object{"jobId": old, "idempotencyKey": key()}, "job { id retryOf { id } arguments { ... on ImageJobArguments { size } } }")
	if a.text("result.job.retryOf.id") != old || a.text("result.job.arguments.size") != "256x256" || a.text("result.job.id") == old {
		t.Errorf("the retry is %v", a.Data)
	}
	running := p.order(t, object{"image": object{"prompt": "[sandbox:stall] never"}}, nil)
	if a := p.mutate(t, "retryJob", object{"jobId": running, "idempotencyKey": key()}, "job { id }"); a.reason() != "INVALID_VALUE" {
		t.Errorf("a job that runs: %v %v", a.Errors, a.Data)
	}
}

// TestResultThatIsNotStoredGoes moves the end of its hour into the past.
func TestResultThatIsNotStoredGoes(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		p := w.person(t, "ada")
		job := p.order(t, object{"image": object{"prompt": "for now", "size": "256x256"}}, object{"storeResult": false})
		p.over(t, job)
		a := p.read(t, job)
		ends, err := time.Parse(time.RFC3339, a.text("node.resultExpiresAt"))
		if err != nil || time.Until(ends) > time.Hour || time.Until(ends) < 58*time.Minute || a.text("node.result.artifacts.0.expiresAt") == "" {
			t.Errorf("the result goes at %s", a.text("node.resultExpiresAt"))
		}
		art, url := a.text("node.result.artifacts.0.id"), a.text("node.result.artifacts.0.url")
		if got := p.mutate(t, "favouriteArtifact", object{"artifactId": art, "favourite": true}, ""); got.reason() != "INVALID_VALUE" {
			t.Errorf("a favourite that goes: %v %v", got.Errors, got.reason())
		}
		w.rows.Job.Update().SetExpiresAt(time.Now().Add(-time.Minute)).ExecX(t.Context())
		deadline := time.After(30 * time.Second)
		for p.read(t, job).at("node.result") != nil {
			select {
			case <-time.After(200 * time.Millisecond): // The sweeper comes round every 5 s.
			case <-deadline:
				t.Fatal("the result is still there")
			}
		}
		if p.get(t, `query ($id: ID!) { node(id: $id) { id } }`, object{"id": art}).at("node") != nil {
			t.Error("the artifact is still there")
		}
		for {
			if _, err := p.Fetch(t.Context(), url); err != nil {
				break
			}
			select {
			case <-time.After(200 * time.Millisecond):
			case <-deadline:
				t.Fatal("the file is still there")
			}
		}
	})
}

// TestOldJobsGo with their files, 30 days after their end, and their events are sent; what is still shown somewhere stays.
func TestOldJobsGo(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		p := w.person(t, "ada")
		gone, goneArt := p.picture(t, "nobody shows it")
		liked, likedArt := p.picture(t, "a favourite")
		p.change(t, "favouriteArtifact", object{"artifactId": likedArt, "favourite": true}, "artifact { id }")
		shared, sharedArt := p.picture(t, "a shared one")
		p.change(t, "createShareLink", object{"artifactId": sharedArt, "idempotencyKey": key()}, "shareLink { id }")
		chat := p.newChat(t, object{"title": "named"})
		spoken := p.order(t, object{"text": object{"prompt": "p"}}, object{"chatId": chat})
		p.over(t, spoken)
		plan, _ := p.newPlan(t, "a goal")
		w.rows.Job.Update().SetEndedAt(time.Now().AddDate(0, 0, -31)).ExecX(t.Context())
		recent, _ := p.picture(t, "a recent one")
		must(t, w.app.Clean(t.Context()))
		for id, stays := range map[string]bool{gone: false, goneArt: false, liked: true, likedArt: true, shared: true, spoken: true, recent: true} {
			if a := p.get(t, `query ($id: ID!) { node(id: $id) { id } }`, object{"id": id}); (a.at("node") != nil) != stays {
				t.Errorf("%s stays: %t, want %t", id, a.at("node") != nil, stays)
			}
		}
		if a := p.planOf(t, plan); a.text("node.id") != plan || a.at("node.job") != nil {
			t.Errorf("the plan is %v", a.Data)
		}
	})
}

// TestViewerHearsOfJobs: a list of jobs needs no polling.
func TestViewerHearsOfJobs(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		p := w.person(t, "ada")
		events, err := p.socket(t).Subscribe(`subscription { viewerEvents { __typename ... on JobSaved { jobId job { status } } ... on ArtifactAdded { jobId artifactId artifact { kind } } ... on JobEnded { jobId status } } }`, nil)
		must(t, err)
		next(t, events)
		job := p.order(t, object{"image": object{"prompt": "a picture"}}, nil)
		seen := map[string]int{}
		for seen["JobEnded"] == 0 {
			var out struct {
				ViewerEvents struct {
					Typename string `json:"__typename"`
					JobID    string `json:"jobId"`
				}
			}
			must(t, client.Decode(next(t, events), &out))
			if out.ViewerEvents.Typename == "QuotaChanged" {
				continue
			}
			if out.ViewerEvents.JobID != job {
				t.Errorf("told of %+v", out.ViewerEvents)
			}
			seen[out.ViewerEvents.Typename]++
		}
		if seen["JobSaved"] < 2 || seen["ArtifactAdded"] != 1 {
			t.Errorf("told %v", seen)
		}
	})
}

// TestTextOfAReplyThatIsWrittenIsTheLiveText reads a message in the middle of its reply.
func TestTextOfAReplyThatIsWrittenIsTheLiveText(t *testing.T) {
	t.Parallel()
	p := embedded(t).person(t, "ada")
	chat := p.newChat(t, nil)
	events := p.follow(t, chat, "")
	sent, err := p.Send(t.Context(), chat, "[sandbox:stall_after=12] a reply that stops in the middle", key())
	must(t, err)
	var seen client.Text
	await(t, events, func(e client.Event) bool {
		if e.Typename == "ReplyDelta" {
			seen.Apply(e.Offset, e.Text)
		}
		return seen.Len() > 20
	})
	text, status, err := p.MessageText(t.Context(), sent.ReplyID)
	must(t, err)
	if status != "STREAMING" || !strings.HasPrefix(text, seen.String()) {
		t.Errorf("a tab was told %q, the message reads %q, %s", seen.String(), text, status)
	}
	_, err = p.Stop(t.Context(), sent.ReplyID)
	must(t, err)
}
