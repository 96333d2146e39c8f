package contract

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/weav-ai/weav/internal/client"
)

// export orders an export and returns its job as it ended.
func (p *person) export(t *testing.T, withFiles bool) client.Job {
	t.Helper()
	job := p.change(t, "exportAccount", object{"includeFiles": withFiles, "idempotencyKey": key()}, "job { id }").text("result.job.id")
	return p.over(t, job)
}

// unzip fetches the archive of an export, by its signed link alone, and returns its entries by name.
func unzip(t *testing.T, ended client.Job) map[string][]byte {
	t.Helper()
	if ended.Status != "COMPLETED" || ended.Result == nil || len(ended.Result.Artifacts) != 1 || ended.Result.Artifacts[0].URL == nil {
		t.Fatalf("the export ended %s %+v %+v", ended.Status, ended.Failure, ended.Result)
	}
	res, err := http.Get(*ended.Result.Artifacts[0].URL) //nolint:noctx // The test's own server.
	must(t, err)
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	must(t, err)
	if sum := sha256.Sum256(raw); hex.EncodeToString(sum[:]) != ended.Result.Artifacts[0].SHA256 || res.Header.Get("Content-Type") != "application/zip" {
		t.Errorf("%s of %d bytes, %s", res.Header.Get("Content-Type"), len(raw), hex.EncodeToString(sum[:]))
	}
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	must(t, err)
	out := map[string][]byte{}
	for _, f := range z.File {
		r, err := f.Open()
		must(t, err)
		content, err := io.ReadAll(r) // The reader checks the sum of the bytes.
		must(t, err)
		if _, twice := out[f.Name]; twice {
			t.Errorf("%s is there twice", f.Name)
		}
		out[f.Name] = content
	}
	return out
}

// table reads an entry that is an array.
func table(t *testing.T, entries map[string][]byte, name string) []object {
	t.Helper()
	var rows []object
	if err := json.Unmarshal(entries[name], &rows); err != nil {
		t.Fatalf("%s: %v in %s", name, err, entries[name])
	}
	return rows
}

// TestAnExportHasEverything compares it with all that the API shows of a person.
func TestAnExportHasEverything(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		w.fixture(t, "somebody-else")
		f := w.fixture(t, "ada")
		second := f.change(t, "editMessage", object{"messageId": f.message, "text": "[sandbox:echo] the way not taken", "idempotencyKey": key()}, "reply { id }").text("result.reply.id")
		f.awaitEnd(t, f.chat, second)
		f.change(t, "chooseBranch", object{"messageId": f.reply}, "chat { id }")
		entries := unzip(t, f.export(t, true))

		var account object
		must(t, json.Unmarshal(entries["account.json"], &account))
		if account["id"] != f.user || account["email"] != f.email || len(account["sessions"].([]any)) != 2 || at(account, "apiKeys.0.id") != f.apiKey {
			t.Errorf("the account: %v", account)
		}
		for name, id := range map[string]string{
			"folders.json": f.folder, "prompts.json": f.prompt, "plans.json": f.applied, "jobs.json": f.job, "shares.json": f.link, "payments.json": f.payment,
		} {
			if !slices.ContainsFunc(table(t, entries, name), func(row object) bool { return row["id"] == id }) {
				t.Errorf("%s is without %s: %s", name, id, entries[name])
			}
		}
		if steps := at(table(t, entries, "plans.json")[0], "steps"); len(steps.([]any)) == 0 {
			t.Error("a plan has no steps")
		}
		if len(table(t, entries, "usage.json")) == 0 || at(table(t, entries, "payments.json")[0], "timeline.0.type") != "PREPARED" {
			t.Errorf("usage %s, payments %s", entries["usage.json"], entries["payments.json"])
		}
		for name, id := range map[string]string{"artifacts.json": f.artifact, "files.json": f.file} {
			rows := table(t, entries, name)
			i := slices.IndexFunc(rows, func(row object) bool { return row["id"] == id })
			where, _ := rows[i]["path"].(string)
			if sum := sha256.Sum256(entries[where]); hex.EncodeToString(sum[:]) != rows[i]["sha256"] {
				t.Errorf("%s of %s is not in %q", id, name, where)
			}
		}
		chat, text := chatOf(t, entries, f.chat)
		ids := map[string]bool{}
		for _, m := range chat["messages"].([]any) {
			ids[at(m, "id").(string)] = true
		}
		if len(ids) != 4 || !ids[f.reply] || !ids[second] {
			t.Errorf("messages %v, want those of both branches", ids)
		}
		if !strings.Contains(text, "hello") || strings.Contains(text, "the way not taken") || !strings.HasPrefix(text, "# named\n") {
			t.Errorf("the branch that is shown:\n%s", text)
		}
		for name, content := range entries {
			if bytes.Contains(content, []byte("somebody-else")) {
				t.Errorf("%s tells of somebody else", name)
			}
			if !slices.ContainsFunc([]string{"README.txt", "account.json"}, func(s string) bool { return s == name }) && !known(name) {
				t.Errorf("%s stands in no table", name)
			}
		}
	})
}

