package systemtest

import (
	"testing"

	"github.com/weav-ai/weav/ent/feedevent"
	"github.com/weav-ai/weav/internal/client"
	"github.com/weav-ai/weav/internal/feed"
)

func TestFifthReplyOfAPersonWaitsItsTurn(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, h house) {
		p := h.newPerson(t)
		var sents []client.Sent
		for range 5 {
			sents = append(sents, p.send(p.chat(), "[sandbox:tokens=120] One of five"))
		}
		for _, sent := range sents {
			if row := h.await(t, sent.ReplyID); row.Status != "COMPLETED" {
				t.Errorf("a reply is %s", row.Status)
			}
			h.wantOnce(t, sent.MessageID, sent.ReplyID)
		}
		if most := h.mostAtOnce(t, sents[0].ReplyID); most != 4 {
			t.Errorf("up to %d replies were written at once, want 4", most)
		}
	})
}

// mostAtOnce counts how many replies of a reply's owner were under way at once, by the order of their commits.
func (h house) mostAtOnce(t *testing.T, reply string) (most int) {
	t.Helper()
	events, err := h.store.Client().FeedEvent.Query().
		Where(feedevent.UserID(h.row(t, reply).UserID)).Order(feedevent.BySeq()).All(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	running := 0
	for _, e := range events {
		switch feed.Type(e.Type) {
		case feed.ReplyStarted:
			running++
		case feed.ReplyEnded:
			running--
		}
		most = max(most, running)
	}
	return most
}
