package sandboxai

import "unicode"

// phrasesFor returns the phrases in the language of text: Korean when a fifth of its letters is Hangul, so
// that a Korean question about English code is Korean; else English.
func phrasesFor(text string) *phrases {
	letters, hangul := 0, 0
	for _, r := range text {
		if unicode.Is(unicode.Hangul, r) {
			hangul++
		}
		if unicode.IsLetter(r) {
			letters++
		}
	}
	if hangul > 0 && hangul*5 >= letters {
		return &korean
	}
	return &english
}
