// Command function is a function that does what its event describes.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
)

// An Event is done from top to bottom.
type Event struct {
	Print  []string // lines
	Write  string   // without end of line
	Tick   bool     // print numbered lines forever, in the background
	Flood  string   // print this line forever, faster than they are read, in another process group
	Child  string   // start a child that never ends, connected to this address
	Gate   string   // wait until this address closes the connection
	Hang   bool
	Fail   string
	Panic  string
	Exit   *int
	Broken string // stream this, then fail
	After  *After // what is done after the response, before requesting the next event
}

// After is done from top to bottom.
type After struct {
	Print []string
	Gate  string
	Hang  bool
	Exit  *int
}

func main() {
	switch os.Getenv("INIT") {
	case "exit":
		fmt.Println("the configuration is missing")
		os.Exit(3)
	case "hang":
		fmt.Println("waiting for the database")
		time.Sleep(time.Hour)
	case "error":
		initError()
	}
	if events, ok := os.LookupEnv("INTERNAL"); ok {
		id := register("internal", events)
		if os.Getenv("INTERNAL_HANGS") == "" {
			go internalExtension(id)
		}
	}
	if os.Getenv("SIGTERM") == "" {
		lambda.Start(handle)
		return
	}
	lambda.StartWithOptions(handle, lambda.WithEnableSIGTERM(func() {
		fmt.Println("SIGTERM")
		if os.Getenv("SIGTERM") == "exit" {
			os.Exit(0)
		}
	}))
}

func handle(_ context.Context, e Event) (io.Reader, error) {
	for _, line := range e.Print {
		fmt.Println(line)
	}
	fmt.Print(e.Write)
	if e.Tick {
		go func() {
			for i := 0; ; i++ {
				fmt.Println("tick", i)
				time.Sleep(time.Millisecond)
			}
		}()
	}
	if e.Flood != "" {
		child := exec.Command("yes", e.Flood)
		child.Stdout, child.SysProcAttr = os.Stdout, &syscall.SysProcAttr{Setpgid: true}
		if err := child.Start(); err != nil {
			log.Fatal(err)
		}
	}
	if e.Child != "" {
		startChild(e.Child)
	}
	wait(e.Gate, e.Hang)
	if e.Fail != "" {
		return nil, errors.New(e.Fail)
	}
	if e.Panic != "" {
		panic(e.Panic)
	}
	if e.Exit != nil {
		os.Exit(*e.Exit)
	}
	body := io.Reader(strings.NewReader(`{"pid": ` + strconv.Itoa(os.Getpid()) + `}`))
	if e.Broken != "" {
		body = io.MultiReader(strings.NewReader(e.Broken), failing{})
	}
	return &response{body, e.After}, nil
}

// A response does more when it has been sent: aws-lambda-go closes it then.
type response struct {
	io.Reader
	after *After
}

// MarshalJSON fails, so that the response is sent as it is.
func (r *response) MarshalJSON() ([]byte, error) { return nil, errors.New("raw") }

func (r *response) ContentType() string { return "text/plain" }

func (r *response) Close() error {
	if r.after == nil {
		return nil
	}
	for _, line := range r.after.Print {
		fmt.Println(line)
	}
	wait(r.after.Gate, r.after.Hang)
	if r.after.Exit != nil {
		os.Exit(*r.after.Exit)
	}
	return nil
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("the source dried up") }

func wait(gate string, hang bool) {
	if gate != "" {
		conn, err := net.Dial("tcp", gate)
		if err != nil {
			log.Fatal(err)
		}
		conn.Read(make([]byte, 1))
	}
	if hang {
		fmt.Println("hanging")
		time.Sleep(time.Hour)
	}
}

// startChild starts a process that holds a connection until it dies.
func startChild(address string) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()
	f, err := conn.(*net.TCPConn).File()
	if err != nil {
		log.Fatal(err)
	}
	defer f.Close()
	child := exec.Command("sleep", "1000")
	child.ExtraFiles = []*os.File{f}
	if err := child.Start(); err != nil {
		log.Fatal(err)
	}
}

func initError() {
	url := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/init/error"
	const body = `{"errorMessage":"no table","errorType":"Runtime.NoTable"}`
	req, _ := http.NewRequest("POST", url, strings.NewReader(body))
	req.Header.Set("Lambda-Runtime-Function-Error-Type", "Runtime.NoTable")
	if _, err := http.DefaultClient.Do(req); err != nil {
		log.Fatal(err)
	}
	os.Exit(1)
}

// register registers an internal extension and returns its identifier.
func register(name, events string) string {
	url := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2020-01-01/extension/register"
	req, _ := http.NewRequest("POST", url, strings.NewReader(`{"events":[`+events+`]}`))
	req.Header.Set("Lambda-Extension-Name", name)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		log.Fatal(err)
	}
	defer res.Body.Close()
	fmt.Println("register", name, res.StatusCode)
	return res.Header.Get("Lambda-Extension-Identifier")
}

func internalExtension(id string) {
	for {
		url := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2020-01-01/extension/event/next"
		req, _ := http.NewRequest("GET", url, nil)
		req.Header.Set("Lambda-Extension-Identifier", id)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			log.Fatal(err)
		}
		io.Copy(io.Discard, res.Body)
		res.Body.Close()
		fmt.Println("internal extension:", res.StatusCode)
		if res.StatusCode != http.StatusOK {
			return
		}
		wait(os.Getenv("INTERNAL_GATE"), false)
	}
}
