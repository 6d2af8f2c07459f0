// Package moto starts moto, an emulator of AWS's APIs, for tests of what is
// deployed without CDK. What passes there is no proof of anything on AWS: moto
// checks little, and runs nothing.
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

// Start starts an emulator for the test t, with nothing in it, and sets the
// variables under which AWS's tools use it, and no network. Without moto the
// test is skipped.
func Start(t *testing.T) {
	t.Helper()
	server, err := exec.LookPath("moto_server")
	if err != nil {
		ci.Skip(t, "needs moto, an emulator of AWS: pip install 'moto[server]'")
	}
	cmd := exec.Command(server, "-H", "127.0.0.1", "-p", "0")
	said, w := io.Pipe()
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
	lines := bufio.NewScanner(said)
	for lines.Scan() {
		t.Log("moto:", lines.Text())
		if m := address.FindStringSubmatch(lines.Text()); m != nil {
			go io.Copy(io.Discard, said) // a log of every request
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
		// Whatever would leave this machine asks for a tunnel, and is refused.
		"HTTPS_PROXY": endpoint, "NO_PROXY": "127.0.0.1",
	} {
		t.Setenv(name, value)
	}
}
