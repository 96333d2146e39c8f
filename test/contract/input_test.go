package contract

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/weav-ai/weav/internal/client"
)

// bounds are what a text may be: least 1 means that it must not be blank.
type bounds struct {
	least, most int
	// mutation is whose input holds the text, at path.
	mutation, path string
	// input is another input than the mutation's case; nil for that.
	input func(f *fixture) object
}

func (b bounds) of(f *fixture) object {
	if b.input != nil {
		return b.input(f)
	}
	return operations[b.mutation].input(f)
}

// texts has every input field that holds text of a person's.
var texts = map[string]bounds{
	"SignInInput.deviceName":                    {0, 100, "signIn", "deviceName", nil},
	"DevIdentityInput.firstName":                {0, 100, "signIn", "identity.dev.firstName", nil},
	"DevIdentityInput.lastName":                 {0, 100, "signIn", "identity.dev.lastName", nil},
	"UpdatePreferencesInput.defaultInstruction": {0, 2000, "updatePreferences", "defaultInstruction", nil},
	"UpdatePreferencesInput.personaName":        {0, 50, "updatePreferences", "personaName", nil},
	"CreatePromptInput.title":                   {1, 100, "createPrompt", "title", nil},
	"CreatePromptInput.description":             {0, 500, "createPrompt", "description", nil},
	"CreatePromptInput.content":                 {1, 8000, "createPrompt", "content", nil},
	"UpdatePromptInput.title":                   {1, 100, "updatePrompt", "title", nil},
	"UpdatePromptInput.description":             {0, 500, "updatePrompt", "description", nil},
	"UpdatePromptInput.content":                 {1, 8000, "updatePrompt", "content", nil},
	"CreateFolderInput.name":                    {1, 100, "createFolder", "name", nil},
	"RenameFolderInput.name":                    {1, 100, "renameFolder", "name", nil},
	"CreateChatInput.title":                     {0, 200, "createChat", "title", nil},
	"CreateChatInput.systemInstruction":         {0, 2000, "createChat", "systemInstruction", nil},
	"CreateChatInput.recommendedPrompts":        {1, 1000, "createChat", "recommendedPrompts.0", nil},
	"RenameChatInput.title":                     {1, 200, "renameChat", "title", nil},
	"ConfigureChatInput.systemInstruction":      {0, 2000, "configureChat", "systemInstruction", nil},
	"ConfigureChatInput.recommendedPrompts":     {1, 1000, "configureChat", "recommendedPrompts.0", nil},
	"SendMessageInput.text":                     {1, 8000, "sendMessage", "text", nil},
	"EditMessageInput.text":                     {1, 8000, "editMessage", "text", nil},
	"TextJobInput.prompt":                       {1, 8000, "createJob", "work.text.prompt", nil},
	"TextJobInput.systemPrompt":                 {0, 2000, "createJob", "work.text.systemPrompt", nil},
	"ImageJobInput.prompt":                      {1, 1000, "createJob", "work.image.prompt", imageInput},
	"VideoJobInput.prompt":                      {1, 1000, "createJob", "work.video.prompt", videoInput},
	"PlanProjectInput.goal":                     {1, 4000, "planProject", "goal", nil},
	"ReplanInput.wish":                          {0, 2000, "replan", "wish", nil},
	"UpdatePlanStepInput.title":                 {1, 200, "updatePlanStep", "title", nil},
	"UpdatePlanStepInput.intent":                {0, 1000, "updatePlanStep", "intent", nil},
	"UpdatePlanStepInput.instruction":           {0, 1500, "updatePlanStep", "instruction", nil},
	"UpdatePlanStepInput.prompts":               {1, 1000, "updatePlanStep", "prompts.0", nil},
	"AddPlanStepInput.title":                    {1, 200, "addPlanStep", "title", nil},
	"AddPlanStepInput.intent":                   {0, 1000, "addPlanStep", "intent", nil},
	"AddPlanStepInput.instruction":              {0, 1500, "addPlanStep", "instruction", nil},
	"AddPlanStepInput.prompts":                  {1, 1000, "addPlanStep", "prompts.0", nil},
	"RunStepInput.prompt":                       {1, 1000, "runStep", "prompt", nil},
	"UpdateProfileInput.firstName":              {0, 100, "updateProfile", "firstName", nil},
	"UpdateProfileInput.lastName":               {0, 100, "updateProfile", "lastName", nil},
	"RestoreAccountInput.reason":                {0, 500, "restoreAccount", "reason", nil},
	"CreateApiKeyInput.name":                    {1, 100, "createApiKey", "name", nil},
}

