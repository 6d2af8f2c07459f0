package cloudwatch

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"example.com/postinvoke/internal/lambdalog"
)

// What a deployment would fill in.
const (
	Account   = "123456789012"
	Region    = "eu-central-1"
	StackName = "PostInvokeDemo"
)

// A Deployment is a template with its references resolved: to names such as
// CloudFormation makes up.
type Deployment struct {
	Functions []Function
	Indexed   map[string][]string // the indexed fields of log groups
	Dashboard *Body               // nil if there is none
	Filters   []MetricFilter
	Alarms    []Alarm
}

// A Function is a Lambda function of the template.
type Function struct {
	ID      string // in the template
	Name    string
	Group   string // its log group
	Log     lambdalog.Settings
	Timeout time.Duration
}

type template struct {
	Resources  map[string]resource
	Conditions map[string]any
	partition  string
}

type resource struct {
	Type       string
	Properties map[string]any
}

// Deploy resolves a template.
func Deploy(text []byte) (*Deployment, error) { return DeployIn(text, "aws") }

// DeployIn resolves a template in one of AWS's partitions, such as aws-cn.
func DeployIn(text []byte, partition string) (*Deployment, error) {
	t := template{partition: partition}
	if err := json.Unmarshal(text, &t); err != nil {
		return nil, fmt.Errorf("read the template: %w", err)
	}
	d := &Deployment{Indexed: map[string][]string{}}
	for _, id := range slices.Sorted(maps.Keys(t.Resources)) {
		if err := d.add(&t, id, t.Resources[id]); err != nil {
			return nil, fmt.Errorf("resource %s: %w", id, err)
		}
	}
	return d, nil
}

func (d *Deployment) add(t *template, id string, r resource) error {
	switch r.Type {
	case "AWS::Lambda::Function":
		return d.addFunction(t, id, r)
	case "AWS::Logs::LogGroup":
		name, err := t.name(id)
		if err != nil {
			return err
		}
		policies, _ := r.Properties["FieldIndexPolicies"].([]any)
		for _, p := range policies {
			indexed, _ := p.(map[string]any)["Fields"].([]any)
			for _, f := range indexed {
				d.Indexed[name] = append(d.Indexed[name], fmt.Sprint(f))
			}
		}
	case "AWS::CloudWatch::Dashboard":
		text, err := t.text(r.Properties["DashboardBody"])
		if err != nil {
			return err
		}
		d.Dashboard, err = parseBody(text)
		return err
	case "AWS::Logs::MetricFilter":
		return t.read(r, func(text []byte) (err error) {
			f, err := parseFilter(text)
			d.Filters = append(d.Filters, f)
			return err
		})
	case "AWS::CloudWatch::Alarm":
		name, err := t.name(id)
		if err != nil {
			return err
		}
		return t.read(r, func(text []byte) error {
			a := Alarm{Name: name, ARN: alarmARN(t.partition, name)}
			err := strict(text, &a)
			d.Alarms = append(d.Alarms, a)
			return err
		})
	}
	return nil
}

func (d *Deployment) addFunction(t *template, id string, r resource) error {
	name, err := t.name(id)
	if err != nil {
		return err
	}
	f := Function{ID: id, Name: name, Group: "/aws/lambda/" + name, Timeout: 3 * time.Second}
	if seconds, ok := r.Properties["Timeout"].(float64); ok {
		f.Timeout = time.Duration(seconds) * time.Second
	}
	config, _ := r.Properties["LoggingConfig"].(map[string]any)
	f.Log.JSON = config["LogFormat"] == "JSON"
	f.Log.Level, _ = config["ApplicationLogLevel"].(string)
	if group := config["LogGroup"]; group != nil {
		if f.Group, err = t.text(group); err != nil {
			return err
		}
	}
	d.Functions = append(d.Functions, f)
	return nil
}

// read resolves the properties of a resource, and has them read as JSON.
func (t *template) read(r resource, parse func([]byte) error) error {
	resolved, err := t.resolve(r.Properties)
	if err != nil {
		return err
	}
	text, err := json.Marshal(resolved)
	if err != nil {
		return err
	}
	return parse(text)
}

