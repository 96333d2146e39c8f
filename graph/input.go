package graph

import (
	"github.com/99designs/gqlgen/graphql"

	"github.com/weav-ai/weav/internal/auth"
	"github.com/weav-ai/weav/internal/chat"
	"github.com/weav-ai/weav/internal/job"
	"github.com/weav-ai/weav/internal/planner"
	"github.com/weav-ai/weav/internal/usage"
)

// optional returns nil for an absent value and an empty text for null.
func optional(v *string, set bool) *string {
	if !set {
		return nil
	}
	return orEmpty(v)
}

// orEmpty returns an empty text for null.
func orEmpty(s *string) *string {
	if s == nil {
		return new(string)
	}
	return s
}

// proofOf converts a proof of identity.
func proofOf(in IdentityInput) auth.Proof {
	var proof auth.Proof
	if dev := in.Dev.Value(); dev != nil {
		proof.Dev = &auth.DevProof{Email: dev.Email, FirstName: dev.FirstName.Value(), LastName: dev.LastName.Value()}
	}
	if firebase := in.Firebase.Value(); firebase != nil {
		proof.Firebase = &auth.FirebaseProof{IDToken: firebase.IDToken}
	}
	return proof
}

// expectHead returns the head that the client expects. An absent ifHead expects none; null expects an empty chat where
// nullIsEmpty, and is absent elsewhere.
func expectHead(in graphql.Omittable[*string], nullIsEmpty bool) chat.Expect {
	head, set := in.ValueOK()
	return chat.Expect{Set: set && (head != nil || nullIsEmpty), Head: head}
}

// workOf converts the work of a job.
func workOf(in *JobWorkInput) job.Work {
	var w job.Work
	if t, ok := in.Text.ValueOK(); ok && t != nil {
		w.Text = &job.TextWork{
			ModelID: t.ModelID.Value(), Prompt: t.Prompt, SystemPrompt: t.SystemPrompt.Value(),
			Temperature: t.Temperature.Value(), MaxOutputTokens: t.MaxOutputTokens.Value(),
		}
	}
	if i, ok := in.Image.ValueOK(); ok && i != nil {
		w.Image = &job.ImageWork{
			ModelID: i.ModelID.Value(), Prompt: i.Prompt, Size: i.Size.Value(), Aspect: i.Aspect.Value(), Quality: i.Quality.Value(),
		}
	}
	if v, ok := in.Video.ValueOK(); ok && v != nil {
		w.Video = &job.VideoWork{
			ModelID: v.ModelID.Value(), Prompt: v.Prompt, Seconds: v.Seconds.Value(),
			Resolution: v.Resolution.Value(), Aspect: v.Aspect.Value(), Style: v.Style.Value(),
		}
	}
	return w
}

// money converts an amount; nil when it is absent.
func money(in graphql.Omittable[*CostInput]) *usage.Money {
	c := in.Value()
	if c == nil {
		return nil
	}
	return &usage.Money{AmountMicros: c.AmountMicros, Currency: c.Currency}
}

// budgetOf converts the budget of a plan; nil when it is absent.
func budgetOf(in graphql.Omittable[*CostInput]) *planner.Budget {
	b := in.Value()
	if b == nil {
		return nil
	}
	return &planner.Budget{AmountMicros: b.AmountMicros, Currency: b.Currency}
}