// formal are input fields of type String that are no free text, with where they are tested.
var formal = map[string]string{
	"DevIdentityInput.email":             "TestFormalValues",
	"RefreshSessionInput.refreshToken":   "TestFormalValues",
	"UpdatePreferencesInput.accentColor": "TestFormalValues",
	"ImageJobInput.size":                 "TestArgumentsOfJobs",
	"ImageJobInput.aspect":               "TestArgumentsOfJobs",
	"VideoJobInput.resolution":           "TestArgumentsOfJobs",
	"VideoJobInput.aspect":               "TestArgumentsOfJobs",
	"VideoJobInput.style":                "TestArgumentsOfJobs",
	"CreateUploadInput.name":             "TestUploadsThatAreRefused",
	"CreateUploadInput.mimeType":         "TestUploadsThatAreRefused",
	"CostInput.currency":                 "TestGoalsThatAreRefused",
	"ModelFilter.provider":               "TestModelsByFilter",
	"QuoteMessageInput.text":             "TestBadTextsInQuotes",
	"QuoteEditInput.text":                "TestBadTextsInQuotes",
	"QuotePlanInput.goal":                "TestBadTextsInQuotes",
	"QuoteReplanInput.wish":              "TestBadTextsInQuotes",
	"QuoteStepInput.prompt":              "TestBadTextsInQuotes",
	"FirebaseIdentityInput.idToken":      "TestFirebaseServersRefuse",
	"SetProviderKeyInput.key":            "TestOwnKeysThatAreRefused",
	"GrantMembershipInput.reason":        "TestAdministration",
	"RefundPaymentInput.reason":          "TestAdministration",
	"SetRoleInput.reason":                "TestAdministration",
	"CancelUserJobInput.reason":          "TestAdministration",
	"EndUserSessionsInput.reason":        "TestAdministration",
}

func TestEveryTextHasItsCase(t *testing.T) {
	t.Parallel()
	for _, d := range own(schema(t)) {
		for _, f := range fields(d) {
			where := d.Name + "." + f.Name
			if d.Kind != ast.InputObject || f.Type.Name() != "String" || f.Name == "idempotencyKey" {
				continue
			}
			if _, ok := texts[where]; !ok && formal[where] == "" {
				t.Errorf("%s takes text: add it to texts", where)
			}
		}
	}
}

// TestBadTextsInQuotes: a text that the action refuses is refused by its quote.
func TestBadTextsInQuotes(t *testing.T) {
	t.Parallel()
	w := embedded(t)
	f := w.fixture(t, "ada")
	for member, typ := range map[string]string{"message": "QuoteMessageInput", "edit": "QuoteEditInput", "plan": "QuotePlanInput", "replan": "QuoteReplanInput", "step": "QuoteStepInput"} {
		for _, field := range schema(t).Types[typ].Fields {
			if formal[typ+"."+field.Name] != "TestBadTextsInQuotes" {
				continue
			}
			for what, text := range map[string]string{"too long": strings.Repeat(emoji, 100_000/len(emoji)), "U+0000": "a\x00b"} {
				a := f.do(t, quoting, object{"input": object{member: with(quotable(f)[member], field.Name, text)}})
				if a.code() != "BAD_USER_INPUT" {
					t.Errorf("a quote with %s %s.%s: %v %v", what, typ, field.Name, a.Errors, a.Data)
				}
			}
		}
	}
}

// emoji is one code point, two UTF-16 units and four bytes.
const emoji = "🌱"

