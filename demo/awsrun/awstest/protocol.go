package awstest

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"strings"

	"github.com/aws/smithy-go/encoding/cbor"
)

// A service speaks the protocol of an AWS service.
type service struct {
	fail   func(http.ResponseWriter, Failure)
	answer func(a *Account, w http.ResponseWriter, r *http.Request, region string)
}

// operation tells from a request which service is meant, and what it is to do.
func operation(r *http.Request) (*service, string) {
	switch {
	case r.Header.Get("X-Amz-Target") == "Logs_20140328.FilterLogEvents":
		return &service{failJSON, (*Account).filterLogEvents}, "logs:FilterLogEvents"
	case r.Header.Get("Smithy-Protocol") == "rpc-v2-cbor" && strings.HasSuffix(r.URL.Path, "/service/GraniteServiceVersion20100801/operation/GetMetricStatistics"):
		return &service{failCBOR, (*Account).getMetricStatistics}, "cloudwatch:GetMetricStatistics"
	case strings.HasPrefix(r.URL.Path, "/2015-03-31/functions/") && strings.HasSuffix(r.URL.Path, "/invocations"):
		return &service{failREST, (*Account).invoke}, "lambda:InvokeFunction"
	case r.URL.Path == "/" && r.FormValue("Action") == "DescribeStacks":
		return &service{failQuery, (*Account).describeStacks}, "cloudformation:DescribeStacks"
	}
	return nil, ""
}

// failQuery answers as services do that speak AWS Query.
// https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
func failQuery(w http.ResponseWriter, f Failure) {
	w.Header().Set("Content-Type", "text/xml")
	w.WriteHeader(f.Status)
	type detail struct{ Type, Code, Message string }
	writeXML(w, struct {
		XMLName   xml.Name `xml:"ErrorResponse"`
		Error     detail
		RequestId string
	}{Error: detail{"Sender", f.Code, f.Message}, RequestId: "1"})
}

// failREST answers as services do that speak AWS REST JSON.
// https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html
func failREST(w http.ResponseWriter, f Failure) {
	w.Header().Set("X-Amzn-Errortype", f.Code)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(f.Status)
	writeJSON(w, map[string]string{"Type": "User", "Message": f.Message})
}

// failJSON answers as services do that speak AWS JSON 1.1.
// https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html
func failJSON(w http.ResponseWriter, f Failure) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.WriteHeader(f.Status)
	writeJSON(w, map[string]string{"__type": f.Code, "message": f.Message})
}

// failCBOR answers as services do that speak Smithy RPC v2 with CBOR.
// https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html
func failCBOR(w http.ResponseWriter, f Failure) {
	writeCBOR(w, f.Status, cbor.Map{"__type": cbor.String("com.amazonaws.cloudwatch#" + f.Code), "message": cbor.String(f.Message)})
}

func writeCBOR(w http.ResponseWriter, status int, v cbor.Value) {
	w.Header().Set("Smithy-Protocol", "rpc-v2-cbor")
	w.Header().Set("Content-Type", "application/cbor")
	w.WriteHeader(status)
	w.Write(cbor.Encode(v))
}

func writeJSON(w http.ResponseWriter, v any) {
	if err := json.NewEncoder(w).Encode(v); err != nil {
		panic(err) // http.ErrAbortHandler in effect: the client sees a broken answer
	}
}

func writeXML(w http.ResponseWriter, v any) {
	fmt.Fprint(w, xml.Header)
	if err := xml.NewEncoder(w).Encode(v); err != nil {
		panic(err)
	}
}
