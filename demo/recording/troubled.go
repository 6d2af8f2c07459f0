package recording

import (
	"example.com/postinvoke/lambdaenv"
	"example.com/postinvoke/record"
)

// Troubled are the names of the first hooks that failed, and of the first that
// were abandoned, by the library's records.
type troubled struct{ failed, abandoned []string }

// troubleIn returns which hook the entry reports to have failed or to have been
// abandoned, if any, and in which invocation: in none, if it is a shutdown
// function.
func troubleIn(e lambdaenv.Entry) (request, hook, trouble string) {
	if e.Source != lambdaenv.Function {
		return "", "", ""
	}
	for _, trouble := range []string{record.HookFailed, record.HookAbandoned} {
		if fields := fieldsOf(e, trouble); fields != nil {
			return fields[record.RequestID], fields[record.Hook], trouble
		}
	}
	return "", "", ""
}

// add adds the name of a hook, if it is one of the first.
func (t *troubled) add(hook, trouble string) {
	names := map[string]*[]string{record.HookFailed: &t.failed, record.HookAbandoned: &t.abandoned}[trouble]
	if names != nil && hook != "" && len(*names) < mostNames {
		*names = append(*names, hook)
	}
}
