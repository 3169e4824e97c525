package documents

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"image"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
)

// outside finds a program that looks at our papers as a stranger would. On a laptop without it the test is skipped.
func outside(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%s is not installed: it must be in CI", name)
		}
		t.Skipf("%s is not installed", name)
	}
	return path
}

func exe(t testing.TB, program string, args ...string) []byte {
	t.Helper()
	cmd := exec.Command(program, args...)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", filepath.Base(program), args, err, errs.String())
	}
	return out
}

// paperFile makes a paper and puts it into a folder of its own.
func paperFile(t testing.TB, kind Kind, f Facts, format Format, lang string) string {
	t.Helper()
	out, err := Make(kind, f, Options{Format: format, Lang: lang, Words: words(t)})
	must(t, err)
	path := filepath.Join(t.TempDir(), out.Name)
	must(t, os.WriteFile(path, out.Data, 0o600))
	return path
}

// typed are settings, one of them still to be found.
var typed = []Setting{{"Destination store", "目的站点", "United States", "美国站"}, {"Ship-from name", "发货方名称", "=Shenzhen Mingyue Home Goods Co., Ltd.", ""}, {"Placement", "分仓方式", "", ""}}

// TestPDFText has poppler read every paper in both languages and compares what it finds with testdata/text.
func TestPDFText(t *testing.T) {
	pdftotext := outside(t, "pdftotext")
	for _, lang := range []string{"en", "zh-Hans"} {
		for _, kind := range slices.Concat(Kinds(), KindsOfJapan(), []Kind{Configuration}) {
			f := example(t)
			f.Settings = typed
			if slices.Contains(KindsOfJapan(), kind) {
				f = toJapan(t)
			}
			got := string(exe(t, pdftotext, "-layout", "-enc", "UTF-8", paperFile(t, kind, f, PDF, lang), "-"))
			got = regexp.MustCompile(` +\n`).ReplaceAllString(strings.ReplaceAll(got, "\f", "--- page ---\n"), "\n")
			golden := filepath.Join("testdata", "text", string(kind)+"."+lang+".txt")
			if *update {
				must(t, os.MkdirAll(filepath.Dir(golden), 0o755))
				must(t, os.WriteFile(golden, []byte(got), 0o644))
				continue
			}
			want, err := os.ReadFile(golden)
			must(t, err)
			// Where poppler puts spaces, its version decides; what it reads, the paper.
			if d := cmp.Diff(strings.Fields(string(want)), strings.Fields(got)); d != "" {
				t.Errorf("%s %s: -want +got\n%s", kind, lang, d)
			}
		}
	}
}

