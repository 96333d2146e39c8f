package graph

import (
	"testing"

	"github.com/weav-ai/weav/internal/errs"
)

func TestChoicesFailOnUnknownValues(t *testing.T) {
	t.Parallel()
	for _, good := range AllKeyProvider {
		if v, err := choice(vendors, good); v == "" || err != nil {
			t.Errorf("%s: %q, %v", good, v, err)
		}
	}
	for _, good := range AllDeleteFolderMode {
		if _, err := choice(folderModes, good); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for _, good := range AllSignOutScope {
		if _, err := choice(everySession, good); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	_, vendor := choice(vendors, "openai")
	_, mode := choice(folderModes, "")
	_, scope := choice(everySession, "all_sessions")
	for name, err := range map[string]error{"vendor": vendor, "mode": mode, "scope": scope} {
		if errs.CodeOf(err) != errs.BadUserInput {
			t.Errorf("%s: %v", name, err)
		}
	}
}
