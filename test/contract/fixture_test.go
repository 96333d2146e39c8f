package contract

import (
	"bytes"
	"encoding/json"
	"image"
	"image/png"
	"net/http"
	"testing"

	"github.com/weav-ai/weav/internal/client"
)

// fixture is a person with one of everything.
type fixture struct {
	*person
	user, session, otherSession string
	email, apiKey, payment      string
	prompt, folder, chat        string
	message, reply              string
	deletedFolder, deletedChat  string

	job, artifact, link string // of a picture
	file, upload        string // one that is READY, one whose bytes are sent and not checked

	draft, applied     string // one that is not applied, one that is
	draftSteps, steps  []string
	stepChat, stepHead string // of the applied plan's first step
}

// fixture makes a person with one of everything; the reply is whole.
func (w *world) fixture(t *testing.T, name string) *fixture {
	t.Helper()
	w.person(t, name)
	f := &fixture{person: w.person(t, name), email: address(name)}
	viewer := f.get(t, `{ viewer { id sessions { id isCurrent } } }`, nil)
	f.user = viewer.text("viewer.id")
	for _, s := range viewer.at("viewer.sessions").([]any) {
		if at(s, "isCurrent") == true {
			f.session = at(s, "id").(string)
		} else {
			f.otherSession = at(s, "id").(string)
		}
	}
	f.prompt = f.change(t, "createPrompt", object{"title": "t", "content": "c", "idempotencyKey": key()}, "prompt { id }").text("result.prompt.id")
	f.folder, f.deletedFolder = f.newFolder(t, "f"), f.newFolder(t, "gone")
	// A chat that has its name gets no title of its own later, so that rows can be counted.
	f.chat, f.deletedChat = f.newChat(t, object{"title": "named"}), f.newChat(t, nil)
	f.change(t, "deleteFolder", object{"folderId": f.deletedFolder, "mode": "KEEP_CHATS"}, "affectedChats")
	f.change(t, "deleteChat", object{"chatId": f.deletedChat}, "chat { id }")
	f.message, f.reply = f.exchange(t, f.chat, "[sandbox:echo] hello")
	f.job, f.artifact = f.picture(t, "a picture")
	f.link = f.change(t, "createShareLink", object{"artifactId": f.artifact, "idempotencyKey": key()}, "shareLink { id }").text("result.shareLink.id")
	f.apiKey = f.change(t, "createApiKey", object{"name": "k", "scopes": []string{"READ"}, "idempotencyKey": key()}, "apiKey { id }").text("result.apiKey.id")
	f.payment = f.change(t, "preparePayment", object{"plan": "STANDARD", "idempotencyKey": key()}, "payment { id }").text("result.payment.id")
	f.file, f.upload = f.uploadOf(t, "cat.png", pixels(t)), f.uploadOf(t, "dog.png", pixels(t))
	f.change(t, "completeUpload", object{"fileId": f.file}, "file { id }")
	f.draft, f.draftSteps = f.newPlan(t, "a goal")
	f.applied, f.steps = f.newPlan(t, "another goal")
	f.change(t, "applyPlan", object{"planId": f.applied, "idempotencyKey": key()}, "plan { id }")
	step := f.get(t, `query ($id: ID!) { node(id: $id) { ... on PlanStep { chat { id head { id } } } } }`, object{"id": f.steps[0]})
	f.stepChat, f.stepHead = step.text("node.chat.id"), step.text("node.chat.head.id")
	return f
}

// picture makes an image and returns its job and artifact.
func (p *person) picture(t *testing.T, prompt string) (job, artifact string) {
	t.Helper()
	j := p.order(t, object{"image": object{"prompt": prompt, "size": "256x256"}}, nil)
	ended := p.over(t, j)
	if ended.Result == nil {
		t.Fatalf("the picture ended %s, %+v", ended.Status, ended.Failure)
	}
	return j, ended.Result.Artifacts[0].ID
}

// newPlan has a plan made, and returns it with its steps.
func (p *person) newPlan(t *testing.T, goal string) (plan string, steps []string) {
	t.Helper()
	job := p.change(t, "planProject", object{"goal": goal, "idempotencyKey": key()}, "job { id }").text("result.job.id")
	if ended := p.over(t, job); ended.Status != "COMPLETED" {
		t.Fatalf("the plan ended %s, %+v", ended.Status, ended.Failure)
	}
	a := p.get(t, `query ($id: ID!) { node(id: $id) { ... on Job { result { plan { id steps { id } } } } } }`, object{"id": job})
	return a.text("node.result.plan.id"), a.list("node.result.plan.steps", "id")
}

