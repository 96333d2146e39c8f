package contract

import (
	"encoding/json"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/weav-ai/weav/internal/client"
	"github.com/weav-ai/weav/internal/oid"
)

// kind is what an argument of type ID names.
type kind struct {
	// mine is the person's object; it is of the right type.
	mine func(f *fixture) string
	// unknown is an id of the right form that names nothing.
	unknown func() string
	// deleted is one in the bin; nil when there is none, or when the operation takes those too.
	deleted func(f *fixture) string
	// code is the answer to an id that names nothing of the person's.
	code string
}

var (
	aSession  = kind{func(f *fixture) string { return f.otherSession }, fresh[oid.Session], nil, "NOT_FOUND"}
	aPrompt   = kind{func(f *fixture) string { return f.prompt }, fresh[oid.Prompt], nil, "NOT_FOUND"}
	aFolder   = kind{func(f *fixture) string { return f.folder }, fresh[oid.Folder], deletedFolder, "NOT_FOUND"}
	anyFolder = kind{func(f *fixture) string { return f.folder }, fresh[oid.Folder], nil, "NOT_FOUND"}
	aChat     = kind{func(f *fixture) string { return f.chat }, fresh[oid.Chat], deletedChat, "NOT_FOUND"}
	anyChat   = kind{func(f *fixture) string { return f.chat }, fresh[oid.Chat], nil, "NOT_FOUND"}
	aMessage  = kind{func(f *fixture) string { return f.message }, fresh[oid.Message], nil, "NOT_FOUND"}
	aReply    = kind{func(f *fixture) string { return f.reply }, fresh[oid.Message], nil, "NOT_FOUND"}
	aHead     = kind{func(f *fixture) string { return f.reply }, fresh[oid.Message], nil, "CONFLICT"}
	aJob      = kind{func(f *fixture) string { return f.job }, fresh[oid.Job], nil, "NOT_FOUND"}
	anArt     = kind{func(f *fixture) string { return f.artifact }, fresh[oid.Artifact], nil, "NOT_FOUND"}
	aLink     = kind{func(f *fixture) string { return f.link }, fresh[oid.Share], nil, "NOT_FOUND"}
	aFile     = kind{func(f *fixture) string { return f.file }, fresh[oid.File], nil, "NOT_FOUND"}
	aPlan     = kind{func(f *fixture) string { return f.draft }, fresh[oid.Plan], nil, "NOT_FOUND"}
	aStep     = kind{func(f *fixture) string { return first(f.draftSteps) }, fresh[oid.PlanStep], nil, "NOT_FOUND"}
	aRunStep  = kind{func(f *fixture) string { return first(f.steps) }, fresh[oid.PlanStep], nil, "NOT_FOUND"}
	aStepHead = kind{func(f *fixture) string { return f.stepHead }, fresh[oid.Message], nil, "CONFLICT"}
	aPayment  = kind{func(f *fixture) string { return f.payment }, fresh[oid.Payment], nil, "NOT_FOUND"}
	aKey      = kind{func(f *fixture) string { return f.apiKey }, fresh[oid.APIKey], nil, "NOT_FOUND"}
	// What is the administration's, TestAdministration asks for as one of them.
	anAccount = kind{func(f *fixture) string { return f.user }, fresh[oid.User], nil, "FORBIDDEN"}
	anyJob    = kind{func(f *fixture) string { return f.job }, fresh[oid.Job], nil, "FORBIDDEN"}
	anyOrder  = kind{func(f *fixture) string { return f.payment }, fresh[oid.Payment], nil, "FORBIDDEN"}
	aModel    = kind{func(*fixture) string { return "sandbox-brief" }, func() string { return "no-such-model" }, nil, "MODEL_NOT_ALLOWED"}
)

func deletedFolder(f *fixture) string { return f.deletedFolder }
func deletedChat(f *fixture) string   { return f.deletedChat }

func fresh[K interface {
	oid.Kind
	String() string
}]() string {
	return oid.New[K]().String()
}

