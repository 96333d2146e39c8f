package contract

import (
	"net/http"
	"strings"
	"testing"
)

func TestUploadsThatAreRefused(t *testing.T) {
	t.Parallel()
	w := embedded(t)
	p := w.person(t, "ada")
	before := w.counts(t)
	for what, c := range map[string]struct {
		field  string
		value  any
		reason string
	}{
		"no name":                     {"name", " ", "REQUIRED"},
		"too long a name":             {"name", strings.Repeat("x", 200) + ".png", "TOO_LONG"},
		"a name with U+0000":          {"name", "a\x00.png", "INVALID_CHARACTERS"},
		"nothing but an extension":    {"name", ".png", "INVALID_VALUE"},
		"another extension":           {"name", "cat.jpg", "TYPE_MISMATCH"},
		"an extension behind it":      {"name", "cat.png.exe", "TYPE_MISMATCH"},
		"a type that is not taken":    {"mimeType", "image/svg+xml", "TYPE_NOT_ALLOWED"},
		"a type that is none":         {"mimeType", "", "TYPE_NOT_ALLOWED"},
		"a type that does not fit":    {"mimeType", "video/mp4", "TYPE_MISMATCH"},
		"no bytes":                    {"bytes", 0, "INVALID_VALUE"},
		"more bytes than are allowed": {"bytes", 100<<20 + 1, "TOO_LARGE"},
	} {
		a := p.mutate(t, "createUpload", with(uploadInput(nil), c.field, c.value), "file { id }")
		if a.reason() != c.reason || a.text("result.userErrors.0.path.1") != c.field && c.field != "mimeType" {
			t.Errorf("%s: got %v %v, want %s", what, a.Errors, a.at("result.userErrors"), c.reason)
		}
	}
	sameCounts(t, before, w.counts(t))
}

// TestUpload goes through all of it: the request, the check, the file and its thumbnail, in a message.
func TestUpload(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		p := w.person(t, "ada")
		chat := p.newChat(t, object{"title": "named"})
		id := p.uploadOf(t, `C:\cats\..\my cat.png`, pixels(t))
		early := p.mutate(t, "sendMessage", object{"chatId": chat, "text": "look", "attachmentIds": []string{id}, "idempotencyKey": key()}, "message { id }")
		if early.reason() != "INVALID_VALUE" {
			t.Errorf("a file that was not checked: %v %v", early.Errors, early.Data)
		}
		a := p.change(t, "completeUpload", object{"fileId": id}, "file { id name status mimeType bytes sha256 width height url thumbnail { url width height } uploadExpiresAt }")
		if a.text("result.file.name") != "my cat.png" || a.text("result.file.status") != "READY" || a.at("result.file.width") != 8.0 || a.at("result.file.height") != 6.0 {
			t.Errorf("the file is %v", a.at("result.file"))
		}
		content, err := p.Fetch(t.Context(), a.text("result.file.url"))
		if err != nil || string(content) != string(pixels(t)) {
			t.Errorf("the file has %d bytes (%v)", len(content), err)
		}
		sent := p.change(t, "sendMessage", object{"chatId": chat, "text": "[sandbox:echo] look", "attachmentIds": []string{id}, "idempotencyKey": key()},
			"message { id attachments { __typename ... on File { id name } } } reply { id }")
		if sent.text("result.message.attachments.0.id") != id {
			t.Errorf("the message carries %v", sent.at("result.message"))
		}
		p.awaitEnd(t, chat, sent.text("result.reply.id"))
		p.change(t, "deleteFile", object{"fileId": id}, "fileId")
		left := p.get(t, `query ($id: ID!) { node(id: $id) { ... on Message { attachments { __typename } } } }`, object{"id": sent.text("result.message.id")})
		if n := len(left.at("node.attachments").([]any)); n != 0 {
			t.Errorf("the message still carries %d", n)
		}
	})
}

func TestUploadThatLies(t *testing.T) {
	t.Parallel()
	w := embedded(t)
	for what, c := range map[string]struct {
		content []byte
		reason  string
	}{
		"a web page":                  {[]byte("<html><script>alert(1)</script></html>"), "TYPE_NOT_ALLOWED"},
		"a drawing that runs scripts": {[]byte(`<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>`), "TYPE_NOT_ALLOWED"},
		"a picture that ends early":   {pixels(t)[:40], "TRUNCATED"},
		"a picture with more behind":  {append(pixels(t), "<script>alert(1)</script>"...), "TRAILING_BYTES"},
		"a picture that was tampered": {tampered(pixels(t)), "MALFORMED"},
		"a JPEG without a picture":    {[]byte("\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00\xff\xd9"), "TRUNCATED"},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			p := w.person(t, what)
			id := p.uploadOf(t, "cat.png", c.content)
			for range 2 {
				a := p.mutate(t, "completeUpload", object{"fileId": id}, "file { id }")
				if a.reason() != c.reason && a.code() != "NOT_FOUND" {
					t.Errorf("got %v %v, want %s", a.Errors, a.reason(), c.reason)
				}
			}
			if p.get(t, `query ($id: ID!) { node(id: $id) { id } }`, object{"id": id}).at("node") != nil {
				t.Error("the file is still there")
			}
		})
	}
}

func tampered(b []byte) []byte {
	b[len(b)-20] ^= 1
	return b
}

