package sandboxai

// phrases are the texts of the sandbox in one language. Every text is Markdown and ends without a line break.
type phrases struct {
	// untitled is the title of a conversation without words.
	untitled string
	// summary repeats the question and states how much of the conversation was read.
	summary func(view) string
	// leads end the first paragraph.
	leads []string
	// lists come second in every reply.
	lists []string
	// sections fill a reply, in any order.
	sections []string
	// closing ends a reply.
	closing string
	// refusal is the text of a refused reply.
	refusal string
}

// codeSamples are sections of every language.
var codeSamples = []string{
	"```go\nfunc main() {\n\tfor i := range 3 {\n\t\tfmt.Println(\"안녕\", i, \"👋\")\n\t}\n}\n```",
	"```js\nconst apply = (text, { offset, delta }) =>\n  text.slice(0, offset) + delta; // 🧵 UTF-16\n```",
	"```sql\nSELECT title, count(*) AS messages\nFROM chats JOIN messages USING (chat_id)\nGROUP BY title\nORDER BY messages DESC;\n```",
	"```python\nwords = \"하나 둘 셋 🚀\".split()\nprint({w: len(w.encode()) for w in words})\n```",
}