// inputIDs has every input field of type ID.
var inputIDs = map[string]kind{
	"RevokeSessionInput.sessionId":          aSession,
	"UpdatePreferencesInput.defaultModelId": aModel,
	"UpdatePromptInput.promptId":            aPrompt,
	"DeletePromptInput.promptId":            aPrompt,
	"RenameFolderInput.folderId":            aFolder,
	"DeleteFolderInput.folderId":            anyFolder,
	"RestoreFolderInput.folderId":           anyFolder,
	"CreateChatInput.folderId":              aFolder,
	"CreateChatInput.modelId":               aModel,
	"RenameChatInput.chatId":                aChat,
	"ConfigureChatInput.chatId":             aChat,
	"ConfigureChatInput.modelId":            aModel,
	"MoveChatInput.chatId":                  aChat,
	"MoveChatInput.folderId":                aFolder,
	"PinChatInput.chatId":                   aChat,
	"ArchiveChatInput.chatId":               aChat,
	"DeleteChatInput.chatId":                anyChat,
	"RestoreChatInput.chatId":               anyChat,
	"SendMessageInput.chatId":               aChat,
	"SendMessageInput.modelId":              aModel,
	"SendMessageInput.ifHead":               aHead,
	"EditMessageInput.messageId":            aMessage,
	"EditMessageInput.modelId":              aModel,
	"EditMessageInput.ifHead":               aHead,
	"RegenerateReplyInput.messageId":        aReply,
	"RegenerateReplyInput.modelId":          aModel,
	"RegenerateReplyInput.ifHead":           aHead,
	"ChooseBranchInput.messageId":           aMessage,
	"ChooseBranchInput.ifHead":              aHead,
	"StopReplyInput.messageId":              aReply,
	"ChatFilter.folderId":                   aFolder, // TestStrangerInQueries
	"JobFilter.folderId":                    aFolder, // the same
	"JobFilter.chatId":                      aChat,   // the same
	"SendMessageInput.attachmentIds":        aFile,
	"EditMessageInput.attachmentIds":        aFile,
	"CreateJobInput.chatId":                 aChat,
	"SendMessageInput.fallbackModelId":      aModel,
	"EditMessageInput.fallbackModelId":      aModel,
	"RegenerateReplyInput.fallbackModelId":  aModel,
	"PlanProjectInput.modelId":              aModel,
	"ReplanInput.planId":                    aPlan,
	"ReplanInput.fromStepId":                aStep,
	"UpdatePlanStepInput.stepId":            aStep,
	"UpdatePlanStepInput.modelId":           aModel,
	"UpdatePlanStepInput.dependsOnIds":      aStep,
	"AddPlanStepInput.planId":               aPlan,
	"AddPlanStepInput.modelId":              aModel,
	"AddPlanStepInput.dependsOnIds":         aStep,
	"RemovePlanStepInput.stepId":            aStep,
	"ReorderPlanStepsInput.planId":          aPlan,
	"ReorderPlanStepsInput.stepIds":         aStep,
	"ApplyPlanInput.planId":                 aPlan,
	"RunStepInput.stepId":                   aRunStep,
	"RunStepInput.ifHead":                   aStepHead,
	"DeletePlanInput.planId":                aPlan,
	"RecommendPromptsInput.chatId":          aChat,
	"CreateJobInput.ifHead":                 aHead,
	"TextJobInput.modelId":                  aModel, // TestModelsOfJobs
	"ImageJobInput.modelId":                 aModel, // the same
	"VideoJobInput.modelId":                 aModel, // the same
	"CancelJobInput.jobId":                  aJob,
	"RetryJobInput.jobId":                   aJob,
	"FavouriteArtifactInput.artifactId":     anArt,
	"DeleteArtifactInput.artifactId":        anArt,
	"CreateShareLinkInput.artifactId":       anArt,
	"RevokeShareLinkInput.shareLinkId":      aLink,
	"CompleteUploadInput.fileId":            aFile,
	"DeleteFileInput.fileId":                aFile,
	"CreateApiKeyInput.modelIds":            aModel,
	"RevokeApiKeyInput.apiKeyId":            aKey,
	"CompletePaymentInput.paymentId":        aPayment,
	"RefundPaymentInput.paymentId":          anyOrder,
	"GrantMembershipInput.userId":           anAccount,
	"SetRoleInput.userId":                   anAccount,
	"EndUserSessionsInput.userId":           anAccount,
	"CancelUserJobInput.jobId":              anyJob,
	"QuoteMessageInput.fallbackModelId":     aModel, // TestStrangerInQuotes, as are the next
	"QuoteEditInput.messageId":              aMessage,
	"QuoteEditInput.attachmentIds":          aFile,
	"QuoteEditInput.modelId":                aModel,
	"QuoteEditInput.fallbackModelId":        aModel,
	"QuoteReplyInput.fallbackModelId":       aModel,
	"QuoteRetryInput.jobId":                 aJob,
	"QuotePlanInput.modelId":                aModel,
	"QuoteReplanInput.planId":               aPlan,
	"QuoteReplanInput.fromStepId":           aRunStep,
	"QuoteStepInput.stepId":                 aRunStep,
	"QuotePromptsInput.chatId":              aChat,
	"QuoteMessageInput.chatId":              aChat,
	"QuoteMessageInput.attachmentIds":       aFile,  // the same
	"QuoteMessageInput.modelId":             aModel, // the same
	"QuoteReplyInput.messageId":             aReply, // the same
	"QuoteReplyInput.modelId":               aModel, // the same
}

