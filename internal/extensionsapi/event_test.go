package extensionsapi

import (
	"encoding/json"
	"strings"
	"testing"
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
			"members that nobody has thought of",
			`{"a":[1,-2.5e+3,{"b":[]},"\"]}",true,false,null,{}],"eventType":"X","c":0}`,
			Event{Type: "X"},
		},
		{
			"null, and a deadline that nobody needs",
			`{"eventType":"SHUTDOWN","shutdownReason":null,"deadlineMs":{},"requestId":null}`,
			Event{Type: "SHUTDOWN"},
		},
		{
			"escapes",
			`{"eventType":"\u0049\/\\\"\b\f\n\r\t\ud83d\ude00\ud83dx\u00e9"}`,
			Event{Type: "I/\\\"\b\f\n\r\t😀\ufffdxé"},
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
		{``, "no '{' at byte 0"},
		{`<html>`, "no '{' at byte 0"},
		{`{}`, "no eventType"},
		{`{"eventType":"INVOKE"`, "no '}' at byte 21"},
		{`{"eventType":"INVOKE`, "a string does not end"},
		{`{"eventType":"INVOKE"} x`, "more after the end"},
		{`{"eventType":INVOKE}`, "no value that is known"},
		{`{"eventType":null}`, "no eventType"},
		{`{"eventType":"INVOKE"}`, "deadlineMs is not a whole number"},
		{`{"eventType":"INVOKE","deadlineMs":1.5}`, "deadlineMs is not a whole number"},
		{`{"eventType":"INVOKE","deadlineMs":99999999999999999999}`, "deadlineMs is not a whole number"},
		{`{"eventType":"\x"}`, "an unknown escape"},
		{`{"eventType":"\u12`, "an unknown escape"},
		{`{"a":` + strings.Repeat("[", 1000), "too deep"},
		{`{"a":tru}`, "no value that is known"},
		{`{,}`, "no string"},
	}
	for _, test := range tests {
		_, err := parseEvent([]byte(test.in))
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%.40s: got error %v, want one with %q", test.in, err, test.want)
		}
	}
}

// What the parser accepts encoding/json accepts too, and reads alike.
func FuzzParseEvent(f *testing.F) {
	f.Add([]byte(`{"eventType":"INVOKE","deadlineMs":1763829052123,"requestId":"3da1","tracing":{"type":"X","value":"Root=1"}}`))
	f.Add([]byte(`{"eventType":"SHUTDOWN","shutdownReason":"spin\u0064own","deadlineMs":"1"}`))
	f.Add([]byte(`{"eventType":"\ud800\udc00\ud800","x":[[],{},1e9,-0.0]}`))
	f.Fuzz(func(t *testing.T, in []byte) {
		got, err := parseEvent(in)
		if err != nil {
			return
		}
		var members map[string]any
		if err := json.Unmarshal(in, &members); err != nil {
			t.Fatalf("parseEvent(%q) accepts what encoding/json does not: %v", in, err)
		}
		if s, ok := members["eventType"].(string); ok && s != got.Type {
			t.Errorf("parseEvent(%q): got eventType %q, encoding/json has %q", in, got.Type, s)
		}
	})
}
