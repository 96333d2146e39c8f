package ai

// BytesPerToken is what today's tokenizers come to: about four letters of English
// or one and a third Korean syllables.
const BytesPerToken = 4

// turnOverhead is what a provider adds to each turn for its role and its borders.
const turnOverhead = 4

// EstimateTokens tells about how many tokens s is, for when a provider did not:
// a quarter of its UTF-8 bytes, rounded up.
func EstimateTokens(s string) int64 {
	return int64(len(s)+BytesPerToken-1) / BytesPerToken
}

// EstimateInput tells about how many tokens req sends: EstimateTokens of the
// instruction and of each turn, and four more for each of them.
func EstimateInput(req TextRequest) int64 {
	var n int64
	if req.Instruction != "" {
		n += EstimateTokens(req.Instruction) + turnOverhead
	}
	for _, t := range req.Turns {
		n += EstimateTokens(t.Text) + turnOverhead
	}
	return n
}