// argumentIDs has every argument of type ID; their tests are below.
var argumentIDs = map[string]bool{
	"Query.node.id": true, "Query.nodes.ids": true, "Subscription.chatEvents.chatId": true, "Subscription.jobEvents.jobId": true,
	"User.artifacts.folderId": true,
	// TestAdministration
	"Administration.users.id": true, "Administration.payments.userId": true, "Administration.jobs.userId": true, "Administration.auditLog.userId": true,
}

func TestEveryIDHasItsCase(t *testing.T) {
	t.Parallel()
	for _, d := range own(schema(t)) {
		for _, f := range fields(d) {
			where := d.Name + "." + f.Name
			if _, ok := inputIDs[where]; d.Kind == ast.InputObject && f.Type.Name() == "ID" && !ok {
				t.Errorf("%s takes an id: add it to inputIDs", where)
			}
			for _, a := range f.Arguments {
				if a.Type.Name() == "ID" && !argumentIDs[where+"."+a.Name] {
					t.Errorf("%s.%s takes an id: test it as a stranger", where, a.Name)
				}
			}
		}
	}
}

// wrongIDs are ids that name nothing of a person's where an object of kind k belongs.
func wrongIDs(k kind, me, other *fixture) map[string]string {
	wrong := map[string]string{
		"unknown": k.unknown(), "empty": "", "malformed": "chat_01", "no prefix": "01j00000000000000000000000",
		"with a NUL": "chat_\x00", "far too long": longID, "a person": me.user,
	}
	if k.code != "MODEL_NOT_ALLOWED" {
		wrong["foreign"] = k.mine(other)
		wrong["a model"] = "sandbox-brief"
	}
	if k.deleted != nil {
		wrong["deleted"] = k.deleted(me)
	}
	return wrong
}

const longID = "chat_01j0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"

func TestStrangerInMutations(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		s := schema(t)
		me, other := w.fixture(t, "me"), w.fixture(t, "other")
		before := w.counts(t)
		for name, op := range operations {
			typ := s.Mutation.Fields.ForName(name).Arguments[0].Type.Name()
			for _, field := range s.Types[typ].Fields {
				k, ok := inputIDs[typ+"."+field.Name]
				if !ok {
					continue
				}
				for what, id := range wrongIDs(k, me, other) {
					if typ == "UpdatePreferencesInput" && id == "" {
						continue // An empty model is none: the server's default.
					}
					a := me.mutate(t, name, with(op.input(me), field.Name, id), op.selection)
					if a.code() != k.code {
						t.Errorf("%s with %s %s: got %v %v, want %s", name, what, field.Name, a.Errors, a.at("result"), k.code)
					}
				}
			}
		}
		sameCounts(t, before, w.counts(t))
	})
}

