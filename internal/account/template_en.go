package account

// englishTemplates have the same keys and order as koreanTemplates.
var englishTemplates = []Template{
	{
		Key: "summarize", Title: "Summarize a text",
		Description: "The gist, the main points and what is left open.",
		Content: `Summarize the text below.
1. One sentence with the gist.
2. Three to five points, each with the number, name or quote that carries it.
3. What the text leaves open.
Add nothing that is not in the text.

[text]`,
	},
	{
		Key: "translate", Title: "Translate naturally",
		Description: "Between Korean and English, as a native writer would put it.",
		Content: `Translate the text below: Korean into English, anything else into Korean.
Keep tone, line breaks and terms. Write what a native writer would write, not word for word.
Then list up to three choices that could have gone another way, and why.

[text]`,
	},
	{
		Key: "polish", Title: "Polish my writing",
		Description: "Clearer and shorter, in my own voice.",
		Content: `Revise the text below. Keep my voice and meaning, correct mistakes, cut what says nothing.
Give the revised text first, then the changes that matter, each with its reason.

[text]`,
	},
	{
		Key: "email", Title: "Write an e-mail",
		Description: "From a few notes to a message that can be sent.",
		Content: `Write an e-mail from these notes.
To: [recipient, and how well we know each other]
What I want: [goal]
Notes: [notes]
Begin with a subject line. At most 150 words, one clear request, no empty phrases.`,
	},
	{
		Key: "brainstorm", Title: "Find ideas",
		Description: "Ten different ideas, and the three worth trying.",
		Content: `Find ten ideas for: [subject]
What limits us: [time, money, people]
Make them differ in kind, not in wording, and let two be daring.
Then choose the three to try first, each with its first step and how we would see that it works.`,
	},
	{
		Key: "explain", Title: "Explain step by step",
		Description: "A hard subject for somebody new to it.",
		Content: `Explain [subject] to somebody who knows [what they know already].
Begin with one sentence, then an example from everyday life, then how it works, step by step.
End with what most people get wrong, and two questions to check that I understood.`,
	},
	{
		Key: "review-code", Title: "Review code",
		Description: "Mistakes first, then what would make it clearer.",
		Content: "Review the code below as an experienced colleague.\n" +
			"1. Mistakes: wrong results, races, leaks, security. Say how each shows.\n" +
			"2. What would make it clearer or simpler.\n" +
			"3. The three tests you would add first.\n" +
			"Quote the line you mean, and show the change as code.\n\n```\n[code]\n```",
	},
	{
		Key: "short-video", Title: "Script a short video",
		Description: "A script of 30 seconds with picture, sound and words.",
		Content: `Write the script of a 30-second vertical video about [subject] for [audience].
Make a table: second, picture, spoken words, text on screen.
The first two seconds must make people stay, the last five tell them what to do.
Then give three titles and a prompt for the cover image.`,
	},
}
