package ai

// BytesPerToken is an average of current tokenizers: about four letters of English or one and a third Korean
// syllables.
const BytesPerToken = 4

// turnOverhead is what a provider adds to each turn for its role and delimiters.
const turnOverhead = 4

// EstimateTokens estimates the number of tokens of s, for when a provider did not report it: a quarter of its
// UTF-8 bytes, rounded up.
func EstimateTokens(s string) int64 {
	return int64(len(s)+BytesPerToken-1) / BytesPerToken
}

// EstimateInput estimates the number of tokens of req: EstimateTokens of the instruction and of each turn,
// and four more for each of them.
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
