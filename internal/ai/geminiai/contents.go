package geminiai

import (
	"errors"
	"math"
	"regexp"
	"strings"

	"google.golang.org/genai"

	"github.com/weav-ai/weav/internal/ai"
)

var (
	errNoTurns = errors.New("a conversation without turns")
	errModel   = errors.New("the model's name is malformed")
)

// modelName is what may be part of the path of a request.
var modelName = regexp.MustCompile(`^(models/|tunedModels/)?[A-Za-z0-9][A-Za-z0-9._-]*$`)

// checkModel refuses a name that would change the path of the request.
func checkModel(name string) error {
	if !modelName.MatchString(name) || strings.Contains(name, "..") {
		return errModel
	}
	return nil
}

// shortName is a model's name in the form of requests.
func shortName(name string) string { return strings.TrimPrefix(name, "models/") }

// textParams translates a request. The API has no field for EndUser and JobKey.
func textParams(req ai.TextRequest) ([]*genai.Content, *genai.GenerateContentConfig, error) {
	if err := checkModel(req.Model); err != nil {
		return nil, nil, err
	}
	contents := contentsOf(req.Turns)
	if len(contents) == 0 {
		return nil, nil, errNoTurns
	}
	config := &genai.GenerateContentConfig{
		AutomaticContinuation: genai.Ptr(false), // Each continuation would be a further paid call.
		MaxOutputTokens:       int32(min(max(req.MaxOutputTokens, 0), math.MaxInt32)),
	}
	if req.Instruction != "" {
		config.SystemInstruction = &genai.Content{Parts: []*genai.Part{{Text: req.Instruction}}}
	}
	if req.Temperature != nil {
		config.Temperature = genai.Ptr(float32(*req.Temperature))
	}
	if req.Answer != nil {
		config.ResponseMIMEType = "application/json"
		config.ResponseJsonSchema = req.Answer.Schema
	}
	return contents, config, nil
}

// contentsOf translates turns. Empty ones are omitted, because the API refuses them; a reply that was stopped
// before its first word is empty.
func contentsOf(turns []ai.Turn) []*genai.Content {
	contents := make([]*genai.Content, 0, len(turns))
	for _, turn := range turns {
		if parts := partsOfTurn(turn); len(parts) > 0 {
			contents = append(contents, &genai.Content{Role: roleOf(turn.Role), Parts: parts})
		}
	}
	return contents
}

// partsOfTurn puts pictures before the text, as Google recommends.
func partsOfTurn(turn ai.Turn) []*genai.Part {
	parts := make([]*genai.Part, 0, len(turn.Images)+1)
	for _, image := range turn.Images {
		parts = append(parts, &genai.Part{InlineData: &genai.Blob{Data: image.Bytes, MIMEType: image.MIMEType}})
	}
	if turn.Text != "" {
		parts = append(parts, &genai.Part{Text: turn.Text})
	}
	return parts
}

func roleOf(role ai.Role) string {
	if role == ai.RoleAssistant {
		return genai.RoleModel
	}
	return genai.RoleUser
}

// textsOf are the texts of the request, which no error may repeat.
func textsOf(req ai.TextRequest) []string {
	texts := []string{req.Instruction}
	for _, turn := range req.Turns {
		texts = append(texts, turn.Text)
	}
	return texts
}
