package postinvokecdk

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/jsii-runtime-go"
)

// gridWidth is the number of columns of a CloudWatch dashboard.
const gridWidth = 24

// explanation is the text at the top.
const explanation = `**Callers wait for the blue part; the orange part is what hooks add to the bill.** ` +
	`An empty table of what went wrong is good news. Tables read the log at each load and refresh, for money. Times are in ms.`

// rows are the widgets from top to bottom, in the order in which a person asks.
func rows(functions []shown) [][]awscloudwatch.IWidget {
	groups := logGroups(functions)
	table := func(title string, width, height float64, query []string) awscloudwatch.IWidget {
		return awscloudwatch.NewLogQueryWidget(&awscloudwatch.LogQueryWidgetProps{
			Title: &title, View: awscloudwatch.LogQueryVisualizationType_TABLE, Width: &width, Height: &height,
			LogGroupNames: &groups, QueryLines: jsii.Strings(query...),
		})
	}
	rows := append(numbers(functions), charts(functions)...)
	return append(rows,
		[]awscloudwatch.IWidget{
			table("What went wrong with hooks, by kind, newest first", gridWidth, 5, problemsQuery(functions)),
		},
		[]awscloudwatch.IWidget{
			table("Failed invocations, by kind, newest first", gridWidth, 4, failedQuery(functions)),
		},
		[]awscloudwatch.IWidget{
			table(fmt.Sprintf("The last %d invocations, with and without hooks (init is that of a cold start)", mostShown),
				gridWidth, 7, invocationsQuery(functions)),
		},
		[]awscloudwatch.IWidget{
			table("Ends of environments (lifetime, idle: averages; budget: the most that shutdown hooks took of theirs, %)",
				gridWidth, 5, endsQuery(functions)),
		},
		[]awscloudwatch.IWidget{
			table(fmt.Sprintf("The log, newest %d lines first", mostLogLines), gridWidth, 8, logQuery(functions)),
		})
}
