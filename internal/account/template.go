package account

import (
	"slices"

	"github.com/weav-ai/weav/ent/user"
)

// Template is a prompt that ships with WEAV. Words in [brackets] are placeholders for the user.
type Template struct {
	// Key is the same in all languages and never changes, since clients may store it.
	Key         string
	Title       string
	Description string
	Content     string
}

// Templates returns the built-in prompts in a language, as a copy.
func Templates(language user.Language) []Template {
	if language == user.LanguageKorean {
		return slices.Clone(koreanTemplates)
	}
	return slices.Clone(englishTemplates)
}
