package app

import (
	"fmt"
	"strings"
	"testing"

	"github.com/weav-ai/weav/internal/pay/paytest"
)

// portOneSettings name a local PortOne.
func portOneSettings(p *paytest.PortOne) map[string]string {
	return map[string]string{
		"PAYMENTS": "portone:" + paytest.StoreID, "PORTONE_API_SECRET": p.APISecret, "PORTONE_WEBHOOK_SECRET": p.WebhookSecret,
		"PORTONE_CHANNEL_KEY": "channel-key-1", "PORTONE_BASE_URL": p.URL,
	}
}

func TestPaymentSettings(t *testing.T) {
	t.Parallel()
	p := paytest.NewPortOne(t)
	for _, tt := range []struct {
		name, setting, value string
		want                 string
	}{
		{"as they should be", "", "", ""},
		{"two webhook secrets", "PORTONE_WEBHOOK_SECRET", p.WebhookSecret + ", " + paytest.NewWebhookSecret(), ""},
		{"another gateway", "PAYMENTS", "stripe", "PAYMENTS=stripe is not known"},
		{"no shop", "PAYMENTS", "portone:", "is not known"},
		{"a second gateway", "PAYMENTS", "portone:" + paytest.StoreID + ", sandbox", ""},
		{"a second gateway that is not known", "PAYMENTS", "sandbox,stripe", "PAYMENTS=stripe is not known"},
		{"two of a kind", "PAYMENTS", "portone:a,portone:b", "PAYMENTS names portone twice"},
		{"nothing behind the comma", "PAYMENTS", "sandbox,", "is not known"},
		{"no API secret", "PORTONE_API_SECRET", "", "PORTONE_API_SECRET"},
		{"no webhook secret", "PORTONE_WEBHOOK_SECRET", "", "PORTONE_WEBHOOK_SECRET"},
		{"a webhook secret that is none", "PORTONE_WEBHOOK_SECRET", "hidden", "whsec_"},
		{"an empty second secret", "PORTONE_WEBHOOK_SECRET", p.WebhookSecret + ",", "whsec_"},
		{"an address in the clear", "PORTONE_BASE_URL", "http://example.com", "https://"},
		{"an address that is none", "PORTONE_BASE_URL", "api.portone.io", "https://"},
		{"an address with a password", "PORTONE_BASE_URL", "https://user:hidden@api.portone.io", "https://"},
		{"PortOne's own address", "PORTONE_BASE_URL", "", ""},
		{"test mode of a developer", "PORTONE_TEST_MODE", "true", ""},
		{"a test mode that is none", "PORTONE_TEST_MODE", "perhaps", "PORTONE_TEST_MODE"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			vars := portOneSettings(p)
			vars[tt.setting] = tt.value
			c, err := Load(func(name string) string { return vars[name] })
			if err == nil {
				err = c.Check(Part{Serves: true, Works: true})
			}
			if got := fmt.Sprint(err); (err == nil) != (tt.want == "") || !strings.Contains(got, tt.want) || strings.Contains(got, "hidden") {
				t.Errorf("error = %v, want %q", err, tt.want)
			}
		})
	}
}

func TestChecklistOfPayments(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		fault   paytest.Fault
		secret  string
		verdict Verdict
		note    string
	}{
		{"it works", paytest.Works, "", Fine, "takes the secret"},
		{"a wrong secret", paytest.Works, "hidden", Unreachable, "does not take PORTONE_API_SECRET"},
		{"down", paytest.ServerError, "", Unreachable, "network"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := paytest.NewPortOne(t)
			p.Break("", tt.fault)
			vars := portOneSettings(p)
			if tt.secret != "" {
				vars["PORTONE_API_SECRET"] = tt.secret
			}
			list := went(t, vars, nil)
			want(t, list["PAYMENTS"], Fine, "API secret present")
			want(t, list["payments"], tt.verdict, tt.note)
		})
	}
	list := went(t, map[string]string{}, nil)
	want(t, list["PAYMENTS"], Fine, "no money moves")
	want(t, list["payments"], Fine, "in the process")
}

// TestTheSandboxStaysWithDevelopers: behind another gateway, too, it would give memberships away.
func TestTheSandboxStaysWithDevelopers(t *testing.T) {
	t.Parallel()
	p := paytest.NewPortOne(t)
	for gateways, want := range map[string]string{
		"sandbox": "PAYMENTS=sandbox", "portone:store,sandbox": "PAYMENTS=sandbox", "sandbox,portone:store": "PAYMENTS=sandbox", "portone:store": "<nil>",
	} {
		vars := portOneSettings(p)
		vars["AUTH"], vars["PAYMENTS"] = "firebase:project", gateways
		c, err := Load(func(name string) string { return vars[name] })
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(c.checkPayments()); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s, want %s", gateways, got, want)
		}
	}
}
