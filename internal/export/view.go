package export

import (
	"fmt"
	"time"

	"github.com/weav-ai/weav/ent"
)

// The types of this file are the JSON of the archive. Names, ids and units are those of the API. Fields are
// listed one by one, so that a new column is not exported by accident.

// account is account.json.
type account struct {
	ID                  string        `json:"id"`
	UID                 string        `json:"uid"` // the identity provider's id of the user
	Email               *string       `json:"email"`
	IsEmailVerified     bool          `json:"isEmailVerified"`
	FirstName           string        `json:"firstName"`
	LastName            string        `json:"lastName"`
	PhotoURL            *string       `json:"photoUrl"`
	Role                string        `json:"role"`
	CreatedAt           time.Time     `json:"createdAt"`
	LastLoginAt         time.Time     `json:"lastLoginAt"`
	DeletesAt           *time.Time    `json:"deletesAt"`
	Membership          string        `json:"membership"`
	MembershipSince     *time.Time    `json:"membershipSince"`
	MembershipExpiresAt *time.Time    `json:"membershipExpiresAt"`
	Preferences         preferences   `json:"preferences"`
	Sessions            []session     `json:"sessions"`
	APIKeys             []apiKey      `json:"apiKeys"`
	ProviderKeys        []providerKey `json:"providerKeys"`
}

type preferences struct {
	Theme              string  `json:"theme"`
	AccentColor        string  `json:"accentColor"`
	Language           string  `json:"language"`
	DefaultModel       *string `json:"defaultModel"`
	DefaultInstruction string  `json:"defaultInstruction"`
	PersonaName        *string `json:"personaName"`
}

// accountOf lists the exported fields of an account. Internal ones, such as the revision of the preferences,
// are left out.
func accountOf(u *ent.User) account {
	return account{
		ID: u.ID.String(), UID: u.UID, Email: u.Email, IsEmailVerified: u.IsEmailVerified, FirstName: u.FirstName, LastName: u.LastName, PhotoURL: u.PhotoURL, Role: string(u.Role),
		CreatedAt: u.CreatedAt.UTC(), LastLoginAt: u.LastLoginAt.UTC(), DeletesAt: utc(u.DeletesAt),
		Membership: string(u.MembershipType), MembershipSince: utc(u.MembershipSince), MembershipExpiresAt: utc(u.MembershipExpiresAt),
		Preferences: preferences{
			Theme: string(u.Theme), AccentColor: u.AccentColor, Language: string(u.Language), DefaultModel: u.DefaultModel,
			DefaultInstruction: u.DefaultInstruction, PersonaName: u.PersonaName,
		},
		Sessions: []session{}, APIKeys: []apiKey{}, ProviderKeys: []providerKey{},
	}
}

type session struct {
	ID         string     `json:"id"`
	DeviceName string     `json:"deviceName"`
	CreatedAt  time.Time  `json:"createdAt"`
	LastUsedAt time.Time  `json:"lastUsedAt"`
	ExpiresAt  time.Time  `json:"expiresAt"`
	EndedAt    *time.Time `json:"endedAt"`
}

// sessionOf leaves out the hashes of the tokens.
func sessionOf(s *ent.Session) session {
	return session{s.ID.String(), s.DeviceName, s.CreatedAt.UTC(), s.LastUsedAt.UTC(), s.ExpiresAt.UTC(), utc(s.RevokedAt)}
}

type apiKey struct {
	ID           string     `json:"id"`
	Name         string     `json:"name"`
	Hint         string     `json:"hint"`
	Scopes       []string   `json:"scopes"`
	Models       []string   `json:"models"`
	IsTest       bool       `json:"isTest"`
	BudgetMicros *int64     `json:"monthlyBudgetMicros"`
	CreatedAt    time.Time  `json:"createdAt"`
	ExpiresAt    *time.Time `json:"expiresAt"`
	LastUsedAt   *time.Time `json:"lastUsedAt"`
	RevokedAt    *time.Time `json:"revokedAt"`
}

// apiKeyOf leaves out the hash of the key.
func apiKeyOf(k *ent.APIKey) apiKey {
	return apiKey{
		k.ID.String(), k.Name, k.Hint, k.Scopes, k.Models, k.IsTest, k.BudgetMicros,
		k.CreatedAt.UTC(), utc(k.ExpiresAt), utc(k.LastUsedAt), utc(k.RevokedAt),
	}
}

type providerKey struct {
	Provider    string     `json:"provider"`
	Hint        string     `json:"hint"`
	CreatedAt   time.Time  `json:"createdAt"`
	UpdatedAt   time.Time  `json:"updatedAt"`
	LastError   *string    `json:"lastError"`
	LastErrorAt *time.Time `json:"lastErrorAt"`
}