// known says whether an entry is one of those that `exported` names, or holds bytes.
func known(name string) bool {
	for _, where := range exported {
		if name == where || strings.HasSuffix(where, "/") && strings.HasPrefix(name, where) {
			return true
		}
	}
	return path.Dir(name) == "files" || path.Dir(name) == "artifacts"
}

// chatOf finds a chat among the entries: as JSON, and as text.
func chatOf(t *testing.T, entries map[string][]byte, id string) (chat object, text string) {
	t.Helper()
	for name, content := range entries {
		if path.Dir(name) != "chats" || path.Ext(name) != ".json" {
			continue
		}
		var c object
		if err := json.Unmarshal(content, &c); err != nil {
			t.Fatalf("%s: %v in %s", name, err, content)
		}
		if c["id"] == id {
			return c, string(entries[strings.TrimSuffix(name, ".json")+".md"])
		}
	}
	t.Fatalf("no chat %s", id)
	return nil, ""
}

// TestAnExportHoldsNoSecrets: nothing in it opens anything.
func TestAnExportHoldsNoSecrets(t *testing.T) {
	t.Parallel()
	w := embedded(t)
	f := w.fixture(t, "ada")
	secret := f.change(t, "createApiKey", object{"name": "k", "scopes": []string{"READ"}, "idempotencyKey": key()}, "secret").text("result.secret")
	link := f.get(t, `query ($id: ID!) { node(id: $id) { ... on Artifact { shareLinks { url } } } }`, object{"id": f.artifact}).text("node.shareLinks.0.url")
	secrets := map[string]string{"the access token": f.Token, "the refresh token": f.refresh, "an API key": secret, "a share link": path.Base(link)}
	for _, k := range w.rows.APIKey.Query().AllX(t.Context()) {
		secrets["the hash of "+k.Name] = k.Hash
	}
	for name, content := range unzip(t, f.export(t, true)) {
		for what, secret := range secrets {
			if secret == "" || bytes.Contains(content, []byte(secret)) {
				t.Errorf("%s is in %s", what, name)
			}
		}
	}
}

