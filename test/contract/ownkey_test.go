package contract

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	entusage "github.com/weav-ai/weav/ent/usage"
	"github.com/weav-ai/weav/ent/user"
	"github.com/weav-ai/weav/internal/app"
	"github.com/weav-ai/weav/internal/oid"
)

const (
	houseKey = "sk-the-house"
	ownKey   = "sk-the-persons-own-key-1234"
)

// vendor speaks as much of OpenAI's wire format as a text needs, and takes the keys that it is set to take.
type vendor struct {
	url string

	mu    sync.Mutex
	takes map[string]int      // the status by key; a key that is not in it is refused
	asked map[string][]string // the paths by key
	// holds keeps texts waiting until it is closed; nil answers at once.
	holds chan struct{}
}

func newVendor(t *testing.T) *vendor {
	v := &vendor{takes: map[string]int{houseKey: http.StatusOK, ownKey: http.StatusOK}, asked: map[string][]string{}}
	server := httptest.NewServer(http.HandlerFunc(v.serve))
	t.Cleanup(server.Close)
	v.url = server.URL
	return v
}

func (v *vendor) serve(w http.ResponseWriter, r *http.Request) {
	sent, isOpenAI := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !isOpenAI {
		sent = r.Header.Get("X-Goog-Api-Key")
	}
	v.mu.Lock()
	v.asked[sent] = append(v.asked[sent], r.URL.Path)
	status, ok := v.takes[sent]
	v.mu.Unlock()
	if !ok {
		status = http.StatusUnauthorized
	}
	if status != http.StatusOK {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		if !isOpenAI {
			_, _ = fmt.Fprintf(w, `{"error":{"code":%d,"message":"API key not valid: %s","status":"INVALID_ARGUMENT","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID"}]}}`, status, sent)
			return
		}
		code := map[bool]string{true: "invalid_api_key", false: "server_error"}[status == http.StatusUnauthorized]
		_, _ = fmt.Fprintf(w, `{"error":{"message":"Incorrect API key provided: %s.","type":"invalid_request_error","code":%q}}`, sent, code)
		return
	}
	if strings.HasSuffix(r.URL.Path, "/models") {
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprint(w, `{"object":"list","data":[],"models":[]}`)
		return
	}
	if v.holds != nil {
		<-v.holds
	}
	w.Header().Set("Content-Type", "text/event-stream")
	if !isOpenAI {
		_, _ = fmt.Fprintf(w, `data: {"candidates":[{"index":0,"finishReason":"STOP","content":{"role":"model","parts":[{"text":"Paid by %s"}]}}],"usageMetadata":{"promptTokenCount":7,"candidatesTokenCount":9,"totalTokenCount":16}}`+"\n\n", sent[:6])
		return
	}
	response := object{"id": "resp_1", "object": "response", "model": "m", "status": "completed", "output": []any{},
		"usage": object{"input_tokens": 7, "output_tokens": 9, "total_tokens": 16, "input_tokens_details": object{"cached_tokens": 0}, "output_tokens_details": object{"reasoning_tokens": 0}}}
	for _, e := range []object{
		{"type": "response.output_text.delta", "sequence_number": 1, "item_id": "msg_1", "output_index": 0, "content_index": 0, "delta": "Paid by " + sent[:6]},
		{"type": "response.completed", "sequence_number": 2, "response": response},
	} {
		raw, _ := json.Marshal(e)
		_, _ = fmt.Fprintf(w, "event: %s\ndata: %s\n\n", e["type"], raw)
	}
}

// take says what a key is answered with from now on.
func (v *vendor) take(key string, status int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.takes[key] = status
}

// texts is how many texts a key was asked for.
func (v *vendor) texts(key string) (n int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, p := range v.asked[key] {
		if strings.HasSuffix(p, "/responses") {
			n++
		}
	}
	return n
}

// keysWorld is a server that has an account at the vendor.
func keysWorld(t *testing.T) (*world, *vendor) {
	t.Helper()
	v := newVendor(t)
	settings := map[string]string{"OPENAI_API_KEY": houseKey, "OPENAI_BASE_URL": v.url + "/v1", "GEMINI_API_KEY": houseKey, "GOOGLE_GEMINI_BASE_URL": v.url, "AI_PROVIDER_DEFAULT": "sandbox", "PLANS_FILE": smallPlans(t)}
	return start(t, app.Part{Serves: true, Works: true}, settings), v
}

// premium makes somebody a member.
func (w *world) premium(t *testing.T, p *person, to user.MembershipType) {
	t.Helper()
	id, err := oid.Parse[oid.User](p.idOf(t))
	must(t, err)
	must(t, w.rows.User.UpdateOneID(id).SetMembershipType(to).ClearMembershipExpiresAt().Exec(t.Context()))
}

func keyInput(key string) object { return object{"provider": "OPENAI", "key": key} }

const keyView = `viewer { hasOpenaiKey hasGeminiKey providerKeys { provider hint lastError lastErrorAt } }`

