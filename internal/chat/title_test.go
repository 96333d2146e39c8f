package chat

import "testing"

// TestCleanTitle keeps what a title may be, and nothing of an answer of which nothing shows.
func TestCleanTitle(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]string{
		" A title \nand more": "A title", "\"Quoted\"": "Quoted", "「여행 계획」": "여행 계획", "": "", " \n": "", "\"\"": "",
		"\u200b\u3164": "", "\"\u2060\"": "",
	} {
		if got := cleanTitle(answer); got != want {
			t.Errorf("%q becomes %q, want %q", answer, got, want)
		}
	}
}
