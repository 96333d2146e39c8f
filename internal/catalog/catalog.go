// Package catalog is the catalogue of models. It is dated data that ships with the program and that an
// operator may replace. The server's settings cap it.
package catalog

import (
	"slices"
	"time"
)

// Kind is the kind of results that a model makes.
type Kind string

// The kinds.
const (
	Text  Kind = "TEXT"
	Image Kind = "IMAGE"
	Video Kind = "VIDEO"
)

// Quality is the quality of an image.
type Quality string

// The qualities.
const (
	QualityStandard Quality = "STANDARD"
	QualityHD       Quality = "HD"
)

// State says whether a model can be used.
type State string

// The states.
const (
	Active State = "ACTIVE"
	// Deprecated models can be used until their ShutdownAt.
	Deprecated State = "DEPRECATED"
	// Retired models remain visible in old messages, but cannot be used.
	Retired State = "RETIRED"
)

// Plan is a membership, the lowest first.
type Plan string

// The plans.
const (
	Free     Plan = "FREE"
	Standard Plan = "STANDARD"
	Premium  Plan = "PREMIUM"
)

// Capability is an ability of a model beyond its kind.
type Capability string

// The capabilities.
const (
	ImageInput       Capability = "IMAGE_INPUT"
	StructuredOutput Capability = "STRUCTURED_OUTPUT"
)

// Obstacle says why a user cannot use a model; empty when they can.
type Obstacle string

// The obstacles.
const (
	SignInRequired        Obstacle = "SIGN_IN_REQUIRED"
	MembershipRequired    Obstacle = "MEMBERSHIP_REQUIRED"
	IsRetired             Obstacle = "RETIRED"
	ProviderNotConfigured Obstacle = "PROVIDER_NOT_CONFIGURED"
	KeyRestricted         Obstacle = "KEY_RESTRICTED"
)

// Label is a text in the languages of the app.
type Label struct {
	EN, KO string
}

// Model is an entry of the catalogue.
type Model struct {
	// ID is the catalogue's own id. It never changes, since messages and clients store it.
	ID string
	// Name and Description are shown to users.
	Name, Description Label
	// Provider names the adapter that calls the model.
	Provider string
	// ProviderModel is the provider's own name of the model.
	ProviderModel string
	Kind          Kind
	// Plan is the lowest membership that includes the model.
	Plan  Plan
	State State
	// ShutdownAt is when the provider ends the model; zero when it is unknown.
	ShutdownAt time.Time
	// Successor is the id of the model to use instead. Every retired model has one.
	Successor string
	// Fallback is the id of the model that is used when this one fails before anything was shown; empty for
	// none.
	Fallback     string
	Capabilities []Capability
	// MaxInputChars is the longest message or prompt, in Unicode code points.
	MaxInputChars int
	// MaxOutputTokens is the most tokens of a reply; 0 for a model that writes none.
	MaxOutputTokens int
	// Text, Image and Video are the limits of a model of that kind; nil for others.
	Text  *TextCaps
	Image *ImageCaps
	Video *VideoCaps
	// Prices are the provider's prices, the oldest first; none when they are unknown, which the file must
	// state for every model on offer.
	Prices []Price
	// IsSandbox marks a model of the sandbox, whose answers are made up.
	IsSandbox bool
	// IsDefault marks the default model of chats, or of jobs of its kind.
	IsDefault bool
}

// Can reports whether a model has a capability.
func (m Model) Can(c Capability) bool { return slices.Contains(m.Capabilities, c) }

// TextCaps are the limits of a text model.
type TextCaps struct {
	// ContextTokens is the most tokens of input and output together.
	ContextTokens int
	// InputTokens is the most tokens of the input; nil for the context without the output.
	InputTokens *int
	// DefaultOutputTokens is the most tokens of a text for which no limit is named.
	DefaultOutputTokens int
	// Temperature is nil for a model that does not support it.
	Temperature *Range
}

// Range is the range of a number.
type Range struct {
	Min, Max, Default float64
}

// ImageCaps are the limits of an image model.
type ImageCaps struct {
	// Sizes are WIDTHxHEIGHT in pixels, the default first.
	Sizes []string
	// Qualities begin with the default.
	Qualities []Quality
	// Tokens are the most tokens of an image where the provider bills tokens; none where it bills images.
	Tokens []ImageTokens
}

// VideoCaps are the limits of a video model.
type VideoCaps struct {
	// Seconds, Resolutions and Aspects begin with the default.
	Seconds     []int
	Resolutions []string
	Aspects     []string
	// Styles can be requested; there is no default.
	Styles []string
	// Only restricts the lengths of some resolutions. The others support all of Seconds.
	Only []VideoOnly
}

// VideoOnly are the lengths that a resolution supports.
type VideoOnly struct {
	Resolution string
	Seconds    []int
}

// SecondsByResolution returns the lengths of each resolution, in order.
func (c *VideoCaps) SecondsByResolution() []VideoOnly {
	all := make([]VideoOnly, len(c.Resolutions))
	for i, resolution := range c.Resolutions {
		all[i] = VideoOnly{Resolution: resolution, Seconds: c.SecondsOf(resolution)}
	}
	return all
}

// SecondsOf returns the lengths that a resolution supports, the default first.
func (c *VideoCaps) SecondsOf(resolution string) []int {
	for _, o := range c.Only {
		if o.Resolution == resolution {
			return o.Seconds
		}
	}
	return c.Seconds
}