// TestEveryFieldIsPrinted looks for every text and number of the example in the papers that must have it.
func TestEveryFieldIsPrinted(t *testing.T) {
	pdftotext := outside(t, "pdftotext")
	f := example(t)
	squeeze := func(s string) string { return strings.Join(strings.Fields(s), "") }
	for kind, want := range map[Kind][]string{
		Invoice: {"INV-2026-0117", "2026-11-24", f.Exporter.Name, f.Exporter.NameZh, f.Exporter.Address[0], f.Exporter.Address[1], "91350100M000100Y43", "4403960123",
			f.Importer.Name, f.Importer.Address[1], "91-1144442", f.Consignee.Name, f.Consignee.Address[0], f.Manufacturer.NameZh, "FOB (Incoterms 2020)", "Yantian, China",
			"Shenzhen, China", "2026-11-20", "USD", f.Invoice.Payment, f.Invoice.Contract, f.Invoice.Purpose, "Los Angeles, CA", "ONT8", "FBA15ABCDEFG",
			"Ceramic mug for hot drinks, glazed porcelain, 350 ml", "陶瓷马克杯", "6911.10.8010", "160", "PCS", "2.35", "376.00", "8.90", "356.00", "732.00",
			"MINGYUE / MADE IN CHINA", "116.4 kg", "98.8 kg", "0.695 m³", "45.00", "Lin Xiaoyue", "General manager", "商业发票", "签字盖章"},
		Packing: {"1–8", "9–10", "MUG-WHT-350", "X001ABCDEF", "53×37×29 cm", "60.80", "73.60", "0.455", "98.80", "116.40", "0.695", "FBA15ABCDEFG", "装箱单", "实木托盘"},
		Customs: {"9810", "跨境电商出口海外仓", "6911101900", "4419901000", f.Lines[0].Elements, "泉州德化", "60.8 kg", "一般征税", f.Export.Declarant, "Yantian", "特殊关系确认",
			f.Transport.Stuffing, f.Transport.Consolidator, "continuous", f.Import.ISF, "→ US"},
		Labels: {"Box 10 of 10", "FBA15ABCDEFGU000010", "not Amazon's label", "MADE IN CHINA", "X00000E5TX", "US winter"},
		Claim:  {f.Claim.Situation, f.Claim.Request, "148", "12", "01-pod.pdf", "missing", "索赔材料目录"},
	} {
		got := squeeze(string(exe(t, pdftotext, "-raw", "-enc", "UTF-8", paperFile(t, kind, f, PDF, "zh-Hans"), "-")))
		for _, w := range want {
			if !strings.Contains(got, squeeze(w)) {
				t.Errorf("%s: no %q", kind, w)
			}
		}
	}
}

// pages draws a PDF as pictures in grey.
func pages(t testing.TB, pdf string, dpi int) []*image.Gray {
	t.Helper()
	prefix := filepath.Join(t.TempDir(), "page")
	exe(t, outside(t, "pdftoppm"), "-gray", "-r", fmt.Sprint(dpi), pdf, prefix)
	files, err := filepath.Glob(prefix + "*.pgm")
	must(t, err)
	var out []*image.Gray
	for _, name := range files {
		data, err := os.ReadFile(name)
		must(t, err)
		var w, h, most int
		_, err = fmt.Sscanf(string(data[:40]), "P5\n%d %d\n%d\n", &w, &h, &most)
		must(t, err)
		out = append(out, &image.Gray{Pix: data[len(data)-w*h:], Stride: w, Rect: image.Rect(0, 0, w, h)})
	}
	return out
}

// inked is where a page has something on it, and how much of it is not white.
func inked(img *image.Gray) (box image.Rectangle, share float64) {
	n := 0
	for y := range img.Rect.Dy() {
		for x, v := range img.Pix[y*img.Stride : (y+1)*img.Stride] {
			if v < 0xf0 {
				box = box.Union(image.Rect(x, y, x+1, y+1))
				n++
			}
		}
	}
	return box, float64(n) / float64(len(img.Pix))
}

// TestPages looks at every page of ordinary, empty and hard papers: none is blank, nothing is outside the margins, and each is A4.
func TestPages(t *testing.T) {
	outside(t, "pdftoppm")
	hard := example(t)
	hard.Lines[0].Description = strings.Repeat("Unbreakable", 80)
	hard.Lines[1].NameZh = strings.Repeat("很长的中文品名，", 200)
	hard.Exporter.Name = strings.Repeat("W", 300)
	hard.Consignee.Address = []string{strings.Repeat("Long Street ", 100)}
	hard.Invoice.Number = strings.Repeat("INV-2026-", 12)
	hard.Amazon.ShipmentID = ""
	hard.Cartons[0].Marks = strings.Repeat("MARK/", 100)
	hard.Claim.Situation = strings.Repeat("事情的经过很长。", 240)
	hard.Claim.Evidence[0].File = strings.Repeat("x", 400)
	for name, f := range map[string]Facts{"example": example(t), "nothing": {}, "hard": hard} {
		for _, kind := range Kinds() {
			for i, img := range pages(t, paperFile(t, kind, f, PDF, "zh-Hans"), 50) {
				b := img.Bounds()
				box, share := inked(img)
				mm := func(px int) float64 { return float64(px) / 50 * 25.4 }
				if min(b.Dx(), b.Dy()) != 413 && min(b.Dx(), b.Dy()) != 414 {
					t.Errorf("%s %s: page %d is %v, not A4", name, kind, i+1, b)
				}
				if share < 0.0015 {
					t.Errorf("%s %s: page %d is blank", name, kind, i+1)
				}
				if mm(box.Min.X) < margin-1.5 || mm(b.Dx()-box.Max.X) < margin-1.5 || mm(box.Min.Y) < margin-6 || mm(b.Dy()-box.Max.Y) < 3.5 {
					t.Errorf("%s %s: page %d has something outside the margins: %v of %v", name, kind, i+1, box, b)
				}
			}
		}
	}
}

