// Package catalog knows the models a person may choose from. They are dated data that ships with the program and that
// an operator may replace; the server's settings cap them.
package catalog

import (
	"slices"
	"time"
)

// Kind is what a model makes.
type Kind string

// The kinds.
const (
	Text  Kind = "TEXT"
	Image Kind = "IMAGE"
	Video Kind = "VIDEO"
)

// Quality is how much care goes into an image.
type Quality string

// The qualities.
const (
	QualityStandard Quality = "STANDARD"
	QualityHD       Quality = "HD"
)

// State says whether a model can be asked.
type State string

// The states.
const (
	Active State = "ACTIVE"
	// Deprecated models can be asked, but end on their ShutdownAt.
	Deprecated State = "DEPRECATED"
	// Retired models can be seen on old messages, but no longer be asked.
	Retired State = "RETIRED"
)

// Plan is what a person pays for, the least first.
type Plan string

// The plans.
const (
	Free     Plan = "FREE"
	Standard Plan = "STANDARD"
	Premium  Plan = "PREMIUM"
)

// Capability is what a model can do beyond its kind.
type Capability string

// The capabilities.
const (
	ImageInput       Capability = "IMAGE_INPUT"
	StructuredOutput Capability = "STRUCTURED_OUTPUT"
)

// Obstacle says why a person cannot use a model; empty when they can.
type Obstacle string

// The obstacles.
const (
	SignInRequired        Obstacle = "SIGN_IN_REQUIRED"
	MembershipRequired    Obstacle = "MEMBERSHIP_REQUIRED"
	IsRetired             Obstacle = "RETIRED"
	ProviderNotConfigured Obstacle = "PROVIDER_NOT_CONFIGURED"
	KeyRestricted         Obstacle = "KEY_RESTRICTED"
)

// Label is a text in the languages the app speaks.
type Label struct {
	EN, KO string
}

// Model is an entry of the catalogue.
type Model struct {
	// ID is the catalogue's own name; it never changes.
	ID string
	// Name and Description are shown to people.
	Name, Description Label
	// Provider names the adapter that runs it.
	Provider string
	// ProviderModel is the provider's own name for it.
	ProviderModel string
	Kind          Kind
	// Plan is what a person needs to use it.
	Plan  Plan
	State State
	// ShutdownAt is when the provider ends it; zero when nothing is known.
	ShutdownAt time.Time
	// Successor is the id of the model to use instead; every retired one has one.
	Successor string
	// Fallback is the id of the model that is asked when this one fails before anything was
	// shown; empty for none.
	Fallback     string
	Capabilities []Capability
	// MaxInputChars is the longest message or prompt, in Unicode code points.
	MaxInputChars int
	// MaxOutputTokens is the most tokens a reply may have; zero for a model that writes none.
	MaxOutputTokens int
	// Text, Image and Video say what may be asked of a model of that kind; nil for others.
	Text  *TextCaps
	Image *ImageCaps
	Video *VideoCaps
	// Prices are what the provider asks, the oldest first; none when it is not known, which the file says of every model on
	// offer without one.
	Prices []Price
	// IsSandbox marks made-up answers.
	IsSandbox bool
	// IsDefault marks the model of chats, or of jobs of its kind, that name none.
	IsDefault bool
}

// Can says whether a model has a capability.
func (m Model) Can(c Capability) bool { return slices.Contains(m.Capabilities, c) }

// TextCaps is what the texts of a model may be.
type TextCaps struct {
	// ContextTokens is how many tokens the model takes in all, its own included.
	ContextTokens int
	// InputTokens is how many of them may go in; nil for all that the answer leaves.
	InputTokens *int
	// DefaultOutputTokens is the most tokens of a text when nobody says.
	DefaultOutputTokens int
	// Temperature is nil for a model that takes none.
	Temperature *Range
}

// Range is what a number may be.
type Range struct {
	Min, Max, Default float64
}

// ImageCaps is what the images of a model may be.
type ImageCaps struct {
	// Sizes are WIDTHxHEIGHT in pixels, the default first.
	Sizes []string
	// Qualities have the default first.
	Qualities []Quality
	// Tokens are the most that an image takes where its provider bills tokens; none where it bills images.
	Tokens []ImageTokens
}

// VideoCaps is what the videos of a model may be.
type VideoCaps struct {
	// Seconds, Resolutions and Aspects have the default first.
	Seconds     []int
	Resolutions []string
	Aspects     []string
	// Styles may be asked for; there is no default.
	Styles []string
	// Only restricts lengths by resolution; a resolution that is not named takes all of Seconds.
	Only []VideoOnly
}

// VideoOnly are the lengths that a resolution takes.
type VideoOnly struct {
	Resolution string
	Seconds    []int
}

// SecondsByResolution are the lengths of each resolution, in order.
func (c *VideoCaps) SecondsByResolution() []VideoOnly {
	all := make([]VideoOnly, len(c.Resolutions))
	for i, resolution := range c.Resolutions {
		all[i] = VideoOnly{Resolution: resolution, Seconds: c.SecondsOf(resolution)}
	}
	return all
}

// SecondsOf are the lengths that a resolution takes, the default first.
func (c *VideoCaps) SecondsOf(resolution string) []int {
	for _, o := range c.Only {
		if o.Resolution == resolution {
			return o.Seconds
		}
	}
	return c.Seconds
}
