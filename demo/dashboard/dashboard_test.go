package dashboard_test

import (
	"bytes"
	"errors"
	"fmt"
	"image/png"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/postinvoke/demo/browser"
	"example.com/postinvoke/demo/browser/browsertest"
	"example.com/postinvoke/demo/dashboard"
	"example.com/postinvoke/internal/ci"
	"example.com/postinvoke/internal/cloudwatch"
	"example.com/postinvoke/lambdaenv/lambdaenvtest"
)

var healthy struct {
	sync.Once
	drawn *dashboard.Drawing
	lines []cloudwatch.Line
}

// drawing is one of the healthy scenario: of real processes, which run once.
func drawing(t *testing.T) (*dashboard.Drawing, []cloudwatch.Line) {
	t.Helper()
	healthy.Do(func() {
		d := deployed(t)
		programs := dashboard.Programs{
			Example: lambdaenvtest.Build(t, "function"), Extension: lambdaenvtest.Build(t, "extension"),
		}
		// So that no session continues into the next minute.
		now := time.Now().Truncate(time.Minute).Add(30 * time.Second)
		lines, err := dashboard.Healthy.Run(t.Context(), d.Functions[:1], programs, now) // one is enough
		if err != nil {
			t.Fatal(err)
		}
		healthy.drawn, healthy.lines = draw(t, d, lines, now), lines
	})
	if healthy.drawn == nil {
		t.Fatal("there is no drawing, as another test reports")
	}
	return healthy.drawn, healthy.lines
}

func deployed(t *testing.T) *cloudwatch.Deployment {
	t.Helper()
	d, err := dashboard.Load("", true)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func draw(t *testing.T, d *cloudwatch.Deployment, lines []cloudwatch.Line, now time.Time) *dashboard.Drawing {
	t.Helper()
	v, err := d.View(lines, now.Add(-3*time.Hour), now)
	if err != nil {
		t.Fatal(err)
	}
	drawn, err := dashboard.Draw(d, v, []string{"A drawing."})
	if err != nil {
		t.Fatal(err)
	}
	return drawn
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
	for _, want := range []string{"<svg", "hooks finished", "spindown", "second on complete", `class="area"`,
		`class="series"`, "<strong>", `class="number"`} {
		if !strings.Contains(html, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, bad := range []string{"In alarm", "NaN", "Inf", "<script", "ZgotmplZ"} {
		if strings.Contains(html, bad) {
			t.Errorf("the page has %q", bad)
		}
	}
	if n := strings.Count(html, "No data found"); n != 2 {
		t.Errorf("got %d empty tables, want 2: nothing went wrong", n)
	}
}

func TestPicture(t *testing.T) {
	t.Parallel()
	drawn, _ := drawing(t)
	corners := map[bool]uint32{}
	for _, dark := range []bool{false, true} {
		picture, err := drawn.Picture(t.Context(), dark)
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
			t.Errorf("dark %t: got a picture of %v, want all of a page 1440 wide", dark, size)
		}
		corners[dark], _, _, _ = image.At(0, 0).RGBA()
	}
	if corners[false] < 0xe000 || corners[true] > 0x4000 {
		t.Errorf("got grounds with so much red: %x; want a light one and a dark one", slices.Collect(maps.Values(corners)))
	}
}

// An axis up to 1 has labels at its quarters.
func TestAQuarterOnAnAxis(t *testing.T) {
	var page strings.Builder
	if err := draw(t, deployed(t), nil, time.Now()).Write(&page); err != nil {
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
	drawn := draw(t, deployed(t), nil, time.Now())
	for i := range drawn.Drawn {
		drawn.Drawn[i].Empty = "" // the heads of tables are wide enough
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