func TestBadTexts(t *testing.T) {
	t.Parallel()
	w := embedded(t)
	f := w.fixture(t, "ada")
	before := w.counts(t)
	for where, b := range texts {
		bad := map[string]struct{ value, reason string }{
			"one too long": {strings.Repeat(emoji, b.most+1), "TOO_LONG"},
			"U+0000":       {"a\x00b", "INVALID_CHARACTERS"},
		}
		if b.least > 0 {
			bad["empty"] = struct{ value, reason string }{"", "REQUIRED"}
			bad["blank"] = struct{ value, reason string }{" \t\u3000\n", "REQUIRED"}
		}
		for what, c := range bad {
			op := operations[b.mutation]
			a := f.mutate(t, b.mutation, put(b.of(f), b.path, c.value), op.selection)
			path, _ := json.Marshal(a.at("result.userErrors.0.path"))
			if a.reason() != c.reason || string(path) != `["input","`+strings.ReplaceAll(b.path, ".", `","`)+`"]` {
				t.Errorf("%s %s: got %v %v at %s, want %s", where, what, a.Errors, a.reason(), path, c.reason)
			}
		}
	}
	sameCounts(t, before, w.counts(t))
}

func TestLongestTexts(t *testing.T) {
	t.Parallel()
	w := embedded(t)
	for where, b := range texts {
		t.Run(where, func(t *testing.T) {
			t.Parallel()
			f := w.fixture(t, "long-"+where)
			op := operations[b.mutation]
			f.change(t, b.mutation, put(b.of(f), b.path, strings.Repeat(emoji, b.most)), op.selection)
		})
	}
}

// put sets the value at a path of an input; an index replaces the whole list.
func put(input object, path string, value any) object {
	name, rest, nested := strings.Cut(path, ".")
	switch below := input[name].(type) {
	case object:
		return with(input, name, put(below, rest, value))
	case []string:
		if nested {
			return with(input, name, []any{value})
		}
	}
	return with(input, name, value)
}

// TestLoneSurrogates sends halves of pairs as escapes of JSON, which only a raw body can hold.
func TestLoneSurrogates(t *testing.T) {
	t.Parallel()
	w := embedded(t)
	f := w.fixture(t, "ada")
	before := w.counts(t)
	const doc = `mutation ($n: String!) { createFolder(input: {name: $n, idempotencyKey: \"k\"}) { folder { id } } }`
	const literal = `mutation { createFolder(input: {name: \"%s\", idempotencyKey: \"k\"}) { folder { id } } }`
	for what, body := range map[string]string{
		"a high half in variables":         `{"query": "` + doc + `", "variables": {"n": "a\ud800b"}}`,
		"a low half in variables":          `{"query": "` + doc + `", "variables": {"n": "\udc00"}}`,
		"halves in the wrong order":        `{"query": "` + doc + `", "variables": {"n": "\udc00\ud800"}}`,
		"in the name of a variable":        `{"query": "` + doc + `", "variables": {"n": "x", "\ud800": "x"}}`,
		"in a literal, escaped by JSON":    `{"query": "` + strings.ReplaceAll(literal, "%s", `\ud800`) + `"}`,
		"in a literal, escaped by GraphQL": `{"query": "` + strings.ReplaceAll(literal, "%s", `\\ud800`) + `"}`,
	} {
		if a := f.send(t, []byte(body)); a.code() == "" || a.Status != 400 {
			t.Errorf("%s: status %d, %v, %v", what, a.Status, a.Errors, a.Data)
		}
	}
	sameCounts(t, before, w.counts(t))
	whole := f.send(t, []byte(`{"query": "`+doc+`", "variables": {"n": "\ud83c\udf31"}}`))
	if whole.code() != "" {
		t.Errorf("a whole pair: %v", whole.Errors)
	}
}

