// Package moto starts moto, an emulator of AWS's APIs, for tests of what is
// deployed without CDK. A test that passes proves nothing about AWS: moto checks
// little, and runs no function.
package moto

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"

	"example.com/postinvoke/internal/ci"
)

var address = regexp.MustCompile(`Running on (http://127\.0\.0\.1:\d+)`)

// emulator is the one process of a test binary, which takes seconds to start.
var emulator struct {
	once    sync.Once
	address string
	err     error
	stop    func()
}

// Start gives the test t an empty emulator, and sets variables with which AWS's
// tools use it, and nothing else. Without moto it skips the test. Tests that run in
// parallel cannot use it; TestMain calls Stop.
func Start(t *testing.T) {
	t.Helper()
	server, err := exec.LookPath("moto_server")
	if err != nil {
		ci.Skip(t, "needs moto, an emulator of AWS: pip install 'moto[server]'")
	}
	emulator.once.Do(func() { emulator.err = start(server) })
	if emulator.err != nil {
		t.Fatal(emulator.err)
	}
	res, err := http.Post(emulator.address+"/moto-api/reset", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Fatalf("reset moto: got %s", res.Status)
	}
	setenv(t, complete(t, emulator.address))
}

// Stop stops the emulator, if a test has started it.
func Stop() {
	if emulator.stop != nil {
		emulator.stop()
	}
}

func start(server string) error {
	cmd := exec.Command(server, "-H", "127.0.0.1", "-p", "0")
	output, w := io.Pipe()
	cmd.Stdout, cmd.Stderr = w, w
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() {
		ended <- cmd.Wait()
		w.Close()
	}()
	emulator.stop = func() {
		cmd.Process.Kill()
		<-ended
	}
	var words strings.Builder
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		fmt.Fprintln(&words, lines.Text())
		if m := address.FindStringSubmatch(lines.Text()); m != nil {
			go io.Copy(io.Discard, output) // a log of every request
			emulator.address = m[1]
			return nil
		}
	}
	return fmt.Errorf("moto ended before it had an address:\n%s", &words)
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
