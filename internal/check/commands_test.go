package main

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// documented has the commands on our pages, by their beginnings: the test that runs
// them or does what they do, or why there is none. The first match counts.
var documented = []struct{ command, test, notRun string }{
	{"go run ./demo serve", "TestServe", ""},
	{"go run ./demo dashboard", "TestDashboardCommand", ""},
	{"go run ./demo -o ", "TestReport", ""},
	{"go run ./demo -event '{\"crash\"", "TestAHookThatEndsItsProcess", ""},
	{"go run ./demo/aws -stack", "TestStack", ""},
	{"go run ./demo -function recipes/", "",
		"recipes have their own tests, which run the same programs with the same events"},
	{"go run ./demo -function ", "TestFunctionInAModuleOfItsOwn", ""},
	{"go run ./demo", "TestLog", ""},
	{"go run ./internal/check", "", "it is what runs the tests"},
	{"GOOS=$(go env GOHOSTOS) GOARCH=$(go env GOHOSTARCH) go build", "TestFunctionInAModuleOfItsOwn", ""},
	{"/tmp/demo ", "TestFunctionInAModuleOfItsOwn", ""},
	{"go build -C /path/to/checkout", "TestFunctionInAModuleOfItsOwn", ""},
	{"go mod ", "TestTheDocumentedAppInAnEmptyFolder", ""},
	{"mkdir hello", "TestTheDocumentedAppInAnEmptyFolder", ""},
	{"cp /path/to/checkout/package", "TestTheDocumentedAppInAnEmptyFolder", ""},
	{"cp -r /path/to/checkout/infra", "TestTheDocumentedAppInAnEmptyFolder", ""},
	{"cp -r /path/to/checkout/function", "TestEveryRowOfTheTableIsTried", ""},
	{"rm -rf postinvokecdk/", "TestTheDocumentedAppInAnEmptyFolder", ""},
	{"perl -pi", "TestTheDocumentedAppInAnEmptyFolder", ""},
	{"echo '{", "TestTheDocumentedAppInAnEmptyFolder", ""},
	{"printf ", "TestTheDocumentedAppInAnEmptyFolder", ""},
	{renaming, "TestARenamedCopyBuilds", ""},
	{"npm ci", "TestTheDocumentedAppInAnEmptyFolder", ""},
	{"npx cdk synth", "TestTheDocumentedAppInAnEmptyFolder", ""},
	{"npx cdk ", "", "needs an AWS account"},
	{"aws ", "", "needs an AWS account"},
	{"curl -so /tmp/layer.zip", "", "needs an AWS account"},
	{"unzip -p /tmp/layer.zip", "", "needs the file that the command before it gets from AWS"},
	{"CGO_ENABLED=0 GOOS=linux GOARCH=arm64 go build", "TestTheDocumentedCommandMakesTheSameBytes", ""},
	{"GOTOOLCHAIN=go1.26.8 go run ./deploy/layer", "TestSameZipWhateverTheFolderAndEnvironment", ""},
	{"go test -run '^$' -bench", "", "takes minutes; a test asserts no time"},
	{"go test -v -timeout 60m ./internal/soak", "", "takes minutes; its short form is a test"},
	{"go test ./lambdaenv -run TestConformance -rie", "", "needs AWS's emulator; the same scenarios run without it"},
	{"go test ", "", "it is a test"},
	{"cd recipes && go run", "TestAnHTTPHandlerHasHooksOnLambdaAndInAServer", ""},
	{"cd recipes && go test", "", "it is a test, which internal/check runs"},
	{"sqlite3 ", "", "sets up what a recipe's command uses"},
}

const renaming = "go run ./internal/rename"

var isCommand = regexp.MustCompile(`^((\w+=\S* )*(go (run|build|test|mod|vet|install|get)|npm|npx|aws|curl|` +
	`cp|mkdir|rm|perl|printf|echo|unzip|sqlite3|golangci-lint|sam|terraform|docker|cd) |GOOS=|/tmp/demo )`)

// A test runs each command on a page, or the reason why not stands here.
func TestDocumentedCommandsAreRunOrListed(t *testing.T) {
	t.Chdir("../..")
	used := make([]bool, len(documented))
	for _, page := range files(t, ".md") {
		for line := range strings.Lines(read(t, page)) {
			command, indented := strings.CutPrefix(strings.TrimRight(line, "\n"), "    ")
			if !indented || !isCommand.MatchString(command) {
				continue
			}
			i := slices.IndexFunc(documented, func(d struct{ command, test, notRun string }) bool {
				return strings.HasPrefix(command, d.command)
			})
			if i < 0 {
				t.Errorf("%s: no test runs, and no reason is given for: %s", page, command)
				continue
			}
			used[i] = true
		}
	}
	tests := testNames(t)
	for i, d := range documented {
		switch {
		case !used[i] && d.command == renaming && !strings.Contains(read(t, "go.mod"), "module example.com/"):
			// The command is not documented any more when it has been run.
		case !used[i]:
			t.Errorf("no page has a command that begins with %q", d.command)
		case d.notRun == "" && !tests[d.test]:
			t.Errorf("%q: there is no test %s", d.command, d.test)
		}
	}
}
