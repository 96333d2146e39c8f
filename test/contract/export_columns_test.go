package contract

import (
	"cmp"
	"encoding/json"
	"path"
	"strings"
	"testing"

	"github.com/weav-ai/weav/ent/migrate"
)

// exported says in which entry the rows of a table are that belong to a person; or why in none.
var exported = map[string]string{
	"users": "account.json", "sessions": "account.json", "api_keys": "account.json", "provider_keys": "account.json",
	"folders": "folders.json", "chats": "chats/", "messages": "chats/", "prompts": "prompts.json", "plans": "plans.json", "plan_steps": "plans.json",
	"jobs": "jobs.json", "artifacts": "artifacts.json", "files": "files.json", "share_links": "shares.json", "usages": "usage.json",
	"payments": "payments.json", "membership_changes": "membership.json",
	"objects":          "none: what files and artifacts are, told there",
	"feeds":            "none: a counter",
	"feed_events":      "none: what happened to objects that are in it; kept for a week",
	"idempotency_keys": "none: kept for a day",
	"ledger_entries":   "none: the holds and settlements of what usage.json tells",
	"quota_days":       "none: the sums of those",
	"audit_entries":    "none: what the administration did is its own record",
	"job_steps":        "jobs.json", "payment_steps": "payments.json", "attachments": "chats/",
	"refresh_tokens":   "none: secrets",
	"key_months":       "none: the sums of what usage.json tells by key",
	"payment_notices":  "none: ids of a gateway's notices; nobody's",
	"sandbox_payments": "none: what the sandbox's gateway knows; payments.json tells",
	"model_warnings":   "none: about models; nobody's",
}

// renamed are columns that have another name in the archive.
var renamed = map[string]string{
	"users.membership_type": "membership", "sessions.revoked_at": "endedAt", "api_keys.budget_micros": "monthlyBudgetMicros",
	"usages.created_at": "at", "payment_steps.created_at": "at", "membership_changes.created_at": "at", "membership_changes.micros": "days",
	"usages.model_id": "model", "files.object_key": "path", "artifacts.object_key": "path",
}

// unexported says why a column is in no export. Those of all tables: whose row it is, and what counts changes for clients.
var unexported = map[string]string{
	"user_id": "the archive is one person's", "revision": "counts changes, for clients", "thumbnail_key": "a small copy of the bytes",
	"thumbnail_width": "of that copy", "thumbnail_height": "of that copy", "run_id": "which run did the work", "lease_until_ms": "where the work stands",
	"node": "which process did the work", "unproven_runs": "where the work stands", "lost_runs": "where the work stands",
	"users.preferences_revision": "as revision", "users.is_profile_custom": "whether sign-ins refresh the profile",
	"api_keys.hash": "a secret", "provider_keys.id": "nowhere shown", "provider_keys.sealed": "a secret", "share_links.token": "a secret",
	"chats.former_folder_id": "for a restore within a day", "chats.deleted_with_id": "for a restore within a day", "chats.is_title_custom": "whether a title is made",
	"chats.revision": "as revision", "messages.chat_id": "the messages stand in their chat", "messages.branch_tokens": "an estimate for holds",
	"messages.run_count": "where the work stands", "messages.stop_requested_at": "where the work stands", "messages.provider_cancelled": "where the work stands",
	"attachments.id": "nowhere shown", "attachments.message_id": "they stand in their message", "attachments.chat_id": "they stand in their chat",
	"attachments.position": "they stand in order", "plan_steps.plan_id": "the steps stand in their plan", "plan_steps.created_at": "that of their plan",
	"jobs.priority": "its place in the queue", "jobs.is_waiting": "where the work stands", "jobs.is_parked": "where the work stands",
	"jobs.call_started_at": "where the work stands", "jobs.provider_ref": "the provider's name for the work", "jobs.phase": "where the work stands",
	"jobs.made_at": "where the work stands", "jobs.kept_until": "where the work stands", "jobs.failed_polls": "where the work stands",
	"jobs.continued_by_id": "the retry tells it",
	"jobs.progress":        "where the work stands", "jobs.cancel_requested_at": "in the timeline", "jobs.queued_at": "in the timeline", "jobs.deadline_at": "where the work stands",
	"jobs.updated_at": "in the timeline", "jobs.is_result_gone": "expiresAt tells", "job_steps.id": "nowhere shown", "job_steps.job_id": "they stand in their job",
	"artifacts.is_disclosed": "the file itself says so", "files.ready_at": "status tells", "payments.taken_back": "membership.json tells",
	"payments.reference": "the gateway's name for it", "payments.gateway_status": "where the work stands", "payments.dispute_told_at": "in the timeline",
	"payments.checks": "where the work stands", "payments.next_check_at": "where the work stands", "payments.updated_at": "in the timeline",
	"payment_steps.detail_text": "detail has its words", "payment_steps.id": "nowhere shown", "payment_steps.payment_id": "they stand in their payment", "membership_changes.id": "nowhere shown",
}

// TestEveryColumnIsExportedOrSaysWhyNot looks for each column's name in the entry of its table, in an account that has all.
func TestEveryColumnIsExportedOrSaysWhyNot(t *testing.T) {
	t.Parallel()
	w := embedded(t)
	reported := map[string]map[string]bool{}
	for name, content := range unzip(t, w.everywhere(t, "ada").export(t, false)) {
		if path.Ext(name) != ".json" {
			continue
		}
		if dir := path.Dir(name); dir != "." {
			name = dir + "/"
		}
		if reported[name] == nil {
			reported[name] = map[string]bool{}
		}
		var v any
		must(t, json.Unmarshal(content, &v))
		names(v, reported[name])
	}
	for _, table := range migrate.Tables {
		where := exported[table.Name]
		if strings.HasPrefix(where, "none: ") {
			continue
		}
		for _, c := range table.Columns {
			full := table.Name + "." + c.Name
			if unexported[c.Name] == "" && unexported[full] == "" && !reported[where][cmp.Or(renamed[full], camel(c.Name))] {
				t.Errorf("%s has no %s: export it, or say in `unexported` why not", where, full)
			}
		}
	}
}

// names gathers the names of all fields in a value.
func names(v any, into map[string]bool) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			names(e, into)
		}
	case map[string]any:
		for name, e := range v {
			into[name] = true
			names(e, into)
		}
	}
}

// camel is a column's name as the API writes it.
func camel(column string) string {
	words := strings.Split(column, "_")
	for i, word := range words[1:] {
		words[i+1] = strings.ToUpper(word[:1]) + word[1:]
	}
	return strings.Join(words, "")
}

// TestEveryTableOfAPersonIsExportedOrSaysWhyNot keeps the table above whole.
func TestEveryTableOfAPersonIsExportedOrSaysWhyNot(t *testing.T) {
	t.Parallel()
	for _, table := range migrate.Tables {
		if exported[table.Name] == "" {
			t.Errorf("%s is new: export it, or say in `exported` why not", table.Name)
		}
	}
}
