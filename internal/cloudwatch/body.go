package cloudwatch

import (
	"fmt"
	"strings"
)

// A Body is that of a dashboard.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
type Body struct {
	Start     string     `json:"start"`
	Widgets   []Widget   `json:"widgets"`
	Variables []Variable `json:"variables"`
	text      string
}

// A Widget is one of the dashboard's grid, which is 24 columns wide.
type Widget struct {
	Type          string `json:"type"`
	X, Y          int
	Width, Height int
	Properties    Properties `json:"properties"`
}

// Properties are those of widgets of all types.
type Properties struct {
	Title                string   `json:"title"`
	Region               string   `json:"region"`
	AccountID            string   `json:"accountId"`
	View                 string   `json:"view"`
	Query                string   `json:"query"`
	Stacked              bool     `json:"stacked"`
	Markdown             string   `json:"markdown"`
	Background           string   `json:"background"`
	Metrics              [][]any  `json:"metrics"`
	Period               int      `json:"period"`
	SetPeriodToTimeRange bool     `json:"setPeriodToTimeRange"`
	Alarms               []string `json:"alarms"`
	SortBy               string   `json:"sortBy"`
	YAxis                struct {
		Left, Right Axis
	} `json:"yAxis"`
	Annotations struct {
		Horizontal []Annotation `json:"horizontal"`
	} `json:"annotations"`
	Legend struct {
		Position string `json:"position"`
	} `json:"legend"`
}

// An Axis is of values.
type Axis struct {
	Label     string   `json:"label"`
	Min       *float64 `json:"min"`
	Max       *float64 `json:"max"`
	ShowUnits *bool    `json:"showUnits"`
}

// An Annotation is a line across a chart.
type Annotation struct {
	Label   string  `json:"label"`
	Value   float64 `json:"value"`
	Color   string  `json:"color"`
	YAxis   string  `json:"yAxis"`
	Visible *bool   `json:"visible"`
}

// A Variable is a choice at the top.
type Variable struct {
	ID           string `json:"id"`
	Label        string `json:"label"`
	Type         string `json:"type"`
	InputType    string `json:"inputType"`
	Pattern      string `json:"pattern"`
	DefaultValue string `json:"defaultValue"`
	Values       []struct {
		Label string `json:"label"`
		Value string `json:"value"`
	} `json:"values"`
}

const gridWidth = 24

func parseBody(text string) (*Body, error) {
	b := &Body{text: text}
	if err := strict([]byte(text), b); err != nil {
		return nil, fmt.Errorf("the body of the dashboard: %w", err)
	}
	for i, w := range b.Widgets {
		if w.Width < 1 || w.Height < 1 || w.X < 0 || w.Y < 0 || w.X+w.Width > gridWidth {
			return nil, fmt.Errorf("widget %q is not on the grid of %d columns", w.Properties.Title, gridWidth)
		}
		for _, o := range b.Widgets[:i] {
			if w.X < o.X+o.Width && o.X < w.X+w.Width && w.Y < o.Y+o.Height && o.Y < w.Y+w.Height {
				return nil, fmt.Errorf("widgets %q and %q overlap", w.Properties.Title, o.Properties.Title)
			}
		}
		if (w.Type == "metric" || w.Type == "log") && w.Properties.Region == "" {
			return nil, fmt.Errorf("widget %q has no region", w.Properties.Title)
		}
	}
	return b, nil
}

// Choose returns the body after a choice in its variable.
func (b *Body) Choose(label string) (*Body, error) {
	for _, v := range b.Variables {
		for _, value := range v.Values {
			if value.Label == label && v.Type == "pattern" {
				return parseBody(strings.ReplaceAll(b.text, v.Pattern, value.Value))
			}
		}
	}
	return nil, fmt.Errorf("the dashboard has no choice %q", label)
}
