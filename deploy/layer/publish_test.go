//go:build unix

package main

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// fakeAWS puts an aws command on the PATH that writes down its arguments, one a
// line, and answers as the real one does to publish-layer-version. It returns
// what reads the calls so far.
func fakeAWS(t *testing.T) func() string {
	t.Helper()
	calls := filepath.Join(t.TempDir(), "calls")
	script(t, "aws", `printf '%s\n' "$@" ---- >>'`+calls+`'
echo arn:aws:lambda:eu-west-1:123456789012:layer:some-name:7
`)
	return func() string {
		b, err := os.ReadFile(calls)
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		return string(b)
	}
}

// script puts a command on the PATH, before any other of that name.
func script(t *testing.T, name, text string) {
	t.Helper()
	bin := t.TempDir()
	if err := os.WriteFile(filepath.Join(bin, name), []byte("#!/bin/sh\n"+text), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
}

// What is printed does, in a shell, what -publish does; nothing is published without
// that flag. TestSomethingElse of deploy runs the commands with the real aws command.
func TestThePrintedCommandsAreThoseThatPublish(t *testing.T) {
	for _, public := range []bool{false, true} {
		o := options{name: "mine", regions: []string{"eu-west-1", "us-east-1"}, public: public}
		made := source{version: "v1.2.3", goVersion: "go1.26.0 X:some"}
		files := []zipFile{
			{path: "it's here/layer-arm64.zip", arch: "arm64", layer: true},
			{path: "it's here/function-arm64.zip", arch: "arm64"},
			{path: "it's here/layer-x86_64.zip", arch: "x86_64", layer: true},
		}
		calls := fakeAWS(t)
		var printed, published bytes.Buffer
		if err := o.publishLayers(t.Context(), made, files, &printed, io.Discard); err != nil {
			t.Fatal(err)
		}
		if got := calls(); got != "" {
			t.Errorf("aws was called without -publish:\n%s", got)
		}
		_, commands, found := strings.Cut(printed.String(), "-publish runs them:\n\n")
		if !found {
			t.Fatalf("got no commands in\n%s", &printed)
		}
		if out, err := exec.Command("/bin/sh", "-ec", commands).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		want := calls()

		calls = fakeAWS(t)
		o.publish = true
		if err := o.publishLayers(t.Context(), made, files, &published, io.Discard); err != nil {
			t.Fatal(err)
		}
		got := calls()
		if got != want {
			t.Errorf("-publish made these calls:\n%s\nthe printed commands these:\n%s", got, want)
		}
		const arn = "arn:aws:lambda:eu-west-1:123456789012:layer:some-name:7\n"
		if got, want := published.String(), "\nPublished:\n"+strings.Repeat(arn, 4); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		// Two architectures in two regions.
		counts := map[string]int{
			"lambda\npublish-layer-version\n--region\nus-east-1\n--layer-name\nmine-x86_64\n": 1,
			"--zip-file\nfileb://it's here/layer-":                                            4,
			"--description\npostinvoke extension for arm64, v1.2.3, go1.26.0 X:some\n":        2,
			"add-layer-version-permission\n":                                                  0,
		}
		if public {
			counts["add-layer-version-permission\n"] = 4
			counts["--version-number\n7\n--statement-id\npublic\n--principal\n*\n--action\nlambda:GetLayerVersion\n"] = 4
		}
		for text, want := range counts {
			if n := strings.Count(got, text); n != want {
				t.Errorf("public %t: got %d times %q, want %d, in\n%s", public, n, text, want, got)
			}
		}
	}
}

func TestAFailureToPublishIsReported(t *testing.T) {
	script(t, "aws", "echo 'no credentials' >&2\nexit 253\n")
	_, err := tryLayer(t, "-o", t.TempDir(), "-arch", "arm64", "-regions", "eu-west-1", "-publish")
	if err == nil || !strings.Contains(err.Error(), "in eu-west-1: exit status 253") {
		t.Errorf("got %v, want the region and the exit status", err)
	}
	if err != nil && !strings.Contains(err.Error(), "no credentials") {
		t.Errorf("got %v, want what aws said", err)
	}
}