// order orders a job; more are further values of the input.
func (p *person) order(t *testing.T, work, more object) string {
	t.Helper()
	input := with(with(more, "work", work), "idempotencyKey", key())
	return p.change(t, "createJob", input, "job { id }").text("result.job.id")
}

// over follows a job to its end.
func (p *person) over(t *testing.T, job string) client.Job {
	t.Helper()
	socket := p.socket(t)
	events, err := socket.FollowJob(job, "")
	must(t, err)
	for {
		e, err := client.JobEventOf(next(t, events))
		must(t, err)
		if e.Typename == "JobEnded" {
			must(t, socket.Close()) // One person may open no more than a few.
			return *e.Job
		}
	}
}

// uploadOf begins an upload and sends its bytes.
func (p *person) uploadOf(t *testing.T, name string, content []byte) string {
	t.Helper()
	a := p.change(t, "createUpload", object{"name": name, "mimeType": "image/png", "bytes": len(content), "idempotencyKey": key()},
		"file { id } upload { method url headers { name value } }")
	if status := send(t, a.at("result.upload"), content); status != http.StatusOK {
		t.Fatalf("the upload was answered with %d", status)
	}
	return a.text("result.file.id")
}

// send makes the request of an upload.
func send(t *testing.T, upload any, content []byte) (status int) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), at(upload, "method").(string), at(upload, "url").(string), bytes.NewReader(content))
	must(t, err)
	for _, h := range at(upload, "headers").([]any) {
		req.Header.Set(at(h, "name").(string), at(h, "value").(string))
	}
	res, err := http.DefaultClient.Do(req)
	must(t, err)
	must(t, res.Body.Close())
	return res.StatusCode
}

// pixels is a small real PNG.
func pixels(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	must(t, png.Encode(&b, image.NewGray(image.Rect(0, 0, 8, 6))))
	return b.Bytes()
}

func (p *person) newFolder(t *testing.T, name string) string {
	t.Helper()
	return p.change(t, "createFolder", object{"name": name, "idempotencyKey": key()}, "folder { id }").text("result.folder.id")
}

// newChat makes a chat; more are further values of the input.
func (p *person) newChat(t *testing.T, more object) string {
	t.Helper()
	return p.change(t, "createChat", with(more, "idempotencyKey", key()), "chat { id }").text("result.chat.id")
}

// exchange sends a message and waits for its reply to end.
func (p *person) exchange(t *testing.T, chat, text string) (message, reply string) {
	t.Helper()
	sent, err := p.Send(t.Context(), chat, text, key())
	must(t, err)
	p.awaitEnd(t, chat, sent.ReplyID)
	return sent.MessageID, sent.ReplyID
}

// awaitEnd waits until a reply of a chat has ended.
func (p *person) awaitEnd(t *testing.T, chat, reply string) {
	t.Helper()
	socket := p.socket(t)
	defer func() { must(t, socket.Close()) }() // One person may open no more than a few.
	events, err := socket.Follow(chat, "")
	must(t, err)
	next(t, events)
	_, status, err := p.MessageText(t.Context(), reply)
	must(t, err)
	if status != "PENDING" && status != "STREAMING" {
		return
	}
	await(t, events, func(e client.Event) bool { return e.Typename == "ReplyEnded" && e.MessageID == reply })
}

// follow subscribes to a chat until the test ends, and returns once the first event is there
// when there is one to wait for: what happens from then on is sent.
func (p *person) follow(t *testing.T, chat, after string) <-chan json.RawMessage {
	t.Helper()
	events, err := p.socket(t).Follow(chat, after)
	must(t, err)
	if after == "" {
		await(t, events, func(e client.Event) bool { return e.Typename == "ChatSnapshot" })
	}
	return events
}

// socket opens a socket until the test ends.
func (p *person) socket(t *testing.T) *client.Socket {
	t.Helper()
	s, err := p.Dial(t.Context())
	must(t, err)
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// await reads events of a chat until one is wanted.
func await(t *testing.T, events <-chan json.RawMessage, wanted func(client.Event) bool) client.Event {
	t.Helper()
	for {
		e, err := client.EventOf(next(t, events))
		must(t, err)
		if wanted(e) {
			return e
		}
	}
}

// next is the next payload of a subscription.
func next(t *testing.T, events <-chan json.RawMessage) json.RawMessage {
	t.Helper()
	select {
	case payload, ok := <-events:
		if !ok {
			t.Fatal("the subscription ended")
		}
		return payload
	case <-t.Context().Done():
		t.Fatal("nothing more was told")
		return nil
	}
}
