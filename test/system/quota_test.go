package systemtest

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	entjob "github.com/weav-ai/weav/ent/job"
	"github.com/weav-ai/weav/ent/ledgerentry"
	"github.com/weav-ai/weav/ent/message"
	"github.com/weav-ai/weav/internal/client"
	"github.com/weav-ai/weav/internal/oid"
	"github.com/weav-ai/weav/internal/store"
	"github.com/weav-ai/weav/internal/store/storetest"
	"github.com/weav-ai/weav/test/servicetest"
)

// scant gives FREE so many tokens a day, replies a hundred tokens, and no other limit.
func scant(t *testing.T, tokens int) func(map[string]string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "plans.yaml")
	text := fmt.Sprintf(`plans:
  - {type: FREE, name: {en: F, ko: F}, daily: {tokens: %d, images: 1000, videoSeconds: 1000}}
  - {type: STANDARD, name: {en: S, ko: S}, orderName: S, amount: 9900, currency: KRW, days: 30, daily: {tokens: 1000000, images: 1000, videoSeconds: 1000}}
  - {type: PREMIUM, name: {en: P, ko: P}, orderName: P, amount: 19900, currency: KRW, days: 30, daily: {tokens: 1000000, images: 1000, videoSeconds: 1000}}
`, tokens)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return func(settings map[string]string) {
		settings["PLANS_FILE"], settings["MAX_OUTPUT_TOKENS"] = path, "100"
		settings["RATE_PAID_PER_MINUTE"], settings["RATE_PAID_PER_HOUR"] = "0", "0"
		settings["RATE_OPERATIONS_PER_MINUTE"], settings["RATE_COST_PER_MINUTE"] = "0", "0"
	}
}

// TestAThousandCallsAtOnceOfManyServersNeverPassAQuota sends from one account to three servers, with no worker to end anything.
func TestAThousandCallsAtOnceOfManyServersNeverPassAQuota(t *testing.T) {
	t.Parallel()
	const limit = 5000
	c := clusterOn(t, storetest.URL(t, store.Postgres), 3, 0, scant(t, limit))
	p := c.newPerson(t)
	chats := make([]string, 100)
	for i := range chats {
		chats[i] = p.chat()
	}
	counts := map[string]int{}
	for _, err := range parallel(1000, func(i int) error {
		_, err := p.clients[i%3].Send(t.Context(), chats[i%len(chats)], "[sandbox:stall] one of many", fmt.Sprint(i))
		return err
	}) {
		counts[client.CodeOf(err)]++
	}
	t.Logf("a thousand calls: %v", counts)
	if counts[""] == 0 || counts["QUOTA_EXCEEDED"] == 0 || counts[""]+counts["QUOTA_EXCEEDED"]+counts["CONFLICT"]+counts["UNAVAILABLE"] != 1000 {
		t.Errorf("a thousand calls: %v", counts)
	}
	day := c.store.Client().QuotaDay.Query().OnlyX(t.Context())
	if held := c.store.Client().LedgerEntry.Query().CountX(t.Context()); day.TokensHeld > limit || day.TokensHeld == 0 || held < counts[""] {
		t.Errorf("%d tokens are held of %d, by %d holds for %d sends", day.TokensHeld, limit, held, counts[""])
	}
}

// TestTheLedgerBalancesWhateverIsKilled sends, orders, stops and cancels while workers die, and looks at the books when all has ended.
func TestTheLedgerBalancesWhateverIsKilled(t *testing.T) {
	t.Parallel()
	c := clusterOn(t, storetest.URL(t, store.Postgres), 2, 2, scant(t, 1_000_000))
	for round := range servicetest.Rounds() {
		p := c.newPerson(t)
		var replies, jobs []string
		for i := range 3 {
			sent := p.send(p.chat(), fmt.Sprintf("[sandbox:tokens=%d] Any length", 2+rand.IntN(60)))
			replies = append(replies, sent.ReplyID)
			ordered, err := p.tryOrder(i%2, image([]string{"a picture", "[sandbox:blocked] none", "[sandbox:slow] late"}[i]), "REFUSE")
			if err != nil {
				t.Fatal(err)
			}
			jobs = append(jobs, ordered.ID)
		}
		moment := time.NewTimer(rand.N(900 * time.Millisecond))
		<-moment.C // Chance is what this test is about.
		if _, err := p.clients[0].Stop(t.Context(), replies[0]); err != nil {
			t.Error(err)
		}
		if _, err := p.clients[1].CancelJob(t.Context(), jobs[2]); err != nil {
			t.Error(err)
		}
		i := round % len(c.workers)
		c.workers[i].kill()
		c.workers[i] = c.worker()
	}
	rows := c.store.Client()
	c.eventually(t, "all has ended", func() bool {
		return rows.Message.Query().Where(message.StatusIn(message.StatusPending, message.StatusStreaming)).CountX(t.Context()) == 0 &&
			rows.Job.Query().Where(entjob.StatusIn(entjob.StatusInQueue, entjob.StatusInProgress)).CountX(t.Context()) == 0
	})
	c.wantBalanced(t)
}

// wantBalanced checks that each run held what it settled and released, and that the days' balances are their sums.
func (h house) wantBalanced(t *testing.T) {
	t.Helper()
	type sum struct{ tokens, images int64 }
	runs, used := map[oid.Run]map[ledgerentry.Kind]sum{}, sum{}
	for _, e := range h.store.Client().LedgerEntry.Query().AllX(t.Context()) {
		if runs[e.RunID] == nil {
			runs[e.RunID] = map[ledgerentry.Kind]sum{}
		}
		runs[e.RunID][e.Kind] = sum{e.Tokens, e.Images}
		if e.Kind == ledgerentry.KindSettle {
			used.tokens, used.images = used.tokens+e.Tokens, used.images+e.Images
		}
	}
	for run, of := range runs {
		held, settled, released := of[ledgerentry.KindHold], of[ledgerentry.KindSettle], of[ledgerentry.KindRelease]
		if held.tokens != settled.tokens+released.tokens || held.images != settled.images+released.images || len(of) != 3 {
			t.Errorf("%s held %v, settled %v, released %v", run, held, settled, released)
		}
	}
	if len(runs) == 0 || used == (sum{}) {
		t.Errorf("%d runs used %v: the test shows nothing", len(runs), used)
	}
	for _, d := range h.store.Client().QuotaDay.Query().AllX(t.Context()) {
		used.tokens, used.images = used.tokens-d.TokensUsed, used.images-d.ImagesUsed
		if d.TokensHeld != 0 || d.ImagesHeld != 0 || d.VideoMsHeld != 0 {
			t.Errorf("%+v still holds", d)
		}
	}
	if used != (sum{}) {
		t.Errorf("the days' balances differ from the entries by %v", used)
	}
}
