package contract

import (
	"fmt"
	"strings"
	"testing"

	"github.com/weav-ai/weav/internal/oid"
)

// ready uploads a PNG that may be attached.
func (p *person) ready(t *testing.T, content []byte) string {
	t.Helper()
	id := p.uploadOf(t, "cat.png", content)
	p.change(t, "completeUpload", object{"fileId": id}, "file { id }")
	return id
}

// painted has an image made, of the type that directive asks for.
func (p *person) painted(t *testing.T, directive string) (artifact string, bytes int) {
	t.Helper()
	job := p.order(t, object{"image": object{"prompt": directive + " a cat", "size": "256x256"}}, nil)
	made := p.over(t, job).Result.Artifacts[0].ID
	a := p.get(t, `query ($id: ID!) { node(id: $id) { ... on Artifact { bytes } } }`, object{"id": made})
	return made, int(a.at("node.bytes").(float64))
}

// TestImagesReachTheModel with the message they are attached to and those behind it, if the model can see.
func TestImagesReachTheModel(t *testing.T) {
	t.Parallel()
	onBothWithModels(t, func(t *testing.T, w *world) {
		p := w.person(t, "ada")
		chat := p.newChat(t, object{"title": "named"})
		png := p.ready(t, pixels(t))
		jpeg, jpegBytes := p.painted(t, "[sandbox:jpeg]")
		webp, webpBytes := p.painted(t, "[sandbox:webp]")
		shown := fmt.Sprintf("turn 1: image/png, %d bytes\nturn 1: image/jpeg, %d bytes\nturn 1: image/webp, %d bytes", len(pixels(t)), jpegBytes, webpBytes)
		for _, c := range []struct {
			what string
			more object
			want string
		}{
			{"with the message", object{"attachmentIds": []string{png, jpeg, webp}}, "turns: 1\n" + shown},
			{"behind it", nil, "turns: 3\n" + shown},
			{"a model that cannot see", object{"modelId": "blind"}, "turns: 5"},
			{"with both", object{"attachmentIds": []string{png}}, fmt.Sprintf("turns: 7\n%s\nturn 7: image/png, %d bytes", shown, len(pixels(t)))},
		} {
			got := p.sendAs(t, chat, "[sandbox:sees] look", c.more)
			if got.text != c.want || got.omitted != 0.0 {
				t.Errorf("%s, %v omitted:\n%s\nwant:\n%s", c.what, got.omitted, got.text, c.want)
			}
		}
	})
}

// TestMoreImagesThanAreShown leaves out the older ones, and reports it.
func TestMoreImagesThanAreShown(t *testing.T) {
	t.Parallel()
	w := embedded(t, otherModels)
	p := w.person(t, "ada")
	chat := p.newChat(t, object{"title": "named"})
	var six []string
	for range 6 {
		six = append(six, p.ready(t, pixels(t)))
	}
	p.sendAs(t, chat, "[sandbox:sees] these", object{"attachmentIds": six})
	if got := p.sendAs(t, chat, "[sandbox:sees] those", object{"attachmentIds": six}); strings.Count(got.text, "turn 1:") != 4 || strings.Count(got.text, "turn 3:") != 6 || got.omitted != 1.0 {
		t.Errorf("%v omitted:\n%s", got.omitted, got.text)
	}
	must(t, w.rows.File.UpdateOneID(fileID(t, six[5])).ClearObjectKey().Exec(t.Context()))
	if got := p.sendAs(t, chat, "[sandbox:sees] one is lost", nil); strings.Count(got.text, "turn 1:") != 4 || strings.Count(got.text, "turn 3:") != 5 || got.omitted != 2.0 {
		t.Errorf("with a lost one %v omitted:\n%s", got.omitted, got.text)
	}
}

func fileID(t *testing.T, id string) oid.File {
	t.Helper()
	parsed, err := oid.Parse[oid.File](id)
	must(t, err)
	return parsed
}

