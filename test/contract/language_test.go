package contract

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/gorilla/websocket"

	"github.com/weav-ai/weav/internal/client"
)

var hangul = regexp.MustCompile(`\p{Hangul}`)

// asking sends an operation with an Accept-Language field; none for "".
func (p *person) asking(t *testing.T, language, query string, variables object) answer {
	t.Helper()
	body, err := json.Marshal(client.Request{Query: query, Variables: variables})
	must(t, err)
	return p.askingWith(t, language, body)
}

func (p *person) askingWith(t *testing.T, language string, body []byte) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.URL, bytes.NewReader(body))
	must(t, err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/graphql-response+json")
	if language != "" {
		req.Header.Set("Accept-Language", language)
	}
	if p.Token != "" {
		req.Header.Set("Authorization", "Bearer "+p.Token)
	}
	res, err := http.DefaultClient.Do(req)
	must(t, err)
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	must(t, err)
	a := answer{Status: res.StatusCode, Header: res.Header}
	must(t, json.Unmarshal(raw, &a))
	return a
}

// speaking is a person whose account prefers a language.
func (w *world) speaking(t *testing.T, name, language string) *person {
	t.Helper()
	p := w.person(t, name)
	p.change(t, "updatePreferences", object{"language": language}, "viewer { id }")
	return p
}

// wantLanguage looks at the message of a response and at what its headers say of it.
func wantLanguage(t *testing.T, name string, a answer, message, language string) {
	t.Helper()
	if message == "" || hangul.MatchString(message) != (language == "ko") {
		t.Errorf("%s: %q is not in %s", name, message, language)
	}
	if got := a.Header.Get("Content-Language"); got != language {
		t.Errorf("%s: Content-Language %q, want %s", name, got, language)
	}
	if !slices.Contains(a.Header.Values("Vary"), "Accept-Language") {
		t.Errorf("%s: Vary %q", name, a.Header.Values("Vary"))
	}
}

// message is what the first error or userError says.
func (a answer) message() string {
	if len(a.Errors) == 0 {
		return a.text("result.userErrors.0.message")
	}
	return a.Errors[0].Message
}

// TestLanguageOfARequestOfNobody is what Accept-Language asks for.
func TestLanguageOfARequestOfNobody(t *testing.T) {
	t.Parallel()
	p := embedded(t).signedOut()
	for field, want := range map[string]string{
		"": "en", "ko": "ko", "ko-KR,ko;q=0.9,en;q=0.8": "ko", "en-US,ko;q=0.5": "en", "fr": "en", "fr-FR, ko;q=0.1": "ko", "ko;q=x": "en", ",": "en",
	} {
		a := p.asking(t, field, `mutation { signOut(input: {}) { endedSessionIds } }`, nil)
		wantLanguage(t, "Accept-Language "+field, a, a.message(), want)
		if a.code() != "UNAUTHENTICATED" {
			t.Errorf("%s: %s", field, a.code())
		}
	}
	a := p.asking(t, "ko", `{ models { name en: name(language: EN) } serverInfo { version } }`, nil)
	if a.Header.Get("Content-Language") != "ko" || !hangul.MatchString(a.text("models.0.name")) || hangul.MatchString(a.text("models.0.en")) {
		t.Errorf("names: %v %v", a.Header, a.Data)
	}
	if a := p.asking(t, "ko", `{ serverInfo { version } }`, nil); a.Header.Get("Content-Language") != "" {
		t.Errorf("a response without words is in %q", a.Header.Get("Content-Language"))
	}
}

// TestLanguageOfAPerson is that of the account, whatever the request asks for, from the moment it is changed.
func TestLanguageOfAPerson(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		p := w.speaking(t, "ada", "EN")
		for _, tc := range []struct{ prefers, asks, want string }{{"EN", "ko", "en"}, {"KO", "en-US", "ko"}, {"EN", "", "en"}, {"KO", "", "ko"}} {
			p.change(t, "updatePreferences", object{"language": tc.prefers}, "viewer { id }")
			a := p.asking(t, tc.asks, `{ viewer { chats(first: 101) { nodes { id } } } }`, nil)
			wantLanguage(t, "an error for "+tc.prefers, a, a.message(), tc.want)
			a = p.asking(t, tc.asks, mutation("createFolder", "folder { id }"), object{"input": object{"name": " ", "idempotencyKey": key()}})
			wantLanguage(t, "a userError for "+tc.prefers, a, a.text("result.userErrors.0.message"), tc.want)
		}
	})
}

// TestANewAccountSpeaksTheLanguageOfItsFirstRequest and keeps it.
func TestANewAccountSpeaksTheLanguageOfItsFirstRequest(t *testing.T) {
	t.Parallel()
	w := embedded(t)
	for field, want := range map[string]string{"en-GB": "EN", "ko-KR": "KO", "fr": "EN", "": "KO"} {
		for _, again := range []string{field, "ko", "en"} {
			input := object{"identity": object{"dev": object{"email": address("one of " + strings.ToLower(want+field))}}}
			a := w.signedOut().asking(t, again, mutation("signIn", "viewer { preferences { language } }"), object{"input": input})
			if got := a.text("result.viewer.preferences.language"); got != want {
				t.Errorf("%q, then %q: %q, want %s %v", field, again, got, want, a.Errors)
			}
		}
	}
}

