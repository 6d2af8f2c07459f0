package awsrun_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/aws/smithy-go/encoding/cbor"
)

// An operation is one of a service of AWS that the demo uses.
// The protocols: https://smithy.io/2.0/aws/protocols/index.html
type operation struct {
	action  string // as in a policy
	failure func(code, message string) []byte
	answer  func(a *account, w http.ResponseWriter, r *http.Request, body []byte) ([]byte, *awsError)
}

var (
	describeStacks      = operation{"cloudformation:DescribeStacks", failXML, (*account).describeStacks}
	invokeFunction      = operation{"lambda:InvokeFunction", failJSON, (*account).invokeFunction}
	filterLogEvents     = operation{"logs:FilterLogEvents", failJSON, (*account).filterLogEvents}
	getMetricStatistics = operation{"cloudwatch:GetMetricStatistics", failCBOR, (*account).getMetricStatistics}
)

func failXML(code, message string) []byte {
	return fmt.Appendf(nil, "<ErrorResponse><Error><Code>%s</Code><Message>%s</Message></Error></ErrorResponse>",
		code, message)
}

func failJSON(code, message string) []byte {
	return fmt.Appendf(nil, `{"__type":%q,"message":%q}`, code, message)
}

func failCBOR(code, message string) []byte {
	return cbor.Encode(cbor.Map{"__type": cbor.String(code), "message": cbor.String(message)})
}

// ServeHTTP answers as AWS does.
func (a *account) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	op := describeStacks
	switch {
	case strings.HasPrefix(r.URL.Path, "/2015-03-31/functions/"):
		op = invokeFunction
	case r.Header.Get("X-Amz-Target") == "Logs_20140328.FilterLogEvents":
		op = filterLogEvents
	case r.Header.Get("Smithy-Protocol") == "rpc-v2-cbor":
		op = getMetricStatistics
		w.Header().Set("Smithy-Protocol", "rpc-v2-cbor")
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client went away
	}
	var failed *awsError
	a.mu.Lock()
	a.requests = append(a.requests, awsRequest{op.action, r.Header.Clone()})
	if queue := a.failures[op.action]; len(queue) > 0 {
		failed, a.failures[op.action] = &queue[0], queue[1:]
	}
	a.mu.Unlock()
	// Runs take the log from then on, so that they have the Init phase.
	w.Header().Set("Date", a.began.Add(a.cfg.Skew).UTC().Format(http.TimeFormat))
	var answer []byte
	if failed == nil {
		answer, failed = op.answer(a, w, r, body)
	}
	if failed != nil {
		w.WriteHeader(failed.Status)
		answer = []byte(failed.Message)
		if failed.Code != "" {
			answer = op.failure(failed.Code, failed.Message)
		}
	}
	_, _ = w.Write(answer)
}

// named returns the function whose name, or that of its log group, is in s. A
// request for another is a failure of the test.
func (a *account) named(s []byte) *function {
	return a.functions[slices.IndexFunc(a.functions, func(f *function) bool {
		return bytes.Contains(s, []byte(f.name)) || bytes.Contains(s, []byte(f.group))
	})]
}

// describeStacks answers
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html
func (a *account) describeStacks(_ http.ResponseWriter, _ *http.Request, body []byte) ([]byte, *awsError) {
	if !bytes.Contains(body, []byte("StackName="+stackName+"&")) {
		return nil, &awsError{http.StatusBadRequest, "ValidationError", "Stack with that id does not exist"}
	}
	outputs := a.cfg.Outputs
	if outputs == nil { // those that infra/demo.go makes
		outputs = map[string]string{"DashboardURL": "https://eu-west-1.console.aws.amazon.com/cloudwatch/home"}
		for _, f := range a.functions {
			outputs["Invoke"+f.output] = "aws lambda invoke --function-name " + f.name + " /dev/stdout"
			outputs["Logs"+f.output] = "aws logs tail --follow " + f.group
		}
	}
	var members string
	for key, value := range outputs {
		members += "<member><OutputKey>" + key + "</OutputKey><OutputValue>" + value + "</OutputValue></member>"
	}
	return fmt.Appendf(nil, "<DescribeStacksResponse><DescribeStacksResult><Stacks><member>"+
		"<StackName>%s</StackName><StackStatus>CREATE_COMPLETE</StackStatus><Outputs>%s</Outputs>"+
		"</member></Stacks></DescribeStacksResult></DescribeStacksResponse>", stackName, members), nil
}

// invokeFunction answers
// https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
func (a *account) invokeFunction(w http.ResponseWriter, r *http.Request, event []byte) ([]byte, *awsError) {
	env := a.named([]byte(r.URL.Path)).env.Environment
	response, err := env.Invoke(r.Context(), event)
	if err != nil {
		return nil, &awsError{http.StatusInternalServerError, "ServiceException", err.Error()}
	}
	if a.cfg.KeepBack {
		_, _ = env.WaitIdle(r.Context())
	}
	w.Header().Set("X-Amzn-Requestid", response.RequestID)
	if response.FunctionError != "" {
		w.Header().Set("X-Amz-Function-Error", "Unhandled")
	}
	return response.Payload, nil
}

// filterLogEvents answers
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
// The first page of each look is empty, as it can be when much is searched.
func (a *account) filterLogEvents(_ http.ResponseWriter, _ *http.Request, body []byte) ([]byte, *awsError) {
	var in struct {
		StartTime int64
		NextToken string
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, &awsError{http.StatusBadRequest, "SerializationException", err.Error()}
	}
	if in.NextToken == "" {
		return []byte(`{"events":[],"nextToken":"2"}`), nil
	}
	answer, err := json.Marshal(map[string]any{"events": a.named(body).look(in.StartTime)})
	if err != nil {
		panic(err) // strings and numbers marshal
	}
	return answer, nil
}

// getMetricStatistics answers
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html
func (a *account) getMetricStatistics(_ http.ResponseWriter, _ *http.Request, body []byte) ([]byte, *awsError) {
	points := cbor.List{}
	for _, milliseconds := range a.named(body).metric() { // each invocation in a separate minute
		points = append(points, cbor.Map{
			"Timestamp":   &cbor.Tag{ID: 1, Value: cbor.Float64(1.8e9)},
			"Maximum":     cbor.Float64(milliseconds),
			"SampleCount": cbor.Float64(1),
		})
	}
	return cbor.Encode(cbor.Map{"Label": cbor.String("PostRuntimeExtensionsDuration"), "Datapoints": points}), nil
}
