package main

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"example.com/postinvoke/infra/gobuild"
)

// sentence makes an error out of what a construct, or the CDK library behind
// it, panicked with. The library's come with the stack of its JavaScript, and
// the mistakes that were found at synth as a list.
func sentence(p any) error {
	if err, ok := p.(*gobuild.CompileError); ok {
		return err
	}
	text, _, _ := strings.Cut(fmt.Sprint(p), "\n    at ")
	var lines []string
	for line := range strings.Lines(text) {
		if line = libraryWords.ReplaceAllString(strings.TrimSpace(line), ""); line != "" {
			lines = append(lines, line)
		}
	}
	return errors.New(strings.Join(lines, "\n"))
}

// libraryWords precede what is worth reading: the name of the JavaScript error,
// the headline of a list, and the construct that found the mistake.
var libraryWords = regexp.MustCompile(`^(?:[A-Z]\w*: )*(?:Validation failed with the following errors:|\[[^\]]*\] )?`)
