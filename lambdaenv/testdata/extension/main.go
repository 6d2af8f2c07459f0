// Command extension is an external extension that does what the variable
// called like in its file.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// A Script is what to do; the zero value is a well-behaved extension without
// events. What is done at a moment is one of: nothing, "exit", "crash", "hang",
// "exit error", "init error", or "gate ADDRESS", to wait until that closes the
// connection. With " if PATH" it is done only if there is such a file.
type Script struct {
	Name     string // to register under, if not the own
	Events   []string
	Init     string // before it registers
	Ready    string // before it requests its first event
	Invoke   string
	Shutdown string
}

var (
	name string
	id   string
)

func main() {
	log.SetFlags(0)
	name = filepath.Base(os.Args[0])
	script := Script{Name: name}
	if s := os.Getenv(name); s != "" {
		if err := json.Unmarshal([]byte(s), &script); err != nil {
			log.Fatal(err)
		}
	}
	do(script.Init)
	body, _ := json.Marshal(map[string]any{"events": script.Events})
	status, _ := call("POST", "register", string(body), "Lambda-Extension-Name", script.Name)
	fmt.Println(name, "register:", status)
	if status != http.StatusOK {
		os.Exit(1)
	}
	do(script.Ready)
	for {
		status, event := call("GET", "event/next", "")
		if status != http.StatusOK {
			fmt.Println(name, "next:", status)
			os.Exit(1)
		}
		fmt.Println(name, event["eventType"], event["requestId"], event["shutdownReason"])
		if event["eventType"] == "SHUTDOWN" {
			do(script.Shutdown)
			os.Exit(0)
		}
		do(script.Invoke)
	}
}

func do(what string) {
	if what, marker, ok := strings.Cut(what, " if "); ok {
		if _, err := os.Stat(marker); err == nil {
			do(what)
		}
		return
	}
	gate, isGate := strings.CutPrefix(what, "gate ")
	switch {
	case isGate:
		conn, err := net.Dial("tcp", gate)
		if err != nil {
			log.Fatal(err)
		}
		conn.Read(make([]byte, 1))
	case what == "exit":
		fmt.Println(name, "exits")
		os.Exit(0)
	case what == "crash":
		fmt.Println(name, "crashes")
		os.Exit(4)
	case what == "hang":
		fmt.Println(name, "hangs")
		time.Sleep(time.Hour)
	case what == "init error", what == "exit error":
		path := strings.ReplaceAll(what, " ", "/")
		status, _ := call("POST", path, "{}", "Lambda-Extension-Function-Error-Type", "Extension.NoConfig")
		fmt.Println(name, what+":", status)
		os.Exit(1)
	}
}

func call(method, path, body string, header ...string) (int, map[string]any) {
	url := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2020-01-01/extension/" + path
	req, _ := http.NewRequest(method, url, strings.NewReader(body))
	req.Header.Set("Lambda-Extension-Identifier", id)
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		log.Fatal(err)
	}
	defer res.Body.Close()
	if v := res.Header.Get("Lambda-Extension-Identifier"); v != "" {
		id = v
	}
	b, _ := io.ReadAll(res.Body)
	var event map[string]any
	json.Unmarshal(b, &event)
	return res.StatusCode, event
}