// TestOwnKeys walks a key through its life: set, used for that person's calls alone, free of quota, refused, removed.
func TestOwnKeys(t *testing.T) {
	t.Parallel()
	w, v := keysWorld(t)
	p, other := w.person(t, "ada"), w.person(t, "bob")
	w.premium(t, p, user.MembershipTypePremium)
	w.premium(t, other, user.MembershipTypePremium)

	set := p.change(t, "setProviderKey", keyInput(ownKey), "providerKey { provider hint lastError }")
	if set.text("result.providerKey.hint") != "1234" || set.at("result.providerKey.lastError") != nil {
		t.Errorf("set %v", set.Data)
	}
	view := p.get(t, "{ "+keyView+" }", nil)
	if view.at("viewer.hasOpenaiKey") != true || view.at("viewer.hasGeminiKey") != false || view.text("viewer.providerKeys.0.provider") != "OPENAI" {
		t.Errorf("shown %v", view.Data)
	}
	if got := other.get(t, "{ "+keyView+" }", nil); got.at("viewer.hasOpenaiKey") != false {
		t.Errorf("another sees %v", got.Data)
	}
	quote := p.get(t, `query ($c: ID!) { quote(input: {message: {chatId: $c, text: "hi", modelId: "gpt-6-luna"}}) { isOwnKey isAllowed } }`, object{"c": p.newChat(t, nil)})
	if quote.at("quote.isOwnKey") != true || quote.at("quote.isAllowed") != true {
		t.Errorf("quoted %v", quote.Data)
	}
	if got := p.sendAs(t, p.newChat(t, object{"title": "n"}), "hello", object{"modelId": "gpt-6-luna"}); got.text != "Paid by "+ownKey[:6] {
		t.Errorf("the reply is %+v", got)
	}
	job := p.over(t, p.order(t, object{"text": object{"prompt": "p", "modelId": "gpt-6-luna"}}, nil))
	if job.Text == nil || *job.Text != "Paid by "+ownKey[:6] || v.texts(ownKey) != 2 || v.texts(houseKey) != 0 {
		t.Errorf("the text is %+v; the own key was asked %d times, the house's %d times", job, v.texts(ownKey), v.texts(houseKey))
	}
	used := p.get(t, `{ viewer { membership { quota { used { tokens } held { tokens } } } usage { total { runs ownKeyRuns inputTokens } } } }`, nil)
	if used.at("viewer.membership.quota.used.tokens") != 0.0 || used.at("viewer.usage.total.ownKeyRuns") != 2.0 || used.at("viewer.usage.total.inputTokens") != 14.0 {
		t.Errorf("used %v", used.Data)
	}
	if n := w.rows.Usage.Query().Where(entusage.IsOwnKey(true)).CountX(t.Context()); n != 2 {
		t.Errorf("%d rows of own keys", n)
	}

	if got := other.sendAs(t, other.newChat(t, object{"title": "n"}), "hello", object{"modelId": "gpt-6-luna"}); got.text != "Paid by "+houseKey[:6] {
		t.Errorf("another's reply is %+v", got)
	}

	v.take(ownKey, http.StatusUnauthorized)
	refused := p.sendAs(t, p.newChat(t, object{"title": "n"}), "hello", object{"modelId": "gpt-6-luna", "fallbackModelId": nil})
	if refused.status != "FAILED" || refused.failure != "OWN_KEY_REFUSED" {
		t.Errorf("with a key that ended: %+v", refused)
	}
	view = p.get(t, "{ "+keyView+" }", nil)
	if view.at("viewer.providerKeys.0.lastErrorAt") == nil || strings.Contains(view.text("viewer.providerKeys.0.lastError"), ownKey) {
		t.Errorf("after a refusal: %v", view.Data)
	}

	for range 2 {
		if a := p.change(t, "removeProviderKey", object{"provider": "OPENAI"}, "viewer { hasOpenaiKey }"); a.at("result.viewer.hasOpenaiKey") != false {
			t.Errorf("removed %v", a.Data)
		}
	}
	if got := p.sendAs(t, p.newChat(t, object{"title": "n"}), "hello", object{"modelId": "gpt-6-luna"}); got.text != "Paid by "+houseKey[:6] {
		t.Errorf("without a key the reply is %+v", got)
	}
}