// providerKeyOf leaves out the sealed key.
func providerKeyOf(k *ent.ProviderKey) providerKey {
	return providerKey{k.Provider, k.Hint, k.CreatedAt.UTC(), k.UpdatedAt.UTC(), nonEmpty(k.LastError), utc(k.LastErrorAt)}
}

type folder struct {
	ID        string     `json:"id"`
	Name      string     `json:"name"`
	Type      string     `json:"type"`
	CreatedAt time.Time  `json:"createdAt"`
	DeletedAt *time.Time `json:"deletedAt"`
}

func folderOf(f *ent.Folder) folder {
	return folder{f.ID.String(), f.Name, string(f.Type), f.CreatedAt.UTC(), utc(f.DeletedAt)}
}

type prompt struct {
	ID          string    `json:"id"`
	Title       string    `json:"title"`
	Description string    `json:"description"`
	Content     string    `json:"content"`
	CreatedAt   time.Time `json:"createdAt"`
	UpdatedAt   time.Time `json:"updatedAt"`
}

func promptOf(p *ent.Prompt) prompt {
	return prompt{p.ID.String(), p.Title, p.Description, p.Content, p.CreatedAt.UTC(), p.UpdatedAt.UTC()}
}

type plan struct {
	ID           string     `json:"id"`
	Title        string     `json:"title"`
	JobID        string     `json:"jobId"`
	Language     string     `json:"language"`
	Goal         string     `json:"goal"`
	Summary      string     `json:"summary"`
	BudgetMicros *int64     `json:"budgetMicros"`
	FolderID     *string    `json:"folderId"`
	CreatedAt    time.Time  `json:"createdAt"`
	UpdatedAt    time.Time  `json:"updatedAt"`
	AppliedAt    *time.Time `json:"appliedAt"`
	Steps        []planStep `json:"steps"`
}

// planStep is a step of a plan. dependsOn has the ids of earlier steps.
type planStep struct {
	ID          string   `json:"id"`
	Position    int      `json:"position"`
	Title       string   `json:"title"`
	Intent      string   `json:"intent"`
	Kind        string   `json:"kind"`
	Model       string   `json:"model"`
	Reason      string   `json:"reason"`
	Instruction string   `json:"instruction"`
	Prompts     []string `json:"prompts"`
	DependsOn   []string `json:"dependsOn"`
	ChatID      *string  `json:"chatId"`
}

func planOf(p planWithSteps) plan {
	out := plan{
		p.ID.String(), p.Title, p.JobID.String(), p.Language, p.Goal, p.Summary, p.BudgetMicros, ref(p.FolderID), p.CreatedAt.UTC(), p.UpdatedAt.UTC(), utc(p.AppliedAt), []planStep{},
	}
	for _, s := range p.steps {
		on := []string{}
		for _, id := range s.DependsOn {
			on = append(on, id.String())
		}
		out.Steps = append(out.Steps, planStep{
			s.ID.String(), s.Position, s.Title, s.Intent, string(s.Kind), s.Model, s.Reason, s.Instruction, s.Prompts, on, ref(s.ChatID),
		})
	}
	return out
}

// artifact is an element of artifacts.json. path is null where the archive has no bytes of it.
type artifact struct {
	ID          string     `json:"id"`
	Kind        string     `json:"kind"`
	JobID       string     `json:"jobId"`
	ChatID      *string    `json:"chatId"`
	Prompt      string     `json:"prompt"`
	Model       string     `json:"model"`
	Provider    string     `json:"provider"`
	AnsweredBy  string     `json:"answeredBy"`
	Text        *string    `json:"text"`
	IsFavourite bool       `json:"isFavourite"`
	CreatedAt   time.Time  `json:"createdAt"`
	ExpiresAt   *time.Time `json:"expiresAt"`
	Path        *string    `json:"path"`
	content
}

// content describes the bytes of a file or an artifact.
type content struct {
	MIMEType string   `json:"mimeType"`
	Bytes    int64    `json:"bytes"`
	SHA256   string   `json:"sha256"`
	Width    *int     `json:"width"`
	Height   *int     `json:"height"`
	Seconds  *float64 `json:"seconds"`
}

func (g *gatherer) artifactOf(a *ent.Artifact) artifact {
	return artifact{
		a.ID.String(), string(a.Kind), a.JobID.String(), ref(a.ChatID), a.Prompt, a.Model, a.Provider, a.AnsweredBy, a.Text, a.IsFavourite,
		a.CreatedAt.UTC(), utc(a.ExpiresAt), g.pathOf(a.ID), content{a.MimeType, a.Bytes, a.Sha256, a.Width, a.Height, a.Seconds},
	}
}

