package sandboxai

// planWords are the sentences of a plan in one language.
type planWords struct {
	language, untitled, summary, instruction string
	reasons                                  map[string]string
	texts                                    []stepWords // the texts' steps, by place
	kinds                                    map[string]stepWords
	suggestions                              []string
}

// stepWords are the sentences of one step; the verbs of intent and prompts stand for the topic.
type stepWords struct {
	title, intent string
	prompts       []string
}

// planWordsFor returns the sentences in the language of text.
func planWordsFor(text string) *planWords {
	if phrasesFor(text) == &korean {
		return &koreanPlan
	}
	return &englishPlan
}

var englishPlan = planWords{
	language:    "en",
	untitled:    "Your project",
	summary:     "A plan for “%s”: understand what is wanted, work it out, and bring it to an end.",
	instruction: "You help with “%s”. Your task in this step: %s. Ask back when something is unclear, name your assumptions, and end with what should be done next.",
	reasons: map[string]string{
		"TEXT":  "It writes well and costs the least of those that do.",
		"IMAGE": "It draws what it is told, in the size that is needed.",
		"VIDEO": "It films short scenes from a description.",
	},
	texts: []stepWords{
		{"Define the goal and the limits", "Know what “%s” has to achieve, by when, and with what means.", []string{
			"What do you need to know from me before we plan “%s”?",
			"List the goals, the limits and the risks of “%s” in a table.",
			"Propose three ways to reach “%s” and compare them.",
		}},
		{"Work out the plan", "Turn the way that was chosen for “%s” into concrete tasks.", []string{
			"Break “%s” into tasks with an order and an estimate for each.",
			"Write a schedule for “%s” week by week.",
			"What could go wrong with “%s”, and what would we do then?",
		}},
		{"Review and finish", "Check the results of “%s” against the goal and close the gaps.", []string{
			"Check what we have for “%s” against the goal and list what is missing.",
			"Write a short summary of “%s” that I can share.",
		}},
	},
	kinds: map[string]stepWords{
		"IMAGE": {"Make the picture", "Have a picture that shows “%s” at a glance.", []string{
			"A clear, friendly illustration of: %s. Soft evening light, few colours.",
			"A minimal poster for: %s. Bold shapes, plenty of space.",
		}},
		"VIDEO": {"Make the film", "Have a short film that tells “%s”.", []string{
			"A calm opening shot that introduces: %s. Slow camera, warm light.",
			"A lively sequence in three scenes about: %s.",
		}},
	},
	suggestions: []string{
		"What would you do first, and why?", "Give me an example from practice.", "What have we not thought of yet?",
		"Sum up what we have so far in five points.", "Which risks are left, and how do we lower them?", "What is the next step for today?",
	},
}

var koreanPlan = planWords{
	language:    "ko",
	untitled:    "나의 프로젝트",
	summary:     "“%s”을(를) 위한 계획입니다. 목표를 정하고, 방법을 세우고, 끝까지 마무리합니다.",
	instruction: "당신은 “%s”을(를) 돕습니다. 이 단계의 과제: %s. 불분명하면 되묻고, 가정을 밝히고, 다음에 할 일로 답을 마치세요.",
	reasons: map[string]string{
		"TEXT":  "글을 잘 쓰면서 비용이 가장 적습니다.",
		"IMAGE": "설명한 대로, 필요한 크기로 그립니다.",
		"VIDEO": "설명만으로 짧은 장면을 만듭니다.",
	},
	texts: []stepWords{
		{"목표와 조건 정하기", "“%s”에서 무엇을, 언제까지, 어떤 여건으로 이룰지 분명히 합니다.", []string{
			"“%s”을(를) 계획하기 전에 저에게서 무엇을 알아야 하나요?",
			"“%s”의 목표, 제약, 위험을 표로 정리해 주세요.",
			"“%s”을(를) 이룰 방법 세 가지를 제안하고 비교해 주세요.",
		}},
		{"실행 계획 세우기", "“%s”에 대해 고른 방법을 구체적인 일로 나눕니다.", []string{
			"“%s”을(를) 순서와 예상 시간이 있는 할 일로 나눠 주세요.",
			"“%s”의 주간 일정을 작성해 주세요.",
			"“%s”에서 무엇이 잘못될 수 있고, 그때는 어떻게 하나요?",
		}},
		{"점검하고 마무리하기", "“%s”의 결과를 목표와 비교하고 빈틈을 메웁니다.", []string{
			"“%s”의 결과를 목표와 비교해 빠진 것을 알려 주세요.",
			"“%s”을(를) 공유할 수 있는 짧은 요약으로 써 주세요.",
		}},
	},
	kinds: map[string]stepWords{
		"IMAGE": {"그림 만들기", "“%s”을(를) 한눈에 보여 주는 그림을 만듭니다.", []string{
			"다음을 또렷하고 친근하게 그린 그림: %s. 부드러운 저녁빛, 적은 색.",
			"다음을 위한 단순한 포스터: %s. 굵은 도형과 넉넉한 여백.",
		}},
		"VIDEO": {"영상 만들기", "“%s”을(를) 전하는 짧은 영상을 만듭니다.", []string{
			"다음을 소개하는 차분한 첫 장면: %s. 느린 카메라, 따뜻한 빛.",
			"다음에 대한 세 장면의 활기찬 영상: %s.",
		}},
	},
	suggestions: []string{
		"무엇을 먼저 하시겠어요? 이유도 알려 주세요.", "실제 사례를 하나 들어 주세요.", "아직 생각하지 못한 것은 무엇인가요?",
		"지금까지의 내용을 다섯 가지로 요약해 주세요.", "남은 위험은 무엇이고 어떻게 줄이나요?", "오늘 할 다음 단계는 무엇인가요?",
	},
}