// TestBarcodes has zbar read the bar codes of the proofs from the page as it would come out of a printer.
func TestBarcodes(t *testing.T) {
	zbar := outside(t, "zbarimg")
	f := example(t)
	f.Cartons[1].BoxIDs = []string{"FBA15ABCDEFGU000009", "FBA15ABCDEFGU123456"}
	pdf := paperFile(t, Labels, f, PDF, "zh-Hans")
	prefix := filepath.Join(t.TempDir(), "page")
	exe(t, outside(t, "pdftoppm"), "-png", "-gray", "-r", "203", pdf, prefix) // 203 dpi: what a label printer has
	files, err := filepath.Glob(prefix + "*.png")
	must(t, err)
	got := map[string]bool{}
	for _, name := range files {
		for line := range strings.Lines(string(exe(t, zbar, "--quiet", "-Sdisable", "-Scode128.enable", name))) {
			got[strings.TrimSpace(line)] = true
		}
	}
	for n := 1; n <= 10; n++ {
		want := fmt.Sprintf("CODE-128:FBA15ABCDEFGU%06d", n)
		if n == 10 {
			want = "CODE-128:FBA15ABCDEFGU123456"
		}
		if !got[want] {
			t.Errorf("no %s among %v", want, got)
		}
	}
	if len(got) != 10 {
		t.Errorf("%d bar codes: %v", len(got), got)
	}
}

// TestXLSXReadBack reads every workbook with the library, and finds the same words and numbers as on the paper, and no formula.
func TestXLSXReadBack(t *testing.T) {
	f := example(t)
	for _, kind := range Kinds() {
		data, err := os.ReadFile(paperFile(t, kind, f, XLSX, "zh-Hans"))
		must(t, err)
		harmlessEverywhere(t, data)
	}
	data, err := os.ReadFile(paperFile(t, Invoice, f, XLSX, "zh-Hans"))
	must(t, err)
	x, err := excelize.OpenReader(bytes.NewReader(data))
	must(t, err)
	defer x.Close()
	rows, err := x.GetRows(x.GetSheetName(0), excelize.Options{RawCellValue: true})
	must(t, err)
	all := ""
	for _, r := range rows {
		all += strings.Join(r, "|") + "\n"
	}
	for _, want := range []string{"Commercial Invoice 商业发票", f.Exporter.NameZh, "|6911.10.8010|CN|160|PCS|2.35|376", "|USD|732", "陶瓷马克杯"} {
		if !strings.Contains(all, want) {
			t.Errorf("no %q in\n%s", want, all)
		}
	}
	props, err := x.GetDocProps()
	must(t, err)
	if props.Created != "2026-11-26T00:00:00Z" || props.Modified != props.Created {
		t.Errorf("the workbook's time is %s, %s", props.Created, props.Modified)
	}
}

// codes is how many different bar codes zbar reads from a PDF.
func codes(t testing.TB, pdf string) int {
	t.Helper()
	prefix := filepath.Join(t.TempDir(), "page")
	exe(t, outside(t, "pdftoppm"), "-png", "-gray", "-r", "300", pdf, prefix)
	files, err := filepath.Glob(prefix + "*.png")
	must(t, err)
	seen := map[string]bool{}
	for _, name := range files {
		for line := range strings.Lines(string(exe(t, outside(t, "zbarimg"), "--quiet", "-Sdisable", "-Scode128.enable", name))) {
			seen[line] = true
		}
	}
	return len(seen)
}