func TestImagesThatAreRefused(t *testing.T) {
	t.Parallel()
	w := embedded(t, otherModels)
	p, stranger := w.person(t, "ada"), w.person(t, "stranger")
	chat := p.newChat(t, object{"title": "named"})
	seen, theirs := p.ready(t, pixels(t)), stranger.ready(t, pixels(t))
	var large []string
	for range 2 {
		large = append(large, p.ready(t, pixels(t)))
		must(t, w.rows.File.UpdateOneID(fileID(t, large[len(large)-1])).SetBytes(11_000_000).Exec(t.Context()))
	}
	note := p.over(t, p.order(t, object{"text": object{"prompt": "[sandbox:echo] a note"}}, nil)).Result.Artifacts[0].ID
	reply := p.sendAs(t, chat, "[sandbox:echo] look", object{"attachmentIds": []string{seen}})
	asked := p.get(t, `query ($id: ID!) { node(id: $id) { ... on Message { parent { id } } } }`, object{"id": reply.id}).text("node.parent.id")
	send, edit := object{"chatId": chat, "text": "hi"}, object{"messageId": asked, "text": "hi"}
	before := w.counts(t)
	for what, c := range map[string]struct {
		mutation string
		input    object
		path     string
	}{
		"a blind model":                {"sendMessage", withAll(send, object{"attachmentIds": []string{seen}, "modelId": "blind"}), "attachmentIds"},
		"a blind model, in an edit":    {"editMessage", withAll(edit, object{"attachmentIds": []string{seen}, "modelId": "blind"}), "attachmentIds"},
		"a blind model, once more":     {"regenerateReply", object{"messageId": reply.id, "modelId": "blind"}, "modelId"},
		"what no model sees":           {"sendMessage", with(send, "attachmentIds", []string{seen, note}), "attachmentIds"},
		"what no model sees, in edits": {"editMessage", with(edit, "attachmentIds", []string{note}), "attachmentIds"},
		"too many bytes":               {"sendMessage", with(send, "attachmentIds", large), "attachmentIds"},
	} {
		a := p.mutate(t, c.mutation, with(c.input, "idempotencyKey", key()), "reply { id }")
		if a.reason() != "NOT_SUPPORTED" || a.text("result.userErrors.0.path.1") != c.path {
			t.Errorf("%s: %v %v", what, a.Errors, a.at("result.userErrors"))
		}
	}
	for _, model := range []string{"sandbox-writer", "blind"} {
		a := p.mutate(t, "sendMessage", withAll(send, object{"attachmentIds": []string{theirs}, "modelId": model, "idempotencyKey": key()}), "reply { id }")
		if a.code() != "NOT_FOUND" {
			t.Errorf("a stranger's image to %s: %v %v", model, a.Errors, a.Data)
		}
	}
	long := with(send, "text", strings.Repeat("x", 41))
	if a := p.mutate(t, "sendMessage", withAll(long, object{"modelId": "tight", "idempotencyKey": key()}), "reply { id }"); a.reason() != "TOO_LONG" {
		t.Errorf("more than the model takes: %v %v", a.Errors, a.at("result.userErrors"))
	}
	sameCounts(t, before, w.counts(t))
}

// TestFilmsAreNotAttached: films can be uploaded and made, but no model sees them.
func TestFilmsAreNotAttached(t *testing.T) {
	t.Parallel()
	p := embedded(t).person(t, "ada")
	chat := p.newChat(t, nil)
	film := p.over(t, p.order(t, object{"video": object{"prompt": "a cat", "seconds": 4}}, nil)).Result.Artifacts[0].ID
	a := p.mutate(t, "sendMessage", object{"chatId": chat, "text": "look", "attachmentIds": []string{film}, "idempotencyKey": key()}, "reply { id }")
	if a.reason() != "NOT_SUPPORTED" || a.text("result.userErrors.0.path.1") != "attachmentIds" {
		t.Errorf("a film: %v %v", a.Errors, a.Data)
	}
}