func TestStrangerInQueries(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		me, other := w.fixture(t, "me"), w.fixture(t, "other")
		for what, id := range wrongIDs(aFolder, me, other) {
			a := me.do(t, `query ($id: ID) { viewer { chats(filter: {folderId: $id}) { nodes { id } } } }`, object{"id": id})
			if a.code() != "NOT_FOUND" {
				t.Errorf("chats of %s folder: %v %v", what, a.Errors, a.Data)
			}
			a = me.do(t, `query ($id: ID) { viewer { jobs(filter: {folderId: $id}) { nodes { id } } } }`, object{"id": id})
			if a.code() != "NOT_FOUND" {
				t.Errorf("jobs of %s folder: %v %v", what, a.Errors, a.Data)
			}
			a = me.do(t, `query ($id: ID) { viewer { artifacts(folderId: $id) { nodes { id } } } }`, object{"id": id})
			if a.code() != "NOT_FOUND" {
				t.Errorf("artifacts of %s folder: %v %v", what, a.Errors, a.Data)
			}
		}
		for what, id := range wrongIDs(aChat, me, other) {
			a := me.do(t, `query ($id: ID) { viewer { jobs(filter: {chatId: $id}) { nodes { id } } } }`, object{"id": id})
			if a.code() != "NOT_FOUND" {
				t.Errorf("jobs of %s chat: %v %v", what, a.Errors, a.Data)
			}
		}
		others := []string{other.payment, other.apiKey, other.user, other.session, other.otherSession, other.prompt, other.folder, other.chat, other.message, other.reply,
			other.deletedFolder, other.deletedChat, other.job, other.artifact, other.link, other.file, other.upload,
			other.draft, other.applied, other.draftSteps[0], other.steps[0], fresh[oid.Plan](), fresh[oid.PlanStep](), fresh[oid.User](), fresh[oid.Chat](), fresh[oid.Run](), "", "chat_", "sandbox-writer", "x\x00y", longID}
		for _, id := range others {
			a := me.get(t, `query ($id: ID!) { node(id: $id) { id } nodes(ids: [$id]) { id } }`, object{"id": id})
			if a.at("node") != nil || a.at("nodes.0") != nil {
				t.Errorf("node(%q) is %v", id, a.Data)
			}
		}
	})
}

// quotable are inputs of quotes that would be answered, by their member.
func quotable(f *fixture) map[string]object {
	return map[string]object{
		"message": {"chatId": f.chat, "text": "t"}, "edit": {"messageId": f.message, "text": "t"}, "reply": {"messageId": f.reply},
		"job": {"image": object{"prompt": "p"}}, "retry": {"jobId": f.job}, "plan": {"goal": "g"},
		"replan": {"planId": f.applied, "fromStepId": f.steps[0]}, "step": {"stepId": f.steps[0]}, "prompts": {"chatId": f.chat},
	}
}

const quoting = `query ($input: QuoteInput!) { quote(input: $input) { isAllowed } }`

// TestStrangerInQuotes puts every wrong id where the input of a quote takes one, nested ones included.
func TestStrangerInQuotes(t *testing.T) {
	t.Parallel()
	w := embedded(t)
	s := schema(t)
	me, other := w.fixture(t, "me"), w.fixture(t, "other")
	before := w.counts(t)
	for _, member := range s.Types["QuoteInput"].Fields {
		base, ok := quotable(me)[member.Name]
		if !ok {
			t.Errorf("a quote of %s: add it to quotable", member.Name)
		}
		eachID(s, member.Type.Name(), func(typ, field string, k kind, put func(base object, id string) object) {
			for what, id := range wrongIDs(k, me, other) {
				a := me.do(t, quoting, object{"input": object{member.Name: put(base, id)}})
				if a.code() != k.code {
					t.Errorf("a quote of %s with %s %s.%s: %v %v, want %s", member.Name, what, typ, field, a.Errors, a.Data, k.code)
				}
			}
		})
	}
	sameCounts(t, before, w.counts(t))
}

// eachID visits the fields of an input that take ids, and those of its members, with how to put an id there.
func eachID(s *ast.Schema, typ string, visit func(typ, field string, k kind, put func(base object, id string) object)) {
	for _, f := range s.Types[typ].Fields {
		inner := s.Types[f.Type.Name()]
		if f.Type.Name() == "ID" {
			visit(typ, f.Name, inputIDs[typ+"."+f.Name], func(base object, id string) object { return with(base, f.Name, id) })
		}
		if inner.Kind != ast.InputObject {
			continue
		}
		eachID(s, inner.Name, func(typ, field string, k kind, put func(object, string) object) {
			visit(typ, field, k, func(_ object, id string) object { return object{f.Name: put(object{"prompt": "p"}, id)} })
		})
	}
}

