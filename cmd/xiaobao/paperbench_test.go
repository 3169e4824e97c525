package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"xiaobao/docs"
	"xiaobao/documents"
)

// peakEnv makes the test binary draw one paper as the running bot would, with as much garbage as it lets pile up.
const peakEnv = "XIAOBAO_TEST_PEAK"

// BenchmarkPaperInTheBot makes a paper of 2,000 lines in a process of its own and says how much memory that process ever held: what
// the fonts and the words take is in it.
func BenchmarkPaperInTheBot(b *testing.B) {
	for _, what := range []string{"commercial-invoice/pdf", "commercial-invoice/xlsx", "packing-list/pdf", "packing-list/xlsx"} {
		b.Run(what, func(b *testing.B) {
			for b.Loop() {
				child := exec.Command(os.Args[0], "-test.run=^TestPeak$", "-test.v")
				child.Env = append(os.Environ(), peakEnv+"="+what)
				out, err := child.CombinedOutput()
				if err != nil {
					b.Fatalf("%v: %s", err, out)
				}
				m := regexp.MustCompile(`peak (\d+) KB in (\S+)`).FindStringSubmatch(string(out))
				if m == nil {
					b.Fatalf("no peak in: %s", out)
				}
				kb, _ := strconv.Atoi(m[1])
				took, _ := time.ParseDuration(m[2])
				b.ReportMetric(float64(kb)/1024, "MB-peak")
				b.ReportMetric(took.Seconds(), "s/paper")
			}
		})
	}
}

// TestPeak is the child of BenchmarkPaperInTheBot.
func TestPeak(t *testing.T) {
	kind, format, asked := strings.Cut(os.Getenv(peakEnv), "/")
	if !asked {
		return // only BenchmarkPaperInTheBot asks for it
	}
	tendHeap()
	words := ours(t).words
	f, _, err := documents.ReadFacts([]byte(docs.DocumentExample))
	if err != nil {
		t.Fatal(err)
	}
	line, box := f.Lines[0], f.Cartons[0]
	f.Lines, f.Cartons = make([]documents.Line, 2000), make([]documents.Carton, 2000)
	for i := range f.Lines {
		l, c := line, box
		l.SKU, l.NameZh = fmt.Sprintf("MUG-WHT-%04d", i), fmt.Sprintf("陶瓷马克杯第%d款，带手柄，可微波加热", i)
		l.Quantity, l.NetKg = 20, nil
		c.From, c.To, c.Contents = i+1, i+1, []documents.Content{{SKU: l.SKU, Units: 20}}
		f.Lines[i], f.Cartons[i] = l, c
	}
	began := time.Now()
	if _, err := documents.Make(documents.Kind(kind), f, documents.Options{Format: documents.Format(format), Lang: "zh-Hans", Words: words}); err != nil {
		t.Fatal(err)
	}
	took := time.Since(began)
	status, err := os.ReadFile(filepath.Join("/proc", "self", "status"))
	if err != nil {
		t.Skip("the system does not say how much memory was held")
	}
	kb := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(status)
	fmt.Printf("peak %s KB in %s\n", kb[1], took)
}