// upload is an element of files.json. path is null where the archive has no bytes of it.
type upload struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	Status    string    `json:"status"`
	Animated  bool      `json:"isAnimated"`
	CreatedAt time.Time `json:"createdAt"`
	Path      *string   `json:"path"`
	content
}

func (g *gatherer) fileOf(f *ent.File) upload {
	return upload{
		f.ID.String(), f.Name, string(f.Status), f.IsAnimated, f.CreatedAt.UTC(), g.pathOf(f.ID),
		content{f.MimeType, f.Bytes, f.Sha256, f.Width, f.Height, f.Seconds},
	}
}

type share struct {
	ID           string     `json:"id"`
	ArtifactID   string     `json:"artifactId"`
	CreatedAt    time.Time  `json:"createdAt"`
	ExpiresAt    *time.Time `json:"expiresAt"`
	RevokedAt    *time.Time `json:"revokedAt"`
	ViewCount    int64      `json:"viewCount"`
	LastViewedAt *time.Time `json:"lastViewedAt"`
}

func shareOf(l *ent.ShareLink) share {
	return share{
		l.ID.String(), l.ArtifactID.String(), l.CreatedAt.UTC(), utc(l.ExpiresAt), utc(l.RevokedAt), l.ViewCount, utc(l.LastViewedAt),
	}
}

// payment is an element of payments.json. Amounts are in minor units of the currency.
type payment struct {
	ID             string        `json:"id"`
	Gateway        string        `json:"gateway"`
	GatewayID      string        `json:"gatewayId"`
	TransactionID  *string       `json:"transactionId"`
	Plan           string        `json:"plan"`
	Days           int           `json:"days"`
	IsTest         bool          `json:"isTest"`
	OrderName      string        `json:"orderName"`
	Amount         int64         `json:"amount"`
	Currency       string        `json:"currency"`
	Status         string        `json:"status"`
	RefundedAmount int64         `json:"refundedAmount"`
	CreatedAt      time.Time     `json:"createdAt"`
	PaidAt         *time.Time    `json:"paidAt"`
	GrantedAt      *time.Time    `json:"grantedAt"`
	ExpiresAt      time.Time     `json:"expiresAt"`
	Timeline       []paymentStep `json:"timeline"`
}

type paymentStep struct {
	Type   string    `json:"type"`
	Source string    `json:"source"`
	Amount *int64    `json:"amount"`
	Detail string    `json:"detail"`
	At     time.Time `json:"at"`
}

// paymentOf expects the steps of the payment to be loaded.
func paymentOf(p *ent.Payment) payment {
	out := payment{
		ID: p.ID.String(), Gateway: p.Gateway, GatewayID: p.GatewayID, TransactionID: nonEmpty(p.TransactionID), Plan: string(p.Plan), Days: p.Days, IsTest: p.IsTest,
		OrderName: p.OrderName, Amount: p.Amount, Currency: p.Currency, Status: string(p.Status), RefundedAmount: p.RefundedAmount,
		CreatedAt: p.CreatedAt.UTC(), PaidAt: utc(p.PaidAt), GrantedAt: utc(p.GrantedAt), ExpiresAt: p.ExpiresAt.UTC(), Timeline: []paymentStep{},
	}
	for _, s := range p.Edges.Steps {
		out.Timeline = append(out.Timeline, paymentStep{string(s.Type), string(s.Source), s.Amount, s.Detail, s.CreatedAt.UTC()})
	}
	return out
}

type membershipChange struct {
	At           time.Time  `json:"at"`
	Kind         string     `json:"kind"`
	Plan         string     `json:"plan"`
	Days         float64    `json:"days"`
	PaymentID    *string    `json:"paymentId"`
	TypeAfter    string     `json:"typeAfter"`
	ExpiresAfter *time.Time `json:"expiresAfter"`
}

// membershipOf converts microseconds to days, which may be fractions after a conversion between plans.
func membershipOf(m *ent.MembershipChange) membershipChange {
	const day = float64(24 * time.Hour / time.Microsecond)
	return membershipChange{
		m.CreatedAt.UTC(), string(m.Kind), string(m.Plan), float64(m.Micros) / day, ref(m.PaymentID), string(m.TypeAfter), utc(m.ExpiresAfter),
	}
}

// ref is an id in the form of the API; nil for none.
func ref[K fmt.Stringer](id *K) *string {
	if id == nil {
		return nil
	}
	s := (*id).String()
	return &s
}

// utc is a time in UTC; nil for none. Postgres returns times in the zone of the connection.
func utc(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	at := t.UTC()
	return &at
}

// name is the value of an enum; nil for none.
func name[E ~string](e *E) *string {
	if e == nil {
		return nil
	}
	s := string(*e)
	return &s
}

// nonEmpty is a text; nil for an empty one.
func nonEmpty(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
