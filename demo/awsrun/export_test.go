package awsrun

// Explain makes the sentence of an error that a request for the stack Demo met
// in a region.
func Explain(region string, err error) error {
	return (&account{region: region}).explain(err, request{describeStacks, "stack Demo"})
}

// FirstIsRetried reports whether a run's first request is made again after an
// error.
func FirstIsRetried(err error) bool { return firstRetryer{retryer(0)}.IsErrorRetryable(err) }

// TargetsIn returns the functions, and their log groups, in a stack's outputs.
func TargetsIn(outputs map[string]string) ([][3]string, error) {
	targets, err := targetsIn(outputs)
	var all [][3]string
	for _, t := range targets {
		all = append(all, [3]string{t.name, t.function, t.group})
	}
	return all, err
}
