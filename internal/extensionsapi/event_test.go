package extensionsapi

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestParseEvent(t *testing.T) {
	tests := []struct {
		name, in string
		want     Event
	}{
		{
			"INVOKE",
			`{"eventType":"INVOKE","deadlineMs":1763829052123,"requestId":"3da1f2dc-3222-475e-9205-e2e6c6318895","invokedFunctionArn":"arn:aws:lambda:us-east-1:123456789012:function:x","tracing":{"type":"X-Amzn-Trace-Id","value":"Root=1-5f35ae12"}}`,
			Event{Type: "INVOKE", DeadlineMs: 1763829052123, RequestID: "3da1f2dc-3222-475e-9205-e2e6c6318895"},
		},
		{
			"SHUTDOWN",
			`{"eventType":"SHUTDOWN","shutdownReason":"spindown","deadlineMs":1763829052123}`,
			Event{Type: "SHUTDOWN", Reason: "spindown", DeadlineMs: 1763829052123},
		},
		{
			"the deadline as a string, as in Lambda's documentation",
			`{ "eventType" : "SHUTDOWN" , "shutdownReason" : "TIMEOUT" , "deadlineMs" : "1763829052123" }` + "\n",
			Event{Type: "SHUTDOWN", Reason: "TIMEOUT", DeadlineMs: 1763829052123},
		},
		{
			"unknown members",
			`{"a":[1,-2.5e+3,{"b":[]},"\"]}",true,false,null,{}],"eventType":"X","c":0}`,
			Event{Type: "X"},
		},
		{
			"null, and a deadline that SHUTDOWN does not need",
			`{"eventType":"SHUTDOWN","shutdownReason":null,"deadlineMs":{},"requestId":null}`,
			Event{Type: "SHUTDOWN"},
		},
		{
			"escapes",
			`{"eventType":"\u0049\\\"\b\f\n\r\t\u00e9"}`,
			Event{Type: "I\\\"\b\f\n\r\té"},
		},
		{
			"escapes that Go does not have stay as they are",
			`{"eventType":"a\/b","requestId":"\ud83d\ude00"}`,
			Event{Type: `a\/b`, RequestID: `\ud83d\ude00`},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := parseEvent([]byte(test.in))
			if err != nil {
				t.Fatal(err)
			}
			if got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

func TestParseEventSaysWhatIsWrong(t *testing.T) {
	tests := []struct{ in, want string }{
		{``, "not a JSON object"},
		{`<html>`, `not a JSON object: "<html>"`},
		{`["eventType"]`, "not a JSON object"},
		{`{"eventType":"INVOKE"`, "cut off"},
		{`{"eventType":"INVOKE`, "cut off"},
		{`{"eventType":"INVOKE\`, "cut off"},
		{`{"a":` + strings.Repeat("[", 1000), "cut off"},
		{`{"eventType":"INVOKE"} x`, "more than a JSON object"},
		{`{}`, "no eventType"},
		{`{"eventType":INVOKE}`, "no eventType"},
		{`{"eventType":null}`, "no eventType"},
		{`{"a":{"eventType":"INVOKE"}}`, "no eventType"},
		{`{"eventType":"INVOKE"}`, "deadlineMs is not a whole number"},
		{`{"eventType":"INVOKE","deadlineMs":1.5}`, "deadlineMs is not a whole number"},
		{`{"eventType":"INVOKE","deadlineMs":99999999999999999999}`, "deadlineMs is not a whole number"},
	}
	for _, test := range tests {
		_, err := parseEvent([]byte(test.in))
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%.40s: got error %v, want one with %q", test.in, err, test.want)
		}
	}
}

// Every object that encoding/json reads is read, and alike. Strings with escapes
// that Go does not have are left out.
func FuzzParseEvent(f *testing.F) {
	f.Add([]byte(`{"eventType":"INVOKE","deadlineMs":1763829052123,"requestId":"3da1","tracing":{"type":"X","value":"Root=1"}}`))
	f.Add([]byte(`{"eventType":"SHUTDOWN","shutdownReason":"spin\u0064own","deadlineMs":"1"}`))
	f.Add([]byte(`{"x":[[],{"eventType":"Y"},1e9,-0.0,"}"],"eventType":"\\","a\"b":"]"}`))
	f.Fuzz(func(t *testing.T, in []byte) {
		got, gotErr := parseEvent(in)
		var members map[string]any
		if json.Unmarshal(in, &members) != nil {
			return
		}
		want, isString := members["eventType"].(string)
		if !isString || bytes.Contains(in, []byte(`\/`)) || bytes.Contains(in, []byte(`\u`)) || !utf8.Valid(in) {
			return
		}
		switch {
		case gotErr != nil && want != "" && want != "INVOKE": // which needs a deadline
			t.Errorf("parseEvent(%q): %v", in, gotErr)
		case gotErr == nil && got.Type != want:
			t.Errorf("parseEvent(%q): got eventType %q, encoding/json has %q", in, got.Type, want)
		}
	})
}
