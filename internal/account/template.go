package account

import (
	"slices"

	"github.com/weav-ai/weav/ent/user"
)

// Template is a prompt that comes with WEAV. Words in [brackets] are for the person to replace.
type Template struct {
	// Key is the same in all languages and for ever.
	Key         string
	Title       string
	Description string
	Content     string
}

// Templates returns the built-in prompts in a language.
func Templates(language user.Language) []Template {
	if language == user.LanguageKorean {
		return slices.Clone(koreanTemplates)
	}
	return slices.Clone(englishTemplates)
}