func TestFormalValues(t *testing.T) {
	t.Parallel()
	w := embedded(t)
	f := w.fixture(t, "ada")
	before := w.counts(t)
	for what, c := range map[string]struct {
		mutation, path string
		value          any
		reason         string
	}{
		"a blank address":            {"signIn", "identity.dev.email", " ", "REQUIRED"},
		"no address":                 {"signIn", "identity.dev.email", "ada", "INVALID_VALUE"},
		"a name with an address":     {"signIn", "identity.dev.email", "Ada <ada@example.com>", "INVALID_VALUE"},
		"an address with U+0000":     {"signIn", "identity.dev.email", "a\x00@example.com", "INVALID_CHARACTERS"},
		"too long an address":        {"signIn", "identity.dev.email", strings.Repeat("a", 243) + "@example.com", "TOO_LONG"},
		"to delete, a blank address": {"deleteAccount", "identity.dev.email", " ", "REQUIRED"},
		"to delete, no address":      {"deleteAccount", "identity.dev.email", "ada", "INVALID_VALUE"},
		"to delete, one with U+0000": {"deleteAccount", "identity.dev.email", "a\x00@example.com", "INVALID_CHARACTERS"},
		"to delete, too long a one":  {"deleteAccount", "identity.dev.email", strings.Repeat("a", 243) + "@example.com", "TOO_LONG"},
		"no token":                   {"refreshSession", "refreshToken", "", "INVALID_TOKEN"},
		"a token of nobody":          {"refreshSession", "refreshToken", "wrt_" + strings.Repeat("x", 43), "INVALID_TOKEN"},
		"a token with U+0000":        {"refreshSession", "refreshToken", "\x00", "INVALID_TOKEN"},
		"a long token":               {"refreshSession", "refreshToken", strings.Repeat("x", 9000), "INVALID_TOKEN"},
		"an accent by name":          {"updatePreferences", "accentColor", "red", "INVALID_VALUE"},
		"a short accent":             {"updatePreferences", "accentColor", "#fff", "INVALID_VALUE"},
		"an empty accent":            {"updatePreferences", "accentColor", "", "INVALID_VALUE"},
		"a message of the other":     {"editMessage", "messageId", f.reply, "INVALID_VALUE"},
		"a reply of the other":       {"regenerateReply", "messageId", f.message, "INVALID_VALUE"},
		"stopping no reply":          {"stopReply", "messageId", f.message, "INVALID_VALUE"},
		"too many prompts":           {"createChat", "recommendedPrompts", strings.Split(strings.Repeat("p", 11), ""), "TOO_LONG"},
		"too many prompts, changed":  {"configureChat", "recommendedPrompts", strings.Split(strings.Repeat("p", 11), ""), "TOO_LONG"},
	} {
		op := operations[c.mutation]
		if a := f.mutate(t, c.mutation, put(op.input(f), c.path, c.value), op.selection); a.reason() != c.reason {
			t.Errorf("%s: got %v %v, want %s", what, a.Errors, a.at("result"), c.reason)
		}
	}
	sameCounts(t, before, w.counts(t))
}

func TestRetiredModel(t *testing.T) {
	t.Parallel()
	w := embedded(t)
	f := w.fixture(t, "ada")
	before := w.counts(t)
	for name, field := range map[string]string{
		"createChat": "modelId", "configureChat": "modelId", "sendMessage": "modelId", "editMessage": "modelId", "regenerateReply": "modelId",
		"updatePreferences": "defaultModelId",
	} {
		op, want := operations[name], "MODEL_RETIRED"
		if name == "updatePreferences" {
			want = "INVALID_VALUE" // Its codes have no other; the message names the successor all the same.
		}
		a := f.mutate(t, name, with(op.input(f), field, "sandbox-classic"), op.selection)
		if a.reason() != want || !strings.Contains(a.text("result.userErrors.0.message"), "sandbox-writer") {
			t.Errorf("%s with a retired model: %v %v", name, a.Errors, a.at("result"))
		}
		if got := a.at("result.userErrors.0.path.1"); got != field {
			t.Errorf("%s: the path ends in %v, want %s", name, got, field)
		}
	}
	sameCounts(t, before, w.counts(t))
}

// TestUserErrorsFitTheirEnum compares the reasons that what a mutation takes is refused with to its enum.
func TestUserErrorsFitTheirEnum(t *testing.T) {
	t.Parallel()
	s := schema(t)
	identities := 0
	for _, m := range s.Mutation.Fields {
		in := m.Arguments.ForName("input")
		if in == nil {
			continue
		}
		reasons := map[string]bool{}
		refusals(s, s.Types[in.Type.Name()], reasons)
		if reasons["IdentityInput"] {
			identities++
		}
		enum := s.Types[strings.ToUpper(m.Name[:1])+m.Name[1:]+"UserErrorCode"]
		for code := range reasons {
			if code != "IdentityInput" && (enum == nil || enum.EnumValues.ForName(code) == nil) {
				t.Errorf("%s may be refused with %s, which its enum lacks", m.Name, code)
			}
		}
	}
	if identities < 2 {
		t.Errorf("%d mutations take an identity; signIn and deleteAccount do", identities)
	}
}