// TestLibreOffice opens every workbook with LibreOffice and has it written as CSV and as PDF.
func TestLibreOffice(t *testing.T) {
	office := outside(t, "soffice")
	f := example(t)
	f.Lines[0].SKU = "=1+1" // as hostile as it gets
	f.Cartons[0].Contents[0].SKU = "=1+1"
	f.Lines[1].Description = "+cmd|' /C calc'!A0 for the office"
	dir := t.TempDir()
	var books []string
	for _, kind := range Kinds() {
		path := paperFile(t, kind, f, XLSX, "zh-Hans")
		books = append(books, path)
	}
	f.Settings = typed
	books = append(books, paperFile(t, Configuration, f, XLSX, "zh-Hans"))
	for _, kind := range KindsOfJapan() {
		books = append(books, paperFile(t, kind, toJapan(t), XLSX, "zh-Hans"))
	}
	tpl, err := Template(words(t))
	must(t, err)
	path := filepath.Join(t.TempDir(), tpl.Name)
	must(t, os.WriteFile(path, tpl.Data, 0o600))
	books = append(books, path)
	for _, to := range []string{"csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false", "pdf"} {
		args := append([]string{"-env:UserInstallation=file://" + filepath.Join(dir, "profile"), "--headless", "--convert-to", to, "--outdir", dir}, books...)
		exe(t, office, args...)
	}
	for _, b := range books {
		base := strings.TrimSuffix(filepath.Base(b), ".xlsx")
		data, err := os.ReadFile(filepath.Join(dir, base+".csv"))
		must(t, err)
		if base == "07-label-proof-INV-2026-0117" && codes(t, filepath.Join(dir, base+".pdf")) != 10 {
			t.Errorf("%s: not every bar code can be read", base)
		}
		if info, err := os.Stat(filepath.Join(dir, base+".pdf")); err != nil || info.Size() < 5000 {
			t.Errorf("%s: no PDF: %v", base, err)
		}
		r := csv.NewReader(bytes.NewReader(data))
		r.FieldsPerRecord = -1
		records, err := r.ReadAll()
		must(t, err)
		var all strings.Builder
		for _, rec := range records {
			all.WriteString(strings.Join(rec, "|") + "\n")
			for _, c := range rec {
				if strings.HasPrefix(c, "=") || strings.HasPrefix(c, "+cmd") {
					t.Errorf("%s: a cell that would be a formula: %q", base, c)
				}
			}
		}
		for _, want := range map[string][]string{
			"07-commercial-invoice-INV-2026-0117":  {"Commercial Invoice 商业发票", "|6911.10.8010|CN|160|PCS|2.35|376\n", "|732\n"},
			"07-packing-list-INV-2026-0117":        {"1–8|8|'=1+1", "|60.8|73.6|53×37×29 cm|0.454952|"},
			"07-label-proof-INV-2026-0117":         {"Box 10 of 10|FBA15ABCDEFGU000010\n", "MADE IN CHINA"},
			"07-customs-data-INV-2026-0117":        {"申报要素", "跨境电商出口海外仓"},
			"06-configuration-sheet-INV-2026-0117": {"United States 美国站", "'=Shenzhen Mingyue", "待补", "|X00000E5TX|"},
			"07-acp-authorisation-JP-2026-0031":    {"Sakura Customs Service K.K."},
			"07-deductive-valuation-JP-2026-0031":  {"1540 × 240 ÷ 1.1", "|336000\n"},
		}[base] {
			if !strings.Contains(all.String(), want) {
				t.Errorf("%s: no %q in\n%s", base, want, all.String())
			}
		}
	}
}
