package systemtest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/weav-ai/weav/internal/client"
)

// TestRealProvidersBehindTheUnmodifiedBinary runs chats, images, a video and a plan against a server that speaks the
// vendors' wire formats. The binary knows nothing of the test: it is given keys and addresses as an operator gives them.
func TestRealProvidersBehindTheUnmodifiedBinary(t *testing.T) {
	t.Parallel()
	v := newVendors(t)
	server := start(t, map[string]string{
		"LISTEN_ADDR": "127.0.0.1:0", "DATA_DIR": t.TempDir(), "LOG_LEVEL": "debug", "ENABLE_BILLING": "false",
		"OPENAI_API_KEY": openAIKey, "OPENAI_BASE_URL": v.url + "/v1",
		"GEMINI_API_KEY": googleKey, "GOOGLE_GEMINI_BASE_URL": v.url,
	}, serving)
	p := house{urls: []string{server.url}}.newPerson(t)

	for model, want := range map[string]string{"gpt-6-luna": "Hello from the first vendor.", "gemini-3.8-flash": "Hello from the second vendor."} {
		if text := p.asks(t, model); text != want {
			t.Errorf("%s answers %q", model, text)
		}
	}
	for name, work := range map[string]map[string]any{
		"an image of OpenAI": {"image": map[string]any{"prompt": "p", "modelId": "gpt-image-2.6-flare"}},
		"an image of Google": {"image": map[string]any{"prompt": "p", "modelId": "gemini-nano-banana-2.1"}},
		"a video of Google":  {"video": map[string]any{"prompt": "p", "modelId": "veo-3.1-generate-preview"}},
	} {
		job := p.makes(t, name, work)
		if len(job.Result.Artifacts) != 1 || job.Result.Artifacts[0].Bytes == 0 {
			t.Errorf("%s: %+v", name, job.Result)
		}
	}
	p.plans(t)
	v.leaksNothing(t, server)
}

// asks sends a message to a model and returns its reply.
func (p *person) asks(t *testing.T, model string) string {
	t.Helper()
	c := p.clients[0]
	chat := p.chat()
	tab := p.follow(chat, "", 0)
	var out struct {
		SendMessage struct {
			Reply      *struct{ ID string }
			UserErrors []client.UserError
		}
	}
	err := c.Do(t.Context(), `mutation ($input: SendMessageInput!) { sendMessage(input: $input) { reply { id } userErrors { message path ... on SendMessageUserError { code } } } }`,
		map[string]any{"input": map[string]any{"chatId": chat, "text": "hello", "modelId": model, "idempotencyKey": uuid.NewString()}}, &out)
	if err != nil || out.SendMessage.Reply == nil {
		t.Fatalf("%s: %v %+v", model, err, out.SendMessage.UserErrors)
	}
	if end := tab.end(out.SendMessage.Reply.ID); end.Status != "COMPLETED" {
		t.Errorf("%s: the reply is %s", model, end.Status)
	}
	text, _, err := c.MessageText(t.Context(), out.SendMessage.Reply.ID)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// makes orders a job and returns it as it ended, which must be well.
func (p *person) makes(t *testing.T, name string, work map[string]any) client.Job {
	t.Helper()
	job, err := p.clients[0].CreateJob(t.Context(), map[string]any{"work": work, "idempotencyKey": uuid.NewString()})
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return p.ends(t, name, job.ID)
}

func (p *person) ends(t *testing.T, name, id string) client.Job {
	t.Helper()
	socket, err := p.clients[0].Dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = socket.Close() }()
	events, err := socket.FollowJob(id, "")
	if err != nil {
		t.Fatal(err)
	}
	for payload := range events {
		e, err := client.JobEventOf(payload)
		if err != nil {
			t.Fatal(err)
		}
		if e.Typename != "JobEnded" {
			continue
		}
		if e.Status != "COMPLETED" {
			t.Fatalf("%s ended %s %+v", name, e.Status, e.Job.Failure)
		}
		return *e.Job
	}
	t.Fatalf("%s: the subscription ended early", name)
	return client.Job{}
}

// plans has a plan made by the vendor's model, and runs its first step.
func (p *person) plans(t *testing.T) {
	t.Helper()
	c := p.clients[0]
	job, err := c.PlanProject(t.Context(), "a goal", uuid.NewString())
	if err != nil {
		t.Fatal(err)
	}
	p.ends(t, "the plan", job.ID)
	plan, err := c.PlanOf(t.Context(), job.ID)
	if err != nil || plan.Title != "A plan of the vendor" || len(plan.Steps) != 2 {
		t.Fatalf("planned %+v, %v", plan, err)
	}
	if plan, err = c.ApplyPlan(t.Context(), plan.ID, uuid.NewString()); err != nil {
		t.Fatal(err)
	}
	tab := p.follow(plan.Steps[0].Chat.ID, "", 0)
	begun, err := c.RunStep(t.Context(), plan.Steps[0].ID, uuid.NewString())
	if err != nil {
		t.Fatal(err)
	}
	if end := tab.end(begun.ReplyID); end.Status != "COMPLETED" {
		t.Errorf("the first step's reply is %s", end.Status)
	}
}

// leaksNothing makes sure that each vendor saw its own key alone, once per picture, and that the process printed no key.
func (v *vendors) leaksNothing(t *testing.T, server *process) {
	t.Helper()
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.wrong) > 0 {
		t.Errorf("requests without their key: %v", v.wrong)
	}
	if n := v.calls["/v1/images/generations"]; n != 1 {
		t.Errorf("the image was asked for %d times", n)
	}
	for _, key := range []string{openAIKey, googleKey} {
		if strings.Contains(server.output(), key) {
			t.Errorf("the log holds the key %s…", fmt.Sprintf("%.4s", key))
		}
	}
}
