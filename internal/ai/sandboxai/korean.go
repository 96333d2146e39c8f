package sandboxai

import "fmt"

var korean = phrases{
	untitled: "새 대화",
	summary:  summaryKorean,
	leads: []string{
		"저는 샌드박스 모델입니다. 내용은 지어낸 것이지만 실제 모델처럼 한 조각씩 전달됩니다.",
		"외부 모델을 호출하지 않고 샌드박스가 쓴 답변이라서, 키 없이도 모든 과정을 볼 수 있습니다.",
		"아래는 실제 모델이 답할 법한 형식으로 샌드박스가 만든 예시입니다.",
	},
	lists: []string{
		"- **목표** – 끝났을 때 무엇이 달라져야 하는지 한 문장으로 적기 🎯\n- **조건** – 시간, 예산, 그리고 바꾸면 안 되는 것\n- **확인** – 잘 되었는지 무엇을 보고 알 수 있는지",
		"1. 이미 아는 것을 적습니다.\n2. 아직 추측인 것을 표시합니다 🔍\n3. 가장 위험한 추측부터 확인합니다.\n4. 남은 것을 계획으로 옮깁니다.",
		"- 쓸모 있는 가장 작은 것부터 시작하기 ✅\n- 더 만들기 전에 *한 사람*에게 보여 주기\n- 한 번에 하나만 바꾸고 결과를 기록하기",
	},
	sections: []string{
		"먼저 질문을 작게 나누어 보면 좋습니다. 많은 계획이 실패하는 까닭은 세 가지 결정을 하나로 묶어 버려서 어느 것이 틀렸는지 알 수 없기 때문입니다.",
		"두 가지 관점이 있습니다. **안에서** 보면 모든 세부가 중요하고, **밖에서** 보면 결과만 보입니다. 밖에서 본 모습을 먼저 적어 두면 도움이 됩니다.",
		"> 오늘의 대략적인 답이 다음 달의 완벽한 답보다 나을 때가 많습니다 💡",
		"### 살펴볼 것\n\n날마다 움직이는 숫자는 모으기 쉽지만 배우기는 어렵습니다. 천천히 변하고, 보고 나서 실제로 행동하게 되는 숫자 하나를 고르세요.",
		"| 선택 | 노력 | 위험 |\n|---|---|---|\n| 그대로 두기 | 없음 | 점점 커짐 |\n| 조금 바꾸기 | 하루 | 낮음 🟢 |\n| 새로 만들기 | 몇 주 | 높음 🔴 |",
		"### 다음 단계\n\n- 결정할 날짜를 정하기 📅\n- 누가 결정하는지 정하기\n- 무엇을 보면 생각을 바꿀지 합의하기",
		"두 가지가 비슷하게 좋아 보이면 되돌리기 쉬운 쪽을 고르세요. 일주일 더 비교하는 것보다 직접 해 보는 편이 더 많이 배웁니다.",
	},
	closing: "이어서 물어보시면 흐름을 기억하며 답하겠습니다. 어떤 글자도 온전히 전달됩니다: English, 日本語, 👩‍💻, 𝄞.",
	refusal: "죄송하지만 그 요청은 도와드릴 수 없습니다. 🙏 (샌드박스가 거절하도록 요청받았습니다.)",
}

// summaryKorean states the question and the size of the context. No particle depends on the ending of the
// topic.
func summaryKorean(v view) string {
	ordinal, earlier, instruction := "첫 번째", "앞선 메시지는 없습니다.", ""
	if v.turn > 1 {
		ordinal = fmt.Sprintf("%d번째", v.turn)
	}
	if v.earlier > 0 {
		earlier = fmt.Sprintf("앞선 메시지 %d개를 읽었습니다.", v.earlier)
	}
	if v.instructed {
		instruction = " 지시문도 확인했습니다."
	}
	return fmt.Sprintf("「%s」에 대해 물으셨습니다. 이 대화의 %s 질문이고, %s%s", v.topic, ordinal, earlier, instruction)
}