func TestUploadOfNothing(t *testing.T) {
	t.Parallel()
	p := embedded(t).person(t, "ada")
	a := p.change(t, "createUpload", uploadInput(nil), "file { id } upload { method url headers { name value } expiresAt }")
	if got := p.mutate(t, "completeUpload", object{"fileId": a.text("result.file.id")}, "file { id }"); got.reason() != "NOT_UPLOADED" {
		t.Errorf("nothing was sent: %v %v", got.Errors, got.reason())
	}
	if status := send(t, a.at("result.upload"), pixels(t)[:30]); status == http.StatusOK {
		t.Error("fewer bytes than declared were taken")
	}
}

// TestShareLink is opened by nobody in particular, who learns nothing of the owner.
func TestShareLink(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		p, signedOut := w.person(t, "ada"), w.signedOut()
		_, art := p.picture(t, "to be shown")
		made := p.change(t, "createShareLink", object{"artifactId": art, "idempotencyKey": key()}, "shareLink { id url viewCount }")
		link, url := made.text("result.shareLink.id"), made.text("result.shareLink.url")
		token := url[strings.LastIndex(url, "/")+1:]
		const shared = `query ($token: String!) { sharedArtifact(token: $token) { kind mimeType url disclosure { model } thumbnail { url } } }`
		if a := signedOut.get(t, shared, object{"token": token}); a.text("sharedArtifact.kind") != "IMAGE" || a.text("sharedArtifact.url") == "" {
			t.Errorf("the link shows %v", a.Data)
		}
		for range 3 {
			if content, err := signedOut.Fetch(t.Context(), url); err != nil || http.DetectContentType(content) != "image/png" {
				t.Errorf("the link leads to %q (%v)", http.DetectContentType(content), err)
			}
		}
		read := p.get(t, `query ($id: ID!) { node(id: $id) { ... on ShareLink { viewCount lastViewedAt artifact { shareLinks { id } } } } }`, object{"id": link})
		if read.at("node.viewCount") != 3.0 || read.text("node.artifact.shareLinks.0.id") != link {
			t.Errorf("the link tells %v", read.Data)
		}
		p.change(t, "revokeShareLink", object{"shareLinkId": link}, "shareLink { revokedAt }")
		for what, token := range map[string]string{"revoked": token, "unknown": strings.Repeat("x", 43), "empty": "", "with U+0000": "\x00"} {
			if a := signedOut.do(t, shared, object{"token": token}); a.at("sharedArtifact") != nil {
				t.Errorf("a token that is %s shows %v", what, a.Data)
			}
		}
		if _, err := signedOut.Fetch(t.Context(), url); err == nil {
			t.Error("a revoked link still leads to the file")
		}
	})
}

// TestPermalink leads its owner to the file, and nobody else.
func TestPermalink(t *testing.T) {
	t.Parallel()
	w := embedded(t)
	owner, stranger := w.person(t, "owner"), w.person(t, "stranger")
	_, art := owner.picture(t, "mine")
	url := owner.get(t, `query ($id: ID!) { node(id: $id) { ... on Artifact { permalink } } }`, object{"id": art}).text("node.permalink")
	for who, c := range map[string]struct {
		token  string
		status int
	}{"the owner": {owner.Token, 200}, "a stranger": {stranger.Token, 404}, "nobody": {"", 401}} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
		must(t, err)
		if c.token != "" {
			req.Header.Set("Authorization", "Bearer "+c.token)
		}
		res, err := http.DefaultClient.Do(req)
		must(t, err)
		must(t, res.Body.Close())
		if res.StatusCode != c.status {
			t.Errorf("%s gets %d, want %d", who, res.StatusCode, c.status)
		}
	}
}

func TestGallery(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		p := w.person(t, "ada")
		folder := p.newFolder(t, "f")
		chat := p.newChat(t, object{"title": "named", "folderId": folder})
		_, first := p.picture(t, "first")
		inside := p.order(t, object{"image": object{"prompt": "second", "size": "256x256"}}, object{"chatId": chat})
		second := p.over(t, inside).Result.Artifacts[0].ID
		text := p.over(t, p.order(t, object{"text": object{"prompt": "[sandbox:echo] third"}}, nil)).Result.Artifacts[0].ID
		p.change(t, "favouriteArtifact", object{"artifactId": first, "favourite": true}, "artifact { isFavourite }")
		for args, want := range map[string][]string{
			"":                                       {text, second, first},
			"(kind: IMAGE)":                          {second, first},
			"(favourite: true)":                      {first},
			"(favourite: false)":                     {text, second},
			`(folderId: "` + folder + `")`:           {second},
			"(kind: VIDEO)":                          {},
			"(first: 1)":                             {text},
			"(kind: IMAGE, favourite: true)":         {first},
			`(kind: TEXT, favourite: false)`:         {text},
			`(folderId: "` + folder + `", first: 5)`: {second},
		} {
			got := p.get(t, `{ viewer { artifacts`+args+` { nodes { id } } } }`, nil).list("viewer.artifacts.nodes", "id")
			if strings.Join(got, " ") != strings.Join(want, " ") {
				t.Errorf("artifacts%s: %v, want %v", args, got, want)
			}
		}
		p.change(t, "deleteArtifact", object{"artifactId": first}, "artifactId")
		if got := p.get(t, `{ viewer { artifacts { nodes { id } } } }`, nil).list("viewer.artifacts.nodes", "id"); len(got) != 2 {
			t.Errorf("after one was deleted there are %v", got)
		}
	})
}