// TestOwnKeysThatAreRefused: by the membership, by their form, by the provider; what is refused is not kept, and replaces nothing.
func TestOwnKeysThatAreRefused(t *testing.T) {
	t.Parallel()
	w, v := keysWorld(t)
	p := w.person(t, "ada")
	if a := p.mutate(t, "setProviderKey", keyInput(ownKey), "providerKey { hint }"); a.code() != "MEMBERSHIP_REQUIRED" || a.Errors[0].Extensions["planNeeded"] != "PREMIUM" {
		t.Errorf("without a membership: %v %v", a.Errors, a.Data)
	}
	w.premium(t, p, user.MembershipTypePremium)
	p.change(t, "setProviderKey", keyInput(ownKey), "providerKey { hint }")
	for key, reason := range map[string]string{
		"": "REQUIRED", "  ": "REQUIRED", strings.Repeat("k", 501): "TOO_LONG", "with a blank": "INVALID_CHARACTERS", "가나다": "INVALID_CHARACTERS",
		"a\x00b": "INVALID_CHARACTERS", "sk-nobody-knows-it": "KEY_REFUSED",
	} {
		a := p.mutate(t, "setProviderKey", keyInput(key), "providerKey { hint }")
		if a.reason() != reason {
			t.Errorf("%.20q: %v %v", key, a.Errors, a.Data)
		}
		if message := a.text("result.userErrors.0.message"); len(strings.TrimSpace(key)) > 4 && strings.Contains(message, key) {
			t.Errorf("the message tells the key: %s", message)
		}
	}
	v.take("sk-down", http.StatusServiceUnavailable)
	if a := p.mutate(t, "setProviderKey", keyInput("sk-down"), "providerKey { hint }"); a.code() != "UNAVAILABLE" {
		t.Errorf("while the provider is down: %v %v", a.Errors, a.Data)
	}
	lone := embedded(t)
	other := lone.person(t, "bob")
	lone.premium(t, other, user.MembershipTypePremium)
	if a := other.mutate(t, "setProviderKey", object{"provider": "GEMINI", "key": "k"}, "providerKey { hint }"); a.reason() != "NOT_SUPPORTED" {
		t.Errorf("of a provider that the server does not ask: %v %v", a.Errors, a.Data)
	}
	if view := p.get(t, "{ "+keyView+" }", nil); view.text("viewer.providerKeys.0.hint") != "1234" {
		t.Errorf("kept %v", view.Data)
	}
	// A membership that ran out has the house pay again.
	w.premium(t, p, user.MembershipTypeStandard)
	if got := p.sendAs(t, p.newChat(t, object{"title": "n"}), "hello", object{"modelId": "gpt-6-luna"}); got.text != "Paid by "+houseKey[:6] {
		t.Errorf("after the membership the reply is %+v", got)
	}
}

// TestAnOwnKeyHasNoStandInElsewhere: the person's key pays at its provider alone, so no other provider is asked in its place.
func TestAnOwnKeyHasNoStandInElsewhere(t *testing.T) {
	t.Parallel()
	w, v := keysWorld(t)
	p := w.person(t, "ada")
	w.premium(t, p, user.MembershipTypePremium)
	p.change(t, "setProviderKey", keyInput(ownKey), "providerKey { hint }")
	input := object{"chatId": p.newChat(t, object{"title": "n"}), "text": "hi", "modelId": "gpt-6-luna", "fallbackModelId": "sandbox-brief", "idempotencyKey": key()}
	if a := p.mutate(t, "sendMessage", input, "reply { id }"); a.reason() != "NOT_SUPPORTED" {
		t.Errorf("a stand-in of another provider: %v %v", a.Errors, a.Data)
	}
	v.take(ownKey, http.StatusUnauthorized)
	if got := p.sendAs(t, p.newChat(t, object{"title": "n"}), "hello", object{"modelId": "gpt-6-luna"}); got.status != "FAILED" || v.texts(houseKey) != 0 {
		t.Errorf("the reply is %+v; the house's key was asked %d times", got, v.texts(houseKey))
	}
}

// TestOwnKeysOfGemini are asked as those of OpenAI are, each at its own provider.
func TestOwnKeysOfGemini(t *testing.T) {
	t.Parallel()
	w, v := keysWorld(t)
	p := w.person(t, "ada")
	w.premium(t, p, user.MembershipTypePremium)
	const gemini = "AIza-the-persons-own-5678"
	input := object{"provider": "GEMINI", "key": gemini}
	if a := p.mutate(t, "setProviderKey", input, "providerKey { hint }"); a.reason() != "KEY_REFUSED" || strings.Contains(fmt.Sprint(a.Data), gemini) {
		t.Errorf("a key that Google does not know: %v %v", a.Errors, a.Data)
	}
	v.take(gemini, http.StatusOK)
	p.change(t, "setProviderKey", input, "providerKey { hint }")
	p.change(t, "setProviderKey", keyInput(ownKey), "providerKey { hint }")
	for model, key := range map[string]string{"gemini-3.8-flash": gemini, "gpt-6-luna": ownKey} {
		if got := p.sendAs(t, p.newChat(t, object{"title": "n"}), "hello", object{"modelId": model}); got.text != "Paid by "+key[:6] {
			t.Errorf("%s: the reply is %+v", model, got)
		}
	}
	if view := p.get(t, "{ "+keyView+" }", nil); view.at("viewer.hasGeminiKey") != true || view.at("viewer.hasOpenaiKey") != true {
		t.Errorf("shown %v", view.Data)
	}
}
