package openaiai

import (
	"encoding/base64"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/responses"

	"github.com/weav-ai/weav/internal/ai"
)

// responseParams is a request to the Responses API. Storing, which is the default, is off. The padding that
// hides the lengths of deltas is off, because the connection is private. Unset fields are not sent, because
// newer models refuse some of them, such as a temperature.
func responseParams(req ai.TextRequest) responses.ResponseNewParams {
	p := responses.ResponseNewParams{
		Model: req.Model, Store: openai.Bool(false),
		Input:         responses.ResponseNewParamsInputUnion{OfInputItemList: inputOf(req.Turns)},
		StreamOptions: responses.ResponseNewParamsStreamOptions{IncludeObfuscation: openai.Bool(false)},
	}
	if req.Instruction != "" {
		p.Instructions = openai.String(req.Instruction)
	}
	if req.MaxOutputTokens > 0 {
		p.MaxOutputTokens = openai.Int(int64(req.MaxOutputTokens))
	}
	if req.Temperature != nil {
		p.Temperature = openai.Float(*req.Temperature)
	}
	if req.EndUser != "" {
		p.SafetyIdentifier = openai.String(req.EndUser)
	}
	if req.Answer != nil {
		p.Text.Format = responses.ResponseFormatTextConfigUnionParam{OfJSONSchema: &responses.ResponseFormatTextJSONSchemaConfigParam{
			Name: req.Answer.Name, Schema: req.Answer.Schema, Strict: openai.Bool(true),
		}}
	}
	return p
}

// inputOf are the turns. The text of a turn precedes its images.
func inputOf(turns []ai.Turn) responses.ResponseInputParam {
	input := make(responses.ResponseInputParam, 0, len(turns))
	for _, t := range turns {
		role := responses.EasyInputMessageRoleUser
		if t.Role == ai.RoleAssistant {
			role = responses.EasyInputMessageRoleAssistant
		}
		if len(t.Images) == 0 {
			input = append(input, responses.ResponseInputItemParamOfMessage(t.Text, role))
			continue
		}
		content := responses.ResponseInputMessageContentListParam{responses.ResponseInputContentParamOfInputText(t.Text)}
		for _, f := range t.Images {
			content = append(content, responses.ResponseInputContentUnionParam{OfInputImage: &responses.ResponseInputImageParam{
				Detail: responses.ResponseInputImageDetailAuto, ImageURL: openai.String(dataURL(f)),
			}})
		}
		input = append(input, responses.ResponseInputItemParamOfMessage(content, role))
	}
	return input
}

// dataURL is a picture embedded in a request.
func dataURL(f ai.File) string {
	return "data:" + f.MIMEType + ";base64," + base64.StdEncoding.EncodeToString(f.Bytes)
}
