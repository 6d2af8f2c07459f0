package main

import (
	"encoding/json"
	"net"
	"runtime"
	"strconv"
	"testing"
	"time"

	"example.com/postinvoke/lambdaenv/lambdaenvtest"
)

// records are what CloudWatch makes of a log: one map from field to value for
// each line that is JSON. It flattens objects with dots and arrays with their
// indices.
type records []map[string]any

func recordsOf(env *lambdaenvtest.Env) records {
	var found records
	for _, line := range env.Lines() {
		var parsed map[string]any
		if json.Unmarshal([]byte(line), &parsed) == nil {
			flat := map[string]any{}
			flatten(flat, "", parsed)
			found = append(found, flat)
		}
	}
	return found
}

func flatten(into map[string]any, name string, value any) {
	dot := func(key string) string {
		if name == "" {
			return key
		}
		return name + "." + key
	}
	switch value := value.(type) {
	case map[string]any:
		for key, v := range value {
			flatten(into, dot(key), v)
		}
	case []any:
		for i, v := range value {
			flatten(into, dot(strconv.Itoa(i)), v)
		}
	default:
		into[name] = value
	}
}

// with returns the only record with this message.
func (r records) with(t *testing.T, message string) map[string]any {
	t.Helper()
	var found records
	for _, fields := range r {
		if fields["message"] == message {
			found = append(found, fields)
		}
	}
	if len(found) != 1 {
		t.Fatalf("got %d records %q, want 1", len(found), message)
	}
	return found[0]
}

// allRecords runs what is deployed, and a function that misbehaves, until
// everything that the dashboard shows has been logged.
func allRecords(t *testing.T) records {
	t.Helper()
	native := 0
	if runtime.GOARCH == "amd64" {
		native = 1
	}
	example := deployed(t, demo(t), native)
	env := lambdaenvtest.Start(t, example)
	env.Invoke(`{"sleepMs": 1}`)
	env.WaitIdle()
	env.Shutdown()
	found := recordsOf(env)

	misbehaving := example
	misbehaving.Function = lambdaenvtest.Build(t, "infra/testdata/misbehaving")
	misbehaving.Timeout = 1500 * time.Millisecond
	env = lambdaenvtest.Start(t, misbehaving)
	for _, do := range []string{"fail", "panic", "overrun", "too late"} {
		env.Invoke(`{"do": "` + do + `"}`)
		env.WaitIdle()
	}
	env.Invoke(`["cannot be decoded"]`)
	env.WaitIdle()
	env.Shutdown()
	found = append(found, recordsOf(env)...)

	// A stranger on the port keeps the extension from its work.
	stranger, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer stranger.Close()
	_, port, _ := net.SplitHostPort(stranger.Addr().String())
	obstructed := example
	obstructed.Env = append([]string{"POSTINVOKE_PORT=" + port}, example.Env...)
	env = lambdaenvtest.Start(t, obstructed)
	env.Shutdown()
	return append(found, recordsOf(env)...)
}
