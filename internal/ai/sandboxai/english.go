package sandboxai

import "fmt"

var english = phrases{
	untitled: "New conversation",
	summary:  summaryEnglish,
	leads: []string{
		"I am the sandbox model: my answer is made up, but it streams like a real one.",
		"No provider was called for this; the sandbox wrote it so that you can see the whole path.",
		"What follows is sample text from the sandbox, in the shape a real model would give it.",
	},
	lists: []string{
		"- **Goal** – say in one sentence what should be true at the end 🎯\n- **Limits** – time, budget, and what must not change\n- **Proof** – how you will know that it worked",
		"1. Write down what you know already.\n2. Mark what you only assume 🔍\n3. Test the riskiest assumption first.\n4. Keep what survives.",
		"- Start with the smallest version that is of use ✅\n- Show it to *one* person before you build more\n- Change one thing at a time, and note what happened",
	},
	sections: []string{
		"A good first step is to make the question smaller. Most plans fail because three decisions were taken as one, and nobody noticed which of them was wrong.",
		"There are two ways to look at it. From the **inside**, every detail matters; from the **outside**, only the result does. It helps to write the outside view down first.",
		"> A rough answer today often beats a perfect one next month 💡",
		"### What to watch\n\nNumbers that move every day are easy to collect and hard to learn from. Choose one that changes slowly and that you would act on.",
		"| option | effort | risk |\n|---|---|---|\n| keep as is | none | grows |\n| small change | a day | low 🟢 |\n| rewrite | weeks | high 🔴 |",
		"### Next\n\n- Pick a date for the decision 📅\n- Name who decides\n- Agree on what would change your mind",
		"If two options look equally good, take the one that is easier to undo. You will learn more from trying it than from another week of comparing.",
	},
	closing: "Ask on, and I will keep the thread. Text in any script comes through whole: 한글, 日本語, 👩‍💻, 𝄞.",
	refusal: "I'm sorry, but I can't help with that. 🙏 (The sandbox was asked to refuse.)",
}

// summaryEnglish states the question and the size of the context.
func summaryEnglish(v view) string {
	return fmt.Sprintf("You asked about “%s”: turn %d of this chat, with %s before it%s.",
		v.topic, v.turn, messages(v.earlier), instructionEnglish(v))
}

func messages(n int) string {
	switch n {
	case 0:
		return "no messages"
	case 1:
		return "1 message"
	default:
		return fmt.Sprintf("%d messages", n)
	}
}

func instructionEnglish(v view) string {
	if v.instructed {
		return " and an instruction to follow"
	}
	return ""
}
