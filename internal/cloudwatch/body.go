package cloudwatch

// A Body is that of a dashboard.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
type Body struct {
	Start     string
	Widgets   []Widget
	Variables []Variable
}

// A Widget is one of the dashboard's grid, which is 24 columns wide.
type Widget struct {
	Type          string
	X, Y          int
	Width, Height int
	Properties    Properties
}

// Properties are those of widgets of all types.
type Properties struct {
	Title                string
	Region               string
	View                 string
	Query                string
	Stacked              bool
	Markdown             string
	Background           string
	Metrics              [][]any
	SetPeriodToTimeRange bool
	Alarms               []string
	States               []string
	YAxis                any // of which the drawing makes no use
	Annotations          struct{ Horizontal []Annotation }
}

// An Annotation is a line across a chart.
type Annotation struct {
	Label string
	Value float64
	Color string
	YAxis string
}

// A Variable is a choice at the top.
type Variable struct {
	ID, Label, Type, InputType, Pattern, DefaultValue string
	Values                                            []struct{ Label, Value string }
}
