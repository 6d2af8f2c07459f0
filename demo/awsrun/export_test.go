package awsrun

// Explain makes the sentence of an error that a request for the stack Demo met
// in a region.
func Explain(region string, err error) error {
	return (&account{region: region}).explain(err, request{describeStacks, "stack Demo"})
}

// TargetsIn returns the functions, and their log groups, in a stack's outputs.
func TargetsIn(outputs map[string]string) [][3]string {
	var all [][3]string
	for _, t := range targetsIn(outputs) {
		all = append(all, [3]string{t.name, t.function, t.group})
	}
	return all
}