// TestAnExportOfHostileNames: no name leaves the folder that the archive is unpacked to, hides another or stops an unzipper.
func TestAnExportOfHostileNames(t *testing.T) {
	t.Parallel()
	p := embedded(t).person(t, "ada")
	hostile := []string{"../../etc/passwd", `..\..\windows`, "/absolute", "CON", "a\tb\r\nc", "\u202efdp.exe", "...", strings.Repeat("가", 200), "same", "same", `<>:"|?*`, "🌱 plan"}
	for _, name := range hostile {
		p.newChat(t, object{"title": name})
	}
	p.uploadOf(t, "NUL.png", pixels(t))
	file := p.uploadOf(t, strings.Repeat("나", 190)+".png", pixels(t))
	p.change(t, "completeUpload", object{"fileId": file}, "file { id }")
	entries := unzip(t, p.export(t, true))
	chats := 0
	for name := range entries {
		segments := strings.Split(name, "/")
		for _, s := range segments {
			if s == "" || s == "." || s == ".." || len(s) > 200 || strings.HasSuffix(s, " ") || strings.HasSuffix(s, ".") || strings.ContainsAny(s, "\\:*?\"<>|\x00\r\n\t\u202e") {
				t.Errorf("the name %q", name)
			}
		}
		if len(segments) > 2 {
			t.Errorf("%q is too deep", name)
		}
		if segments[0] == "chats" {
			chats++
		}
	}
	if chats != 2*len(hostile) {
		t.Errorf("%d entries of %d chats", chats, len(hostile))
	}
}

// TestAnExportWithoutFiles has the texts, and what is known of the files.
func TestAnExportWithoutFiles(t *testing.T) {
	t.Parallel()
	f := embedded(t).fixture(t, "ada")
	entries := unzip(t, f.export(t, false))
	for name := range entries {
		if dir := path.Dir(name); dir == "files" || dir == "artifacts" {
			t.Errorf("%s is there", name)
		}
	}
	if rows := table(t, entries, "files.json"); len(rows) != 2 || rows[0]["path"] != nil {
		t.Errorf("files %v", rows)
	}
}

// TestExportsAreFew: one at a time, three that are kept, each for 7 days; none costs anything, and none can be shared.
func TestExportsAreFew(t *testing.T) {
	t.Parallel()
	w := embedded(t)
	p := w.person(t, "ada")
	input := object{"idempotencyKey": key()}
	job := p.change(t, "exportAccount", input, "job { id kind model { id } arguments { ... on ExportJobArguments { includesFiles } } }")
	if job.text("result.job.kind") != "EXPORT" || job.at("result.job.model") != nil || job.at("result.job.arguments.includesFiles") != true {
		t.Errorf("ordered %v", job.Data)
	}
	ended := p.over(t, job.text("result.job.id"))
	if j := w.rows.Job.Query().OnlyX(t.Context()); j.DeadlineAt.Sub(*j.StartedAt) != time.Hour {
		t.Errorf("an export may take %v, want an hour: a whole account is read and written", j.DeadlineAt.Sub(*j.StartedAt))
	}
	for range 2 {
		p.export(t, false)
	}
	if a := p.mutate(t, "exportAccount", object{"idempotencyKey": key()}, "job { id }"); a.reason() != "LIMIT_REACHED" {
		t.Errorf("the fourth export: %v %v", a.Errors, a.Data)
	}
	artifact := ended.Result.Artifacts[0].ID
	a := p.get(t, `query ($id: ID!) { node(id: $id) { ... on Artifact { kind expiresAt createdAt mimeType thumbnail { url } } } viewer { usage { total { runs } } } }`, object{"id": artifact})
	made, err := time.Parse(time.RFC3339Nano, a.text("node.createdAt"))
	must(t, err)
	goes, err := time.Parse(time.RFC3339Nano, a.text("node.expiresAt"))
	must(t, err)
	if life := goes.Sub(made).Round(time.Hour); life != 7*24*time.Hour || a.text("node.kind") != "FILE" || a.at("viewer.usage.total.runs") != 0.0 {
		t.Errorf("it is %v, kept for %s", a.Data, life)
	}
	if a := p.mutate(t, "createShareLink", object{"artifactId": artifact, "idempotencyKey": key()}, "shareLink { id }"); a.reason() != "INVALID_VALUE" {
		t.Errorf("shared: %v %v", a.Errors, a.Data)
	}
	p.change(t, "deleteArtifact", object{"artifactId": artifact}, "artifactId")
	p.export(t, false)
}
