package postinvokecdk

import (
	"fmt"
	"strings"

	"example.com/postinvoke/record"
)

// The queries of the dashboard, in the language of CloudWatch Logs Insights.
// The records they read are shown in docs/records.md.
//
// The first filter after the choice of a function is, where it can be, one on a
// field that [NewFunction] has indexed in its log group: such a query reads
// only the events that match. Names of columns have letters and digits only:
// others would need backticks. No name is that of a field of a record.

// indexedFields are those in the index of a function's log group.
var indexedFields = []string{"message", failed}

const (
	failed       = "record.status" // of platform.report: success, error, failure or timeout
	reportType   = `type = "platform.report"`
	mostShown    = 50
	mostLogLines = 100
)

// shortenUpTo is for how many functions a query has room for their labels:
// CloudWatch takes 10,000 characters.
const shortenUpTo = 25

// selectedFunction keeps the records of the function chosen at the top. The colon, which no
// name has, ends the name of the log group: another's may begin with it.
func selectedFunction() string {
	return fmt.Sprintf(`filter concat(@log, ":") like "%s"`, anyLogGroup())
}

// in is a condition: a field has one of these values.
func in(field string, values ...string) string {
	return field + ` in ["` + strings.Join(values, `", "`) + `"]`
}

// functionColumn makes the column Function: the function's label, found by its log
// group, because records of the platform do not have the name of their function.
func functionColumn(functions []dashboardFunction) []string {
	const split = `parse @log "*:*" as account, logGroup`
	groups := logGroups(functions)
	if len(groups) > shortenUpTo {
		return []string{split, "fields logGroup as Function"}
	}
	column := `concat(":", logGroup, ":")`
	for _, group := range groups {
		var labels []string
		for _, fn := range functions {
			if *fn.logGroup == *group {
				labels = append(labels, strings.ReplaceAll(fn.label, `"`, "'"))
			}
		}
		column = fmt.Sprintf(`replace(%s, ":%s:", "%s")`, column, *group, strings.Join(labels, " or "))
	}
	return []string{split, "fields " + column + " as Function"}
}

// query is one on the records of some functions.
func query(functions []dashboardFunction, filter string, commands ...string) []string {
	lines := []string{selectedFunction()}
	if filter != "" {
		lines = append(lines, "filter "+filter)
	}
	return append(append(lines, functionColumn(functions)...), commands...)
}

// problemsQuery lists problems with hooks, each kind once, with the time of the last
// and their number. INFO records are no problems.
func problemsQuery(functions []dashboardFunction) []string {
	return query(functions,
		in("message", record.HookFailed, record.HookAbandoned, record.HookLate, record.HookRefused, record.HooksLost,
			record.Released, record.LibraryProblem, record.ExtensionProblem, record.Ready)+
			" and "+in("level", "WARN", "ERROR"),
		fmt.Sprintf(`fields replace(message, "postinvoke: ", "") as what, coalesce(%s, %s, %s, %s, %s) as cause, `+
			`coalesce(%s, %s) as which`,
			record.Error, record.Panic, record.Reason, record.Phase, record.LateMs, record.Hook, record.Waiting),
		fmt.Sprintf("stats max(@timestamp) as last, count(*) as times, latest(cause) as why, sum(%s + %s) as lost, "+
			"latest(%s) as request by Function, what, level, which",
			record.Running, record.NotStarted, record.RequestID),
		"sort last desc",
		fmt.Sprint("limit ", mostShown),
		"display last, times, Function, what, level, why, which, lost, request")
}

// failedQuery lists the invocations that failed, by kind. It reads Lambda's records,
// so that it has those of a killed process, too.
func failedQuery(functions []dashboardFunction) []string {
	return query(functions,
		in(failed, "error", "failure", "timeout")+" and "+reportType,
		fmt.Sprintf("stats max(@timestamp) as last, count(*) as times, latest(record.requestId) as request "+
			"by Function, %s as status, record.errorType as error", failed),
		"sort last desc",
		fmt.Sprint("limit ", mostShown),
		"display last, times, Function, status, error, request")
}

// invocationsQuery lists the last invocations, a row each: of Lambda's report
// and of the library's and the extension's records by request id.
func invocationsQuery(functions []dashboardFunction) []string {
	return query(functions,
		in("message", record.Hooks, record.HooksLost)+" or "+reportType,
		fmt.Sprintf("fields coalesce(%s, record.requestId) as request", record.RequestID),
		"filter ispresent(request)", // hooks of the shutdown have none
		"stats max(@timestamp) as at, sortsLast("+failed+") as status, "+strings.Join([]string{
			"sortsLast(" + record.Outcome + ") as handler",
			"max(" + record.ResponseMs + ") as response",
			"max(" + record.HooksMs + ") as hookTime",
			"max(record.metrics.billedDurationMs) as billed",
			"max(record.metrics.initDurationMs) as init",
			"max(" + record.HookCount + ") as hookCount",
			"max(" + record.Failures + ") as failed",
			"max(" + record.Abandoned + ") as unfinished",
			"sum(" + record.Running + " + " + record.NotStarted + ") as lost",
			"max(record.metrics.maxMemoryUsedMB) as MB",
		}, ", ")+" by Function, request",
		"sort at desc",
		fmt.Sprint("limit ", mostShown),
		"display at, Function, status, handler, response, hookTime, billed, init, "+
			"hookCount, failed, unfinished, lost, MB, request")
}

// endsQuery counts how environments ended, and what their shutdown hooks did.
func endsQuery(functions []dashboardFunction) []string {
	return query(functions,
		in("message", record.Environment, record.ShutdownHooks, record.HooksLost),
		fmt.Sprintf(`fields coalesce(%s, replace(message, "postinvoke: ", "")) as what`, record.Reason),
		"stats max(@timestamp) as last, count(*) as times, "+strings.Join([]string{
			"sum(" + record.Invocations + ") as served",
			"avg(" + record.LifetimeMs + ") as lifetime",
			"avg(" + record.IdleMs + ") as idle",
			"sum(" + record.AwakeMs + ") as awake",
			"sum(" + record.HookCount + ") as hookCount",
			"sum(" + record.Failures + ") as failed",
			"sum(" + record.Abandoned + ") as unfinished",
			"sum(" + record.Running + " + " + record.NotStarted + ") as lost",
			"max(100 * " + record.HooksMs + " / " + record.BudgetMs + ") as budget",
		}, ", ")+" by Function, what",
		"sort Function asc, what asc",
		"limit 200",
		"display Function, what, times, last, served, lifetime, idle, awake, hookCount, "+
			"failed, unfinished, lost, budget")
}

// logQuery is the log itself, newest first. The platform's own records have a
// type in place of a message, and Lambda puts plain lines into msg.
func logQuery(functions []dashboardFunction) []string {
	return query(functions, "",
		fmt.Sprintf("fields coalesce(message, msg, type, @message) as event, coalesce(%s, record.requestId) as request",
			record.RequestID),
		"sort @timestamp desc",
		fmt.Sprint("limit ", mostLogLines),
		"display @timestamp, Function, event, request, @message")
}
