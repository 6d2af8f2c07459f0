//go:build unix

package deploy_test

import (
	"bufio"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"

	"example.com/postinvoke/internal/ci"
)

// moto emulates AWS's APIs. A test that passes proves nothing about AWS: moto checks
// little, and runs no function. The process takes seconds to start, and is the only
// one of this test binary.
var moto struct {
	once    sync.Once
	address string
	err     error
	stop    func()
}

// startMoto gives a test an empty emulator, and sets variables with which AWS's tools
// use it, and nothing else. Tests that use it cannot run in parallel.
func startMoto(t *testing.T) {
	t.Helper()
	server, err := exec.LookPath("moto_server")
	if err != nil {
		ci.Skip(t, "needs moto, an emulator of AWS: pip install 'moto[server]'")
	}
	moto.once.Do(func() { moto.err = runMoto(server) })
	if moto.err != nil {
		t.Fatal(moto.err)
	}
	res, err := http.Post(moto.address+"/moto-api/reset", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	for _, v := range os.Environ() {
		if name, _, _ := strings.Cut(v, "="); strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, "") // so that it is set again after the test
			os.Unsetenv(name)  // an empty AWS_PROFILE is a mistake
		}
	}
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL":      moto.address,
		"AWS_ACCESS_KEY_ID":     "test",
		"AWS_SECRET_ACCESS_KEY": "test",
		"AWS_REGION":            "eu-west-1",
		"AWS_DEFAULT_REGION":    "eu-west-1",
		"AWS_CONFIG_FILE":       os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull,
		"AWS_EC2_METADATA_DISABLED": "true",
		// Requests to other machines ask for a tunnel, which moto refuses.
		"HTTPS_PROXY": moto.address, "NO_PROXY": "127.0.0.1",
	} {
		t.Setenv(name, value)
	}
}

// runMoto starts moto, and sets its address.
func runMoto(server string) error {
	output, stop, err := background(exec.Command(server, "-H", "127.0.0.1", "-p", "0"))
	if err != nil {
		return err
	}
	moto.stop = stop
	var words strings.Builder
	lines := bufio.NewScanner(io.TeeReader(output, &words))
	for lines.Scan() {
		if _, address, found := strings.Cut(lines.Text(), "Running on "); found {
			moto.address = address
			go io.Copy(io.Discard, output) // a log of every request
			return nil
		}
	}
	return fmt.Errorf("moto ended before it had an address:\n%s", &words)
}

// background starts a program that ends when stop is called or this process ends, be
// it by a panic: its standard input ends then. output is all that it prints.
func background(cmd *exec.Cmd) (output io.Reader, stop func(), err error) {
	const script = `exec 3<&0; (read _ <&3; kill -9 $$) >/dev/null 2>&1 & exec "$0" "$@" 3<&-`
	cmd.Args = append([]string{"sh", "-c", script}, cmd.Args...)
	cmd.Path = "/bin/sh"
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, nil, err
	}
	output, w, err := os.Pipe()
	if err != nil {
		return nil, nil, err
	}
	defer w.Close()
	cmd.Stdout, cmd.Stderr = w, w
	return output, func() {
		stdin.Close()
		cmd.Wait()
	}, cmd.Start()
}

// query has moto do an action of a service with the query protocol, and returns the
// text of the elements of this name in the response. An aws command takes a second of
// CPU for that, and AWS's SDK speaks another protocol. Pairs are the names and values
// of parameters.
func query(t *testing.T, service, action, element string, pairs ...string) []string {
	t.Helper()
	version := map[string]string{"cloudformation": "2010-05-15", "iam": "2010-05-08", "monitoring": "2010-08-01"}[service]
	parameters := url.Values{"Action": {action}, "Version": {version}}
	for i := 0; i+1 < len(pairs); i += 2 {
		parameters.Set(pairs[i], pairs[i+1])
	}
	req, err := http.NewRequest(http.MethodPost, moto.address, strings.NewReader(parameters.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	// By this moto knows which service is asked.
	req.Header.Set("Authorization",
		"AWS4-HMAC-SHA256 Credential=test/20260101/eu-west-1/"+service+"/aws4_request, SignedHeaders=host, Signature=none")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s of %s: got %s: %s, %v", action, service, res.Status, body, err)
	}
	var texts []string
	for _, match := range regexp.MustCompile(`(?s)<`+element+`>(.*?)</`+element+`>`).FindAllSubmatch(body, -1) {
		texts = append(texts, html.UnescapeString(string(match[1])))
	}
	return texts
}