// faulty are operations that end with each code that an app must expect.
func faulty(t *testing.T, p *person) map[string]func(language string) answer {
	t.Helper()
	used := key()
	p.change(t, "createFolder", object{"name": "one", "idempotencyKey": used}, "folder { id }")
	op := func(query string) func(string) answer {
		return func(language string) answer { return p.asking(t, language, query, nil) }
	}
	in := func(name string, input object) func(string) answer {
		return func(language string) answer {
			return p.asking(t, language, mutation(name, "__typename"), object{"input": input})
		}
	}
	return map[string]func(string) answer{
		"FORBIDDEN":            op(`{ administration { users { nodes { id } } } }`),
		"MEMBERSHIP_REQUIRED":  in("sendMessage", object{"chatId": p.newChat(t, nil), "text": "hi", "modelId": "sandbox-scholar", "idempotencyKey": key()}),
		"NOT_FOUND":            in("deleteChat", object{"chatId": "chat_none"}),
		"BAD_USER_INPUT":       op(`{ viewer { chats(first: 0) { nodes { id } } } }`),
		"MODEL_NOT_ALLOWED":    in("createChat", object{"modelId": "none", "idempotencyKey": key()}),
		"BAD_CURSOR":           op(`{ viewer { chats(after: "none") { nodes { id } } } }`),
		"CONFLICT":             in("updatePreferences", object{"theme": "DARK", "ifRevision": 9999}),
		"IDEMPOTENCY_CONFLICT": in("createFolder", object{"name": "another", "idempotencyKey": used}),
		"QUERY_TOO_COMPLEX":    op(tooMuch["depth"].query),
		"PAYLOAD_TOO_LARGE": func(language string) answer {
			return p.askingWith(t, language, bytes.Repeat([]byte{' '}, 128<<10+1))
		},
	}
}

// TestEveryCodeHasAMessageInBothLanguages, and is the same code in both.
func TestEveryCodeHasAMessageInBothLanguages(t *testing.T) {
	t.Parallel()
	w := embedded(t)
	for preferred, want := range map[string]string{"EN": "en", "KO": "ko"} {
		for code, send := range faulty(t, w.speaking(t, "speaks "+preferred, preferred)) {
			a := send("fr")
			if a.code() != code {
				t.Errorf("%s: got %s %q", code, a.code(), a.message())
			}
			wantLanguage(t, code, a, a.message(), want)
		}
	}
}

// TestLimitsHaveMessagesInBothLanguages covers those that need settings of their own.
func TestLimitsHaveMessagesInBothLanguages(t *testing.T) {
	t.Parallel()
	w := embedded(t, map[string]string{"RATE_OPERATIONS_PER_MINUTE": "1"})
	p := w.signedOut()
	p.asking(t, "", `{ serverInfo { version } }`, nil)
	for _, language := range []string{"en", "ko"} {
		a := p.asking(t, language, `{ serverInfo { version } }`, nil)
		if a.code() != "RATE_LIMITED" || a.Status != 429 {
			t.Fatalf("%d %v", a.Status, a.Errors)
		}
		wantLanguage(t, "RATE_LIMITED", a, a.message(), language)
	}
}

// TestWhatParsersSayStaysEnglish, as docs/integration.md says; what is ours around it does not.
func TestWhatParsersSayStaysEnglish(t *testing.T) {
	t.Parallel()
	p := embedded(t).signedOut()
	for query, code := range map[string]string{`{ viewer { `: "GRAPHQL_PARSE_FAILED", `{ nothing }`: "GRAPHQL_VALIDATION_FAILED"} {
		if a := p.asking(t, "ko", query, nil); a.code() != code || hangul.MatchString(a.message()) {
			t.Errorf("%s: %s %q", query, a.code(), a.message())
		}
	}
}

// TestRefusalsOutsideOfGraphQL are in the language of the request too.
func TestRefusalsOutsideOfGraphQL(t *testing.T) {
	t.Parallel()
	w := embedded(t)
	for _, path := range []string{"/artifacts/art_none", "/shared/none"} {
		for language, want := range map[string]string{"ko-KR": "ko", "fr": "en"} {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, strings.TrimSuffix(w.url, "/graphql")+path, http.NoBody)
			must(t, err)
			req.Header.Set("Accept-Language", language)
			res, err := http.DefaultClient.Do(req)
			must(t, err)
			raw, err := io.ReadAll(res.Body)
			must(t, err)
			must(t, res.Body.Close())
			wantLanguage(t, path, answer{Header: res.Header}, string(raw), want)
		}
	}
}

