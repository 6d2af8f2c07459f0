//go:build unix

package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"example.com/postinvoke/deploy/moto"
	"example.com/postinvoke/internal/ci"
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

func TestNothingIsPublishedUnlessAsked(t *testing.T) {
	calls := fakeAWS(t)
	printed := layer(t, "-o", t.TempDir(), "-arch", "arm64", "-regions", "eu-west-1", "-public")
	if got := calls(); got != "" {
		t.Errorf("aws was called without -publish:\n%s", got)
	}
	if !strings.Contains(printed, "aws lambda publish-layer-version --region eu-west-1 ") {
		t.Errorf("got no command to paste in\n%s", printed)
	}
}

// What is printed does, in a shell, what -publish does.
func TestThePrintedCommandsAreThoseThatPublish(t *testing.T) {
	for _, public := range []string{"-public=false", "-public=true"} {
		calls := fakeAWS(t)
		args := []string{"-o", filepath.Join(t.TempDir(), "it's here"), "-regions", "eu-west-1,us-east-1", public}
		_, commands, found := strings.Cut(layer(t, args...), "-publish runs them:\n\n")
		if !found {
			t.Fatal("no commands were printed")
		}
		if out, err := exec.Command("/bin/sh", "-ec", commands).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		printed := calls()
		calls = fakeAWS(t)
		layer(t, append(args, "-publish")...)
		if got := calls(); got != printed {
			t.Errorf("%s: -publish made these calls:\n%s\nthe printed commands these:\n%s", public, got, printed)
		}
		if got, want := strings.Count(printed, "publish-layer-version\n"), 4; got != want {
			t.Errorf("%s: got %d layers published, want two architectures in two regions", public, got)
		}
		want := 0
		if public == "-public=true" {
			want = 4
		}
		permission := "--version-number\n7\n--statement-id\npublic\n--principal\n*\n--action\nlambda:GetLayerVersion\n"
		if permitted := strings.Count(printed, permission); permitted != want {
			t.Errorf("%s: got %d versions made public, want %d", public, permitted, want)
		}
	}
}

// Lambda's API returns the sum of the zip that it was given: the one that we print.
func TestTheSumOfAPublishedLayerIsTheOnePrinted(t *testing.T) {
	if _, err := exec.LookPath("aws"); err != nil {
		ci.Skip(t, "needs the AWS CLI")
	}
	moto.Start(t)
	printed := layer(t, "-o", t.TempDir(), "-arch", "arm64", "-regions", "eu-west-1", "-public", "-publish")
	_, arn, _ := strings.Cut(printed, "Published:\n")
	arn = strings.TrimSpace(arn)
	out, err := exec.Command("aws", "lambda", "get-layer-version",
		"--layer-name", "postinvoke-arm64", "--version-number", arn[strings.LastIndex(arn, ":")+1:]).Output()
	if err != nil {
		t.Fatalf("%v: %v", err, arn)
	}
	var got struct {
		Content                 struct{ CodeSha256 string }
		CompatibleArchitectures []string
		Description             string
	}
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatal(err)
	}
	if sum := got.Content.CodeSha256; sum == "" || !strings.Contains(printed, "CodeSha256  "+sum+"\n") {
		t.Errorf("CodeSha256 of %s: got %q, which was not printed:\n%s", arn, sum, printed)
	}
	if !strings.Contains(got.Description, "go1.") {
		t.Errorf("description: got %q, want the Go version that a rebuild needs", got.Description)
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