func (t *template) resolve(v any) (any, error) {
	switch v := v.(type) {
	case map[string]any:
		if len(v) == 1 {
			for key := range v {
				if key == "Ref" || key == "Condition" || strings.HasPrefix(key, "Fn::") {
					return t.text(v)
				}
			}
		}
		all := map[string]any{}
		for key, value := range v {
			r, err := t.resolve(value)
			if err != nil {
				return nil, err
			}
			all[key] = r
		}
		return all, nil
	case []any:
		all := []any{}
		for _, value := range v {
			r, err := t.resolve(value)
			if err != nil {
				return nil, err
			}
			all = append(all, r)
		}
		return all, nil
	}
	return v, nil
}

// text is what a value becomes when it is deployed.
func (t *template) text(v any) (string, error) {
	if s, ok := v.(string); ok {
		return s, nil
	}
	object, _ := v.(map[string]any)
	for key, value := range object {
		args, _ := value.([]any)
		switch {
		case len(object) != 1:
		case key == "Ref":
			return t.ref(fmt.Sprint(value))
		case key == "Fn::GetAtt" && len(args) == 2 && args[1] == "Arn":
			return t.arn(fmt.Sprint(args[0]))
		case key == "Fn::Join" && len(args) == 2:
			parts, _ := args[1].([]any)
			var texts []string
			for _, part := range parts {
				text, err := t.text(part)
				if err != nil {
					return "", err
				}
				texts = append(texts, text)
			}
			return strings.Join(texts, fmt.Sprint(args[0])), nil
		case key == "Fn::If" && len(args) == 3:
			holds, err := t.holds(t.Conditions[fmt.Sprint(args[0])])
			if err != nil {
				return "", err
			}
			if holds {
				return t.text(args[1])
			}
			return t.text(args[2])
		case key == "Fn::Select" && len(args) == 2:
			split, _ := args[1].(map[string]any)
			of, _ := split["Fn::Split"].([]any)
			if len(of) != 2 {
				break
			}
			text, err := t.text(of[1])
			parts := strings.Split(text, fmt.Sprint(of[0]))
			if i := int(args[0].(float64)); err == nil && i < len(parts) {
				return parts[i], nil
			}
		}
	}
	return "", fmt.Errorf("what does this become when it is deployed: %v", v)
}

func (t *template) holds(condition any) (bool, error) {
	object, _ := condition.(map[string]any)
	if args, ok := object["Fn::Equals"].([]any); ok && len(args) == 2 {
		a, err := t.text(args[0])
		if err != nil {
			return false, err
		}
		b, err := t.text(args[1])
		return a == b, err
	}
	return false, fmt.Errorf("when does this hold: %v", condition)
}

func (t *template) ref(id string) (string, error) {
	switch id {
	case "AWS::Region":
		return Region, nil
	case "AWS::AccountId":
		return Account, nil
	case "AWS::Partition":
		return t.partition, nil
	case "AWS::StackName":
		return StackName, nil
	}
	return t.name(id)
}

// name is the name that a resource has, or one as CloudFormation makes up.
func (t *template) name(id string) (string, error) {
	r, ok := t.Resources[id]
	if !ok {
		return "", fmt.Errorf("a reference to %q, which is not in the template", id)
	}
	for _, property := range []string{"FunctionName", "LogGroupName", "AlarmName", "DashboardName"} {
		if name := r.Properties[property]; name != nil && r.Type != "AWS::Logs::MetricFilter" {
			return t.text(name)
		}
	}
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	sum := sha256.Sum256([]byte(id))
	random := make([]byte, 12)
	for i := range random {
		random[i] = letters[int(sum[i])%len(letters)]
	}
	return StackName + "-" + id + "-" + string(random), nil
}

func (t *template) arn(id string) (string, error) {
	name, err := t.name(id)
	switch t.Resources[id].Type {
	case "AWS::CloudWatch::Alarm":
		return alarmARN(t.partition, name), err
	case "AWS::Lambda::Function":
		return "arn:" + t.partition + ":lambda:" + Region + ":" + Account + ":function:" + name, err
	}
	return "arn:" + t.partition + ":" + name, err
}

func alarmARN(partition, name string) string {
	return "arn:" + partition + ":cloudwatch:" + Region + ":" + Account + ":alarm:" + name
}

// strict reads JSON in which nothing may be unknown.
func strict(text []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	return d.Decode(into)
}

// reread reads parsed JSON into another shape, in which nothing may be unknown.
func reread(v, into any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return strict(text, into)
}