func TestNodeFindsOnesOwn(t *testing.T) {
	t.Parallel()
	f := embedded(t).fixture(t, "me")
	mine := map[string]string{f.payment: "Payment", f.apiKey: "ApiKey", f.user: "User", f.session: "Session", f.otherSession: "Session", f.prompt: "Prompt", f.folder: "Folder", f.chat: "Chat",
		f.message: "Message", f.reply: "Message", f.deletedFolder: "Folder", f.deletedChat: "Chat", f.job: "Job", f.artifact: "Artifact", f.link: "ShareLink", f.file: "File", f.upload: "File",
		f.draft: "Plan", f.applied: "Plan", f.draftSteps[0]: "PlanStep", f.steps[0]: "PlanStep"}
	for id, typ := range mine {
		a := f.get(t, `query ($id: ID!) { node(id: $id) { __typename id } }`, object{"id": id})
		if a.text("node.id") != id || a.text("node.__typename") != typ {
			t.Errorf("node(%s) is %v, want a %s", id, a.at("node"), typ)
		}
	}
	ids := []string{f.chat, "nonsense", f.user, f.chat}
	a := f.get(t, `query ($ids: [ID!]!) { nodes(ids: $ids) { id } }`, object{"ids": ids})
	if a.text("nodes.0.id") != f.chat || a.at("nodes.1") != nil || a.text("nodes.2.id") != f.user || a.text("nodes.3.id") != f.chat {
		t.Errorf("nodes answers %v to %v", a.at("nodes"), ids)
	}
	many := make([]string, 51)
	if got := f.do(t, `query ($ids: [ID!]!) { nodes(ids: $ids) { id } }`, object{"ids": many}).code(); got != "BAD_USER_INPUT" {
		t.Errorf("51 ids: %q", got)
	}
}

func TestStrangerInSubscriptions(t *testing.T) {
	t.Parallel()
	w := embedded(t)
	me, other := w.fixture(t, "me"), w.fixture(t, "other")
	cursor := other.get(t, `{ viewer { eventCursor } }`, nil).text("viewer.eventCursor")
	signedOut, mine := w.signedOut().socket(t), me.socket(t)
	for what, id := range wrongIDs(aChat, me, other) {
		refused(t, mine, client.ChatEvents, object{"chatId": id}, what+" chat", "NOT_FOUND")
	}
	for what, id := range wrongIDs(aJob, me, other) {
		refused(t, mine, client.JobEvents, object{"jobId": id}, what+" job", "NOT_FOUND")
	}
	refused(t, signedOut, client.JobEvents, object{"jobId": me.job}, "signed out", "UNAUTHENTICATED")
	viewer := `subscription ($after: EventCursor) { viewerEvents(after: $after) { __typename } }`
	refused(t, signedOut, client.ChatEvents, object{"chatId": me.chat}, "signed out", "UNAUTHENTICATED")
	refused(t, signedOut, viewer, nil, "signed out", "UNAUTHENTICATED")
	for what, after := range map[string]string{"foreign": cursor, "malformed": "!", "empty": "", "of a page": "djF8Y2hhdHM"} {
		refused(t, mine, client.ChatEvents, object{"chatId": me.chat, "after": after}, what+" cursor", "BAD_CURSOR")
		refused(t, mine, client.JobEvents, object{"jobId": me.job, "after": after}, what+" cursor", "BAD_CURSOR")
		refused(t, mine, viewer, object{"after": after}, what+" cursor", "BAD_CURSOR")
	}
}

// refused subscribes, and wants nothing but an error.
func refused(t *testing.T, s *client.Socket, query string, variables object, what, code string) {
	t.Helper()
	events, err := s.Subscribe(query, variables)
	must(t, err)
	var data json.RawMessage
	if got := client.CodeOf(client.Decode(next(t, events), &data)); got != code {
		t.Errorf("%s: got %q %s, want %s", what, got, data, code)
	}
}
