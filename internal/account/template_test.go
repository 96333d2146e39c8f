package account_test

import (
	"testing"

	"github.com/weav-ai/weav/ent/user"
	"github.com/weav-ai/weav/internal/account"
	"github.com/weav-ai/weav/internal/text"
)

func TestTemplates(t *testing.T) {
	t.Parallel()
	korean, english := account.Templates(user.LanguageKorean), account.Templates(user.LanguageEnglish)
	if len(korean) != len(english) || len(english) < 5 || len(english) > 50 {
		t.Fatalf("%d templates in Korean, %d in English", len(korean), len(english))
	}
	keys := map[string]bool{}
	for i, en := range english {
		if ko := korean[i]; ko.Key != en.Key || ko.Title == en.Title {
			t.Errorf("template %d is %s in Korean and %s in English", i, ko.Key, en.Key)
		}
		if keys[en.Key] {
			t.Errorf("the key %s is there twice", en.Key)
		}
		keys[en.Key] = true
	}
	for _, tpl := range append(korean, english...) {
		var c text.Checker // A template must fit into a user's own library.
		c.Text(tpl.Key+".title", tpl.Title, 1, account.MaxPromptTitle)
		c.Text(tpl.Key+".description", tpl.Description, 1, account.MaxPromptDescription)
		c.Text(tpl.Key+".content", tpl.Content, 1, account.MaxPromptContent)
		if err := c.Err(); err != nil {
			t.Error(err)
		}
	}
}

func TestTemplatesIsACopy(t *testing.T) {
	t.Parallel()
	account.Templates(user.LanguageEnglish)[0].Title = "changed"
	if got := account.Templates(user.LanguageEnglish)[0].Title; got == "changed" {
		t.Error("a caller changed the templates")
	}
}