// TestLanguageOfASocket is that of the account, else the payload's, else the handshake's.
func TestLanguageOfASocket(t *testing.T) {
	t.Parallel()
	w := embedded(t)
	korean := w.speaking(t, "ada", "KO")
	for name, tc := range map[string]struct {
		header, payload, token, want string
	}{
		"nothing":                    {"", "", "", "en"},
		"the handshake's":            {"ko-KR,ko;q=0.9", "", "", "ko"},
		"the payload's":              {"en", "ko", "", "ko"},
		"a payload of no language":   {"ko", "?", "", "ko"},
		"a payload that is not ours": {"ko", "fr", "", "ko"},
		"the account's":              {"en", "en", korean.Token, "ko"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			header := http.Header{}
			if tc.header != "" {
				header.Set("Accept-Language", tc.header)
			}
			init := object{}
			if tc.payload != "" {
				init["language"] = tc.payload
			}
			if tc.token != "" {
				init["Authorization"] = "Bearer " + tc.token
			}
			got := firstError(t, w, header, init, `subscription { chatEvents(chatId: "chat_none") { __typename } }`)
			if hangul.MatchString(got) != (tc.want == "ko") || got == "" {
				t.Errorf("%q is not in %s", got, tc.want)
			}
		})
	}
}

// firstError opens a socket by hand, since a client sends no such headers, and returns the message that an operation ends with.
func firstError(t *testing.T, w *world, header http.Header, init object, query string) string {
	t.Helper()
	dialer := websocket.Dialer{Subprotocols: []string{"graphql-transport-ws"}}
	conn, res, err := dialer.DialContext(t.Context(), "ws"+strings.TrimPrefix(w.url, "http"), header)
	must(t, err)
	must(t, res.Body.Close())
	defer func() { _ = conn.Close() }() // Nothing is pending on it.
	must(t, conn.WriteJSON(object{"type": "connection_init", "payload": init}))
	var ack struct{ Type string }
	must(t, conn.ReadJSON(&ack))
	must(t, conn.WriteJSON(object{"id": "1", "type": "subscribe", "payload": object{"query": query}}))
	for {
		var m struct {
			Type    string
			Payload json.RawMessage
		}
		must(t, conn.ReadJSON(&m))
		if m.Type != "error" {
			continue
		}
		var errors client.Errors
		must(t, json.Unmarshal(m.Payload, &errors))
		return errors[0].Message
	}
}

// TestWhatIsStoredIsReadInTheReadersLanguage: the failure of a reply and of a job, and a payment's timeline, by queries and
// in the events of one socket that stays open while the preference changes.
func TestWhatIsStoredIsReadInTheReadersLanguage(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		p := w.speaking(t, "ada", "KO")
		chat := p.newChat(t, object{"title": "named"})
		_, reply := p.exchange(t, chat, "[sandbox:blocked]")
		job := p.order(t, object{"image": object{"prompt": "[sandbox:blocked]"}}, nil)
		p.over(t, job)
		order := p.orderPlan(t, "STANDARD")
		settled(t, order.Checkout.URL, "paid")
		p.completePayment(t, order.ID)

		socket := p.socket(t)
		events, err := socket.Subscribe(`subscription ($id: ID!) { chatEvents(chatId: $id) { __typename ... on ReplyEnded { message { failure { message } } } } }`, object{"id": chat})
		must(t, err)
		next(t, events) // the snapshot
		for _, language := range []string{"ko", "en", "ko"} {
			p.change(t, "updatePreferences", object{"language": strings.ToUpper(language)}, "viewer { id }")
			a := p.get(t, `query ($ids: [ID!]!) { nodes(ids: $ids) {
				... on Message { failure { message } } ... on Job { failure { message } attempts { failure { message } } } ... on Payment { timeline { type detail } } } }`,
				object{"ids": []string{reply, job, order.ID}})
			for _, path := range []string{"nodes.0.failure.message", "nodes.1.failure.message"} {
				wantLanguage(t, path, a, a.text(path), language)
			}
			want := map[string]string{"ko": "스탠다드 멤버십 30일.", "en": "30 days of STANDARD."}[language]
			if details := a.list("nodes.2.timeline", "detail"); !slices.Contains(details, want) {
				t.Errorf("%s: timeline %q", language, details)
			}
			p.exchange(t, chat, "[sandbox:blocked]")
			if got := endedWith(t, events); hangul.MatchString(got) != (language == "ko") || got == "" {
				t.Errorf("the event says %q in %s", got, language)
			}
		}
	})
}

// endedWith reads events to the end of a reply, and returns why it failed.
func endedWith(t *testing.T, events <-chan json.RawMessage) string {
	t.Helper()
	for {
		var e struct {
			ChatEvents struct {
				Typename string `json:"__typename"`
				Message  struct{ Failure struct{ Message string } }
			}
		}
		must(t, client.Decode(next(t, events), &e))
		if e.ChatEvents.Typename == "ReplyEnded" {
			return e.ChatEvents.Message.Failure.Message
		}
	}
}
