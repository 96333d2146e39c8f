package contract

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/weav-ai/weav/internal/oid"
)

// followed are the objects of a user that readers follow and writers change.
type followed struct {
	cursor, chat, text, video, otherSession string
}

func (p *person) newFollowed(t *testing.T) followed {
	t.Helper()
	other := *p
	_, err := other.SignIn(t.Context(), address("ada"))
	must(t, err)
	f := followed{chat: p.newChat(t, object{"title": "named"})}
	for _, s := range p.get(t, `{ viewer { sessions { id isCurrent } } }`, nil).at("viewer.sessions").([]any) {
		if at(s, "isCurrent") != true {
			f.otherSession = at(s, "id").(string)
		}
	}
	f.cursor = p.get(t, `{ viewer { eventCursor } }`, nil).text("viewer.eventCursor")
	f.text = p.order(t, object{"text": object{"prompt": "[sandbox:tokens=60] A text"}}, nil)
	f.video = p.order(t, object{"video": object{"prompt": "A film"}}, nil)
	return f
}

// changeAtRandom writes what needs nothing else, in any order.
func (p *person) changeAtRandom(t *testing.T, random *rand.Rand, f followed) {
	writes := []func() (name, selection string, input object){
		func() (string, string, object) {
			return "createPrompt", "prompt { id }", object{"title": "t", "content": "c", "idempotencyKey": key()}
		},
		func() (string, string, object) {
			return "createFolder", "folder { id }", object{"name": "n", "idempotencyKey": key()}
		},
		func() (string, string, object) {
			return "pinChat", "chat { id }", object{"chatId": f.chat, "pinned": random.IntN(2) == 0}
		},
		func() (string, string, object) {
			return "updateProfile", "viewer { id }", object{"firstName": fmt.Sprint(random.IntN(1000)), "lastName": "n"}
		},
		func() (string, string, object) {
			return "preparePayment", "payment { id }", object{"plan": "STANDARD", "idempotencyKey": key()}
		},
	}
	for range 25 {
		name, selection, input := writes[random.IntN(len(writes))]()
		if err := p.Do(t.Context(), mutation(name, selection), object{"input": input}, nil); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// changeEverything does what brings each kind of event.
func (p *person) changeEverything(t *testing.T, w *world, f followed) {
	t.Helper()
	for range 3 {
		p.exchange(t, f.chat, "[sandbox:tokens=40] hello")
	}
	prompt := p.change(t, "createPrompt", object{"title": "t", "content": "c", "idempotencyKey": key()}, "prompt { id }").text("result.prompt.id")
	p.change(t, "deletePrompt", object{"promptId": prompt}, "promptId")
	p.change(t, "deleteFolder", object{"folderId": p.newFolder(t, "f"), "mode": "KEEP_CHATS"}, "folder { id }")
	p.change(t, "deleteChat", object{"chatId": p.newChat(t, nil)}, "chat { id }")
	p.change(t, "revokeSession", object{"sessionId": f.otherSession}, "sessionId")
	_, artifact := p.picture(t, "kept")
	p.change(t, "favouriteArtifact", object{"artifactId": artifact, "favourite": true}, "artifact { id }")
	p.change(t, "deleteArtifact", object{"artifactId": artifact}, "artifactId")
	file := p.uploadOf(t, "cat.png", pixels(t))
	p.change(t, "completeUpload", object{"fileId": file}, "file { id }")
	p.change(t, "deleteFile", object{"fileId": file}, "fileId")
	plan, _ := p.newPlan(t, "a goal")
	p.change(t, "deletePlan", object{"planId": plan}, "planId")
	old, _ := p.picture(t, "old")
	id, err := oid.Parse[oid.Job](old)
	must(t, err)
	w.rows.Job.UpdateOneID(id).SetEndedAt(time.Now().AddDate(0, 0, -31)).ExecX(t.Context())
	must(t, w.app.Clean(t.Context()))
}
