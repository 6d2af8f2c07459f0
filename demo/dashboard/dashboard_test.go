package dashboard_test

import (
	"bytes"
	"errors"
	"fmt"
	"image/png"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/postinvoke/demo/browser"
	"example.com/postinvoke/demo/browser/browsertest"
	"example.com/postinvoke/demo/dashboard"
	"example.com/postinvoke/infra/golden"
	"example.com/postinvoke/internal/ci"
	"example.com/postinvoke/internal/cloudwatch"
	"example.com/postinvoke/lambdaenv/lambdaenvtest"
)

var healthy struct {
	sync.Mutex
	drawn *dashboard.Drawing
	lines []cloudwatch.Line
}

// drawing is one of the healthy scenario: of real processes, which run once.
func drawing(t *testing.T) (*dashboard.Drawing, []cloudwatch.Line) {
	t.Helper()
	healthy.Lock()
	defer healthy.Unlock()
	if healthy.drawn != nil {
		return healthy.drawn, healthy.lines
	}
	d, err := cloudwatch.Deploy(golden.TemplateWithMetrics)
	if err != nil {
		t.Fatal(err)
	}
	programs := dashboard.Programs{
		Example: lambdaenvtest.Build(t, "function"), Failing: lambdaenvtest.Build(t, "demo/failing"),
		Extension: lambdaenvtest.Build(t, "extension"),
	}
	now := time.Now().Truncate(time.Minute).Add(30 * time.Second) // so that no session continues into the next minute
	lines, err := dashboard.Healthy.Run(t.Context(), d.Functions, programs, now, func(int, int) {})
	if err != nil {
		t.Fatal(err)
	}
	v, err := d.View(lines, now.Add(-3*time.Hour), now)
	if err != nil {
		t.Fatal(err)
	}
	drawn, err := dashboard.Draw(d, v, []string{"A drawing."})
	if err != nil {
		t.Fatal(err)
	}
	healthy.drawn, healthy.lines = drawn, lines
	return drawn, lines
}

// The records of local runs are spread over the time shown, and on the page.
func TestDrawing(t *testing.T) {
	t.Parallel()
	drawn, lines := drawing(t)
	for _, line := range lines {
		if line.Time.Before(drawn.From) || !line.Time.Before(drawn.To) {
			t.Fatalf("a line of %v is not in the time shown, %v to %v", line.Time, drawn.From, drawn.To)
		}
		stamp := fmt.Sprintf(`":"%s`, line.Time.UTC().Format("2006-01-02T15:04"))
		if strings.Contains(line.Message, `"time`) && !strings.Contains(line.Message, stamp) {
			t.Fatalf("got the record %s in the minute %s: the times disagree", line.Message, stamp)
		}
	}
	var page bytes.Buffer
	if err := drawn.Write(&page); err != nil {
		t.Fatal(err)
	}
	html := page.String()
	for _, want := range []string{"<svg", "hooks finished", "spindown", "second on complete", "In alarm", "NaN", "Inf",
		"<script"} {
		there := strings.Contains(html, want)
		if wanted := want != "In alarm" && want != "NaN" && want != "Inf" && want != "<script"; there != wanted {
			t.Errorf("%q on the page: got %v, want %v", want, there, wanted)
		}
	}
	if n := strings.Count(html, "No data found"); n != 2 {
		t.Errorf("got %d empty tables, want 2: nothing went wrong", n)
	}
}

func TestPicture(t *testing.T) {
	t.Parallel()
	drawn, _ := drawing(t)
	corners := map[string]uint32{}
	for _, scheme := range []string{"light", "dark"} {
		picture, err := drawn.Picture(t.Context(), scheme)
		if errors.Is(err, browser.ErrNone) {
			ci.Skip(t, err.Error())
		}
		if err != nil {
			t.Fatal(err)
		}
		image, err := png.Decode(bytes.NewReader(picture))
		if err != nil {
			t.Fatal(err)
		}
		if size := image.Bounds().Size(); size.X != 1440 || size.Y < 1500 {
			t.Errorf("%s: got a picture of %v, want all of a page 1440 wide", scheme, size)
		}
		corners[scheme], _, _, _ = image.At(0, 0).RGBA()
	}
	if corners["light"] < 0xe000 || corners["dark"] > 0x4000 {
		t.Errorf("got grounds with so much red: %x; want a light one and a dark one", corners)
	}
}

// empty is a drawing in which nothing was invoked.
func empty(t *testing.T) *dashboard.Drawing {
	t.Helper()
	d, err := cloudwatch.Deploy(golden.TemplateWithMetrics)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	v, err := d.View(nil, now.Add(-3*time.Hour), now)
	if err != nil {
		t.Fatal(err)
	}
	drawn, err := dashboard.Draw(d, v, []string{"A drawing."})
	if err != nil {
		t.Fatal(err)
	}
	return drawn
}

// An axis up to 1 has labels at its quarters.
func TestAQuarterOnAnAxis(t *testing.T) {
	var page strings.Builder
	if err := empty(t).Write(&page); err != nil {
		t.Fatal(err)
	}
	for _, label := range []string{"0", "0.25", "0.5", "0.75", "1", "100"} {
		if !strings.Contains(page.String(), ">"+label+"</text>") {
			t.Errorf("no axis has the label %s", label)
		}
	}
}

// On a telephone widgets stand one beneath the other, and what is too wide
// scrolls in itself.
func TestANarrowWindow(t *testing.T) {
	t.Parallel()
	p := browsertest.New(t)
	drawn := empty(t)
	for i := range drawn.Widgets {
		if drawn.Widgets[i].Table != nil {
			drawn.Widgets[i].Empty = "" // its head is wide enough
		}
	}
	path := filepath.Join(t.TempDir(), "dashboard.html")
	var page bytes.Buffer
	if err := errors.Join(drawn.Write(&page), os.WriteFile(path, page.Bytes(), 0o600)); err != nil {
		t.Fatal(err)
	}
	p.Resize(400, 800)
	p.Open((&url.URL{Scheme: "file", Path: path}).String())
	const across = `document.documentElement.scrollWidth`
	if got := browsertest.Eval[int](p, across); got > 400 {
		t.Errorf("the page is %d wide in a window of 400", got)
	}
	const beside = `[...document.querySelectorAll("section")].filter((s, i, all) =>
		i > 0 && s.getBoundingClientRect().top < all[i - 1].getBoundingClientRect().bottom).length`
	if got := browsertest.Eval[int](p, beside); got != 0 {
		t.Errorf("got %d widgets beside or over the one before", got)
	}
	const scrolling = `[...document.querySelectorAll(".rows")].filter((r) => r.scrollWidth > r.clientWidth).length`
	if got := browsertest.Eval[int](p, scrolling); got == 0 {
		t.Error("no table scrolls in itself, want those with many columns to")
	}
}

func TestMain(m *testing.M) { browsertest.Main(m) }