// refusals gathers what the texts and identities in an input type, at any depth, may be refused with.
func refusals(s *ast.Schema, in *ast.Definition, reasons map[string]bool) {
	if in.Name == "IdentityInput" { // A verifier's reasons.
		for _, code := range []string{in.Name, "REQUIRED", "TOO_LONG", "INVALID_CHARACTERS", "INVALID_VALUE"} {
			reasons[code] = true
		}
	}
	for _, f := range in.Fields {
		if below := s.Types[f.Type.Name()]; below.Kind == ast.InputObject {
			refusals(s, below, reasons)
		}
		b, ok := texts[in.Name+"."+f.Name]
		if !ok {
			continue
		}
		reasons["TOO_LONG"], reasons["INVALID_CHARACTERS"] = true, true
		if b.least > 0 {
			reasons["REQUIRED"] = true
		}
	}
}

var pages = map[string]string{
	"prompts":   `{ viewer { prompts(ARGS) { nodes { id } } } }`,
	"folders":   `{ viewer { folders(ARGS) { nodes { id } } } }`,
	"chats":     `{ viewer { chats(ARGS) { nodes { id } } } }`,
	"search":    `{ viewer { search(query: "hello", ARGS) { nodes { snippet } } } }`,
	"inFolder":  `{ viewer { folders(first: 1) { nodes { chats(ARGS) { nodes { id } } } } } }`,
	"jobs":      `{ viewer { jobs(ARGS) { nodes { id } } } }`,
	"artifacts": `{ viewer { artifacts(ARGS) { nodes { id } } } }`,
	"files":     `{ viewer { files(ARGS) { nodes { id } } } }`,
	"messages":  `{ viewer { chats(first: 1) { nodes { messages(ARGS) { nodes { id } } } } } }`,
}

func TestPagesOutOfRange(t *testing.T) {
	t.Parallel()
	f := embedded(t).fixture(t, "ada")
	for list, query := range pages {
		for args, want := range map[string]string{
			"first: 0": "BAD_USER_INPUT", "first: -1": "BAD_USER_INPUT", "first: 101": "BAD_USER_INPUT", "first: 1": "",
			`first: 1, after: ""`: "BAD_CURSOR", `first: 1, after: "nonsense"`: "BAD_CURSOR", `first: 1, after: "djF8eHx5"`: "BAD_CURSOR",
		} {
			if got := f.do(t, strings.Replace(query, "ARGS", args, 1), nil).code(); got != want {
				t.Errorf("%s(%s): got %q, want %q", list, args, got, want)
			}
		}
	}
	for args, want := range map[string]string{
		"first: 1, last: 1": "BAD_USER_INPUT", "last: 0": "BAD_USER_INPUT", "last: 101": "BAD_USER_INPUT", "last: 1": "",
		`last: 1, before: "nonsense"`: "BAD_CURSOR",
	} {
		if got := f.do(t, strings.Replace(pages["messages"], "ARGS", args, 1), nil).code(); got != want {
			t.Errorf("messages(%s): got %q, want %q", args, got, want)
		}
	}
}

func TestSearchInput(t *testing.T) {
	t.Parallel()
	f := embedded(t).fixture(t, "ada")
	for what, c := range map[string]struct{ query, code string }{
		"nothing":        {"", "BAD_USER_INPUT"},
		"blank":          {"  ", "BAD_USER_INPUT"},
		"200":            {strings.Repeat(emoji, 200), ""},
		"201":            {strings.Repeat(emoji, 201), "BAD_USER_INPUT"},
		"U+0000":         {"a\x00", "BAD_USER_INPUT"},
		"operators":      {`"a* OR NOT (b`, ""},
		"like wildcards": {`%_\`, ""},
	} {
		a := f.do(t, `query ($q: String!) { viewer { search(query: $q) { nodes { snippet } } } }`, object{"q": c.query})
		if a.code() != c.code {
			t.Errorf("%s: got %v, want %q", what, a.Errors, c.code)
		}
	}
}

// TestSurrogatesOverTheSocket sends the same over the other transport.
func TestSurrogatesOverTheSocket(t *testing.T) {
	t.Parallel()
	f := embedded(t).fixture(t, "ada")
	events, err := f.socket(t).Subscribe(`mutation { createFolder(input: {name: "\ud800", idempotencyKey: "k"}) { folder { name } } }`, nil)
	must(t, err)
	if got := client.CodeOf(client.Decode(next(t, events), nil)); got == "" || got == "INTERNAL" {
		t.Errorf("got %q", got)
	}
}
