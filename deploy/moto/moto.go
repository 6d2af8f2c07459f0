// Package moto starts moto, an emulator of AWS's APIs, for tests of what is
// deployed without CDK. A test that passes proves nothing about AWS: moto checks
// little, and runs no function.
package moto

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"example.com/postinvoke/internal/ci"
)

var address = regexp.MustCompile(`Running on (http://127\.0\.0\.1:\d+)`)

// Start starts an empty emulator for the test t, and sets variables with which
// AWS's tools use it, and nothing else. Without moto it skips the test.
func Start(t *testing.T) {
	t.Helper()
	server, err := exec.LookPath("moto_server")
	if err != nil {
		ci.Skip(t, "needs moto, an emulator of AWS: pip install 'moto[server]'")
	}
	cmd := exec.Command(server, "-H", "127.0.0.1", "-p", "0")
	output, w := io.Pipe()
	cmd.Stdout, cmd.Stderr = w, w
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		ended <- cmd.Wait()
		w.Close()
	}()
	t.Cleanup(func() {
		cmd.Process.Kill()
		<-ended
	})
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		t.Log("moto:", lines.Text())
		if m := address.FindStringSubmatch(lines.Text()); m != nil {
			go io.Copy(io.Discard, output) // a log of every request
			setenv(t, complete(t, m[1]))
			return
		}
	}
	t.Fatal("moto ended before it had an address")
}

func setenv(t *testing.T, endpoint string) {
	for _, v := range os.Environ() {
		if name, _, _ := strings.Cut(v, "="); strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, "") // so that it is set again after the test
			os.Unsetenv(name)  // an empty AWS_PROFILE is a mistake
		}
	}
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL":      endpoint,
		"AWS_ACCESS_KEY_ID":     "test",
		"AWS_SECRET_ACCESS_KEY": "test",
		"AWS_REGION":            "eu-west-1",
		"AWS_DEFAULT_REGION":    "eu-west-1",
		"AWS_CONFIG_FILE":       os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull,
		"AWS_EC2_METADATA_DISABLED": "true",
		// Requests to other machines ask for a tunnel, and are refused.
		"HTTPS_PROXY": endpoint, "NO_PROXY": "127.0.0.1",
	} {
		t.Setenv(name, value)
	}
}
