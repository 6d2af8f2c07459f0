package awstest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/aws/smithy-go/encoding/cbor"
)

// A Request is one that the account got.
type Request struct {
	Action  string // as in a policy
	Headers http.Header

	r    *http.Request
	body []byte
}

// A service is one of AWS with the operation of it that the demo uses.
type service struct {
	action      string // as in a policy
	contentType string
	failure     func(code, message string) []byte
	answer      func(*Account, http.ResponseWriter, Request) ([]byte, *Failure)
}

// The protocols: https://smithy.io/2.0/aws/protocols/index.html
var (
	stacks  = service{"cloudformation:DescribeStacks", "text/xml", failXML, (*Account).describeStacks}
	lambdas = service{"lambda:InvokeFunction", "application/json", failJSON, (*Account).invoke}
	logs    = service{"logs:FilterLogEvents", "application/x-amz-json-1.1", failJSON, (*Account).filterLogEvents}
	metrics = service{"cloudwatch:GetMetricStatistics", "application/cbor", failCBOR, (*Account).getMetricStatistics}
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

// handler answers as AWS does.
func (a *Account) handler() http.Handler {
	mux := http.NewServeMux()
	handle := func(pattern string, s service) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { a.handle(s, w, r) })
	}
	handle("POST /2015-03-31/functions/{name}/invocations", lambdas)
	handle("POST /service/GraniteServiceVersion20100801/operation/GetMetricStatistics", metrics)
	mux.HandleFunc("POST /{$}", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Amz-Target") == "Logs_20140328.FilterLogEvents" {
			a.handle(logs, w, r)
		} else {
			a.handle(stacks, w, r)
		}
	})
	return mux
}

func (a *Account) handle(s service, w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client went away
	}
	request := Request{s.action, r.Header.Clone(), r, body}
	var failure *Failure
	a.mu.Lock()
	a.requests = append(a.requests, request)
	if queue := a.failures[s.action]; len(queue) > 0 {
		failure, a.failures[s.action] = &queue[0], queue[1:]
	}
	a.mu.Unlock()
	if a.cfg.OnRequest != nil {
		a.cfg.OnRequest(s.action)
	}
	w.Header().Set("Date", time.Now().Add(a.cfg.Skew).UTC().Format(http.TimeFormat))
	w.Header().Set("Content-Type", s.contentType)
	w.Header().Set("Smithy-Protocol", "rpc-v2-cbor") // which only the metrics have
	var answer []byte
	if failure == nil {
		answer, failure = s.answer(a, w, request)
	}
	if failure != nil {
		w.WriteHeader(failure.Status)
		answer = []byte(failure.Message)
		if failure.Code != "" {
			answer = s.failure(failure.Code, failure.Message)
		}
	}
	_, _ = w.Write(answer)
}

// functionWhere returns the function of which that is true.
func (a *Account) functionWhere(is func(*function) bool) (*function, *Failure) {
	for _, f := range a.functions {
		if is(f) {
			return f, nil
		}
	}
	return nil, &Failure{http.StatusNotFound, "ResourceNotFoundException", "No such function."}
}

// describeStacks answers
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html
func (a *Account) describeStacks(_ http.ResponseWriter, r Request) ([]byte, *Failure) {
	if !strings.Contains(string(r.body), "StackName="+Stack+"&") {
		return nil, &Failure{http.StatusBadRequest, "ValidationError", "Stack with that id does not exist"}
	}
	outputs := a.cfg.Outputs
	if outputs == nil { // those that infra/demo.go makes
		outputs = map[string]string{"DashboardURL": "https://" + Region + ".console.aws.amazon.com/cloudwatch/home"}
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
		"</member></Stacks></DescribeStacksResult></DescribeStacksResponse>", Stack, members), nil
}

// invoke answers
// https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
func (a *Account) invoke(w http.ResponseWriter, r Request) ([]byte, *Failure) {
	f, failure := a.functionWhere(func(f *function) bool { return f.name == r.r.PathValue("name") })
	if failure != nil {
		return nil, failure
	}
	env := f.env.Environment
	response, err := env.Invoke(r.r.Context(), r.body)
	if err != nil {
		return nil, &Failure{http.StatusInternalServerError, "ServiceException", err.Error()}
	}
	if a.cfg.KeepBack {
		_, _ = env.WaitIdle(r.r.Context())
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
func (a *Account) filterLogEvents(_ http.ResponseWriter, r Request) ([]byte, *Failure) {
	var in struct {
		LogGroupName string
		StartTime    int64
		NextToken    string
	}
	if err := json.Unmarshal(r.body, &in); err != nil {
		return nil, &Failure{http.StatusBadRequest, "SerializationException", err.Error()}
	}
	f, failure := a.functionWhere(func(f *function) bool { return f.group == in.LogGroupName })
	if failure != nil {
		return nil, failure
	}
	if in.NextToken == "" {
		return []byte(`{"events":[],"nextToken":"2"}`), nil
	}
	answer, err := json.Marshal(map[string]any{"events": f.look(in.StartTime)})
	if err != nil {
		return nil, &Failure{http.StatusInternalServerError, "ServiceException", err.Error()}
	}
	return answer, nil
}

// getMetricStatistics answers
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html
func (a *Account) getMetricStatistics(_ http.ResponseWriter, r Request) ([]byte, *Failure) {
	// The name of the function is text in CBOR, too: that of the dimension.
	f, failure := a.functionWhere(func(f *function) bool { return bytes.Contains(r.body, []byte(f.name)) })
	if failure != nil {
		return nil, failure
	}
	points := cbor.List{}
	for _, milliseconds := range f.metric() { // each invocation in a separate minute
		points = append(points, cbor.Map{
			"Timestamp":   &cbor.Tag{ID: 1, Value: cbor.Float64(1.8e9)},
			"Maximum":     cbor.Float64(milliseconds),
			"SampleCount": cbor.Float64(1),
		})
	}
	return cbor.Encode(cbor.Map{"Label": cbor.String("PostRuntimeExtensionsDuration"), "Datapoints": points}), nil
}
