package documents

import (
	"archive/zip"
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
)

var update = flag.Bool("update", false, "write what was understood into testdata")

// TestLists reads every list in testdata/lists: a file list.csv (or GBK, UTF-16, with ; …) and beside it what was understood.
func TestLists(t *testing.T) {
	files, err := filepath.Glob("testdata/lists/*.txtar")
	if err != nil || len(files) < 6 {
		t.Fatalf("%d lists, %v", len(files), err)
	}
	w := words(t)
	for _, name := range files {
		t.Run(filepath.Base(name), func(t *testing.T) {
			a, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			data := a.Files[0].Data
			switch a.Files[0].Name {
			case "list.gbk.csv":
				data, err = simplifiedchinese.GB18030.NewEncoder().Bytes(data)
			case "list.utf16.csv":
				data, err = unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().Bytes(data)
			case "list.bom.csv":
				data = append([]byte("\xef\xbb\xbf"), bytes.ReplaceAll(data, []byte("\n"), []byte("\r\n"))...)
			}
			if err != nil {
				t.Fatal(err)
			}
			got := understood(Read(data, w))
			if *update {
				a.Files = []txtar.File{a.Files[0], {Name: "understood", Data: []byte(got)}}
				if err := os.WriteFile(name, txtar.Format(a), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if len(a.Files) < 2 {
				t.Fatal("the file says nothing of what is understood")
			}
			if d := cmp.Diff(string(a.Files[1].Data), got); d != "" {
				t.Errorf("-want +got\n%s", d)
			}
		})
	}
}

// understood writes what was read, a line each.
func understood(l List, err error) string {
	var b strings.Builder
	if r, ok := errors.AsType[*Rejection](err); ok {
		fmt.Fprintf(&b, "rejected %s\n", strings.TrimPrefix(r.Says.ID, prefix))
	} else if err != nil {
		fmt.Fprintf(&b, "error %v\n", err)
	}
	for _, s := range l.Sheets {
		fmt.Fprintf(&b, "sheet %s: %s, %d rows; %s", s.Name, s.What, s.Rows, strings.Join(s.Columns, " "))
		if len(s.Unknown) > 0 {
			fmt.Fprintf(&b, "; not known: %s", strings.Join(s.Unknown, ", "))
		}
		b.WriteByte('\n')
	}
	for _, x := range l.Lines {
		price := "–"
		if x.UnitPrice != nil {
			price = x.UnitPrice.String()
		}
		fmt.Fprintf(&b, "line %s | %s | %s | %s | %s | %d %s | %s\n", x.SKU, x.Description, x.NameZh, x.HS, x.Origin, x.Quantity, x.Unit, price)
	}
	for _, x := range l.Cartons {
		fmt.Fprintf(&b, "cartons %s: %s×%s×%s, %s kg, %v %v\n", x.Range(), x.Length, x.Width, x.Height, x.Gross, x.Contents, x.BoxIDs)
	}
	for _, f := range l.Findings {
		fmt.Fprintf(&b, "%s %s%d %s", f.Level, f.Col, f.Row, strings.TrimPrefix(f.Says.ID, prefix))
		for _, a := range f.Says.Args {
			fmt.Fprintf(&b, " %s=%s", a.Name, strings.TrimPrefix(a.Text, prefix))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// workbook makes a workbook of the rows, one sheet for each name.
func workbook(t testing.TB, sheets ...any) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	for i := 0; i < len(sheets); i += 2 {
		name := sheets[i].(string)
		if i == 0 {
			must(t, f.SetSheetName("Sheet1", name))
		} else {
			_, err := f.NewSheet(name)
			must(t, err)
		}
		for r, row := range sheets[i+1].([][]any) {
			must(t, f.SetSheetRow(name, fmt.Sprintf("A%d", r+1), &row))
		}
	}
	b, err := f.WriteToBuffer()
	must(t, err)
	return b.Bytes()
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestWorkbook(t *testing.T) {
	data := workbook(t,
		"封面", [][]any{{"深圳市明月家居用品有限公司"}, {"2026-11-26"}},
		"货品", [][]any{{"装箱资料"}, {}, {"SKU", "Description", "数量", "单价", "HS编码"},
			{"MUG", "Ceramic mug for hot drinks", 160, 2.35, 6911108010}, {}, {"TRAY", "Wooden tray of oak", 40, 0.1 + 0.2, "4419.90.9140"}},
		"箱子", [][]any{{"箱号", "止号", "SKU", "每箱数量", "长", "宽", "高", "毛重"}, {1, 8, "MUG", 20, 53, 37, 29, 9.2}, {9, 10, "TRAY", 20, 60, 40, 50, 21.4}})
	l, err := Read(data, words(t))
	must(t, err)
	want := `sheet 货品: lines, 2 rows; sku description quantity unit_price hs
sheet 箱子: cartons, 2 rows; from to sku units_each length width height gross
line MUG | Ceramic mug for hot drinks |  | 6911108010 |  | 160  | 2.35
line TRAY | Wooden tray of oak |  | 4419.90.9140 |  | 40  | 0.3
cartons 1–8: 53×37×29, 9.2 kg, [{MUG 20  }] []
cartons 9–10: 60×40×50, 21.4 kg, [{TRAY 20  }] []
`
	if d := cmp.Diff(want, understood(l, nil)); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	f := l.Into(example(t))
	if f.Lines[0].SKU != "MUG" || len(f.Cartons) != 2 || f.Invoice.Number == "" {
		t.Errorf("Into: %+v", f.Lines)
	}
	if bad := blocks(Check(f)); len(bad) > 0 {
		t.Errorf("the list does not hang together: %v", bad)
	}
}

// TestTemplate fills the template in as a person would, and reads it back.
func TestTemplate(t *testing.T) {
	w := words(t)
	tpl, err := Template(w)
	must(t, err)
	again, err := Template(w)
	must(t, err)
	if !bytes.Equal(tpl.Data, again.Data) {
		t.Error("two templates differ")
	}
	if l, err := Read(tpl.Data, w); err != nil || len(l.Lines)+len(l.Cartons) != 0 || len(l.Sheets) != 2 || l.Stops() {
		t.Errorf("the empty template reads as %s, %v", understood(l, err), err)
	}
	x, err := excelize.OpenReader(bytes.NewReader(tpl.Data))
	must(t, err)
	sheets := x.GetSheetList()
	for _, kind := range []struct {
		sheet string
		heads []heading
		row   map[string]string
	}{{sheets[0], lineHeads, examples["lines"]}, {sheets[1], boxHeads, examples["cartons"]}} {
		for i, h := range kind.heads {
			must(t, x.SetCellStr(kind.sheet, letter(i)+"4", kind.row[h.id]))
		}
	}
	b, err := x.WriteToBuffer()
	must(t, err)
	l, err := Read(b.Bytes(), w)
	must(t, err)
	if len(l.Findings) > 0 || len(l.Lines) != 1 || len(l.Cartons) != 1 || len(l.Sheets[0].Columns) != len(lineHeads) || len(l.Sheets[1].Columns) != len(boxHeads) {
		t.Fatalf("got %s", understood(l, nil))
	}
	if g := l.Lines[0]; g.Elements == "" || g.Total.String() != "376" || g.NetKg.String() != "60.8" || g.ExportHS != "6911101900" {
		t.Errorf("got %+v", g)
	}
	if c := l.Cartons[0]; c.Contents[0].Expiry != "2028-06-30" || c.Net.String() != "7.6" {
		t.Errorf("got %+v", c)
	}
}

// TestThousandsOfRows reads as many lines as a paper holds, and one sheet that has more than is read.
func TestThousandsOfRows(t *testing.T) {
	w := words(t)
	var csv strings.Builder
	csv.WriteString("SKU,Description,Quantity,Unit price\n")
	for i := range MostLines {
		fmt.Fprintf(&csv, "SKU-%d,Ceramic mug number %d for hot drinks,%d,2.35\n", i, i, i+1)
	}
	l, err := Read([]byte(csv.String()), w)
	must(t, err)
	if len(l.Lines) != MostLines || len(l.Findings) != 0 {
		t.Fatalf("%d lines, %v", len(l.Lines), l.Findings)
	}
	for range mostRows {
		csv.WriteString("S,Ceramic mug for hot drinks,1,1\n")
	}
	l, err = Read([]byte(csv.String()), w)
	must(t, err)
	if !l.Stops() || l.Findings[0].Says.ID != prefix+"list.many_rows" {
		t.Errorf("got %v", l.Findings)
	}
}

// TestRefused are files that are not opened, or not read: each says why.
func TestRefused(t *testing.T) {
	w := words(t)
	good := workbook(t, "Lines", [][]any{{"SKU", "Description", "Quantity", "Unit price"}, {"A", "Ceramic mug for drinks", 1, 2}})
	for _, c := range []struct {
		name string
		data []byte
		want string
	}{
		{"empty", nil, "list.empty"},
		{"large", make([]byte, mostBytes+1), "list.large"},
		{"old", []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 something"), "list.old"},
		{"pdf", []byte("%PDF-1.7"), "list.other"},
		{"binary", append([]byte("SKU,Quantity\n"), make([]byte, 50)...), "list.other"},
		{"zip of something else", zipped(t, map[string][]byte{"hello.txt": []byte("hello")}), "list.other"},
		{"cut off", good[:len(good)/2], "list.broken"},
		{"no workbook in it", zipped(t, map[string][]byte{"xl/workbook.xml": []byte("<workbook"), "[Content_Types].xml": []byte("<Types/>")}), "list.broken"},
		{"bomb", bomb(t, good, 24<<20), "list.bomb"},
		{"many files", manyFiles(t), "list.bomb"},
		{"neither UTF-8 nor GBK", bytes.Repeat([]byte{0xff, 0x80, ',', 0xfe, '\n'}, 200), "list.encoding"},
		{"a letter", []byte("Dear colleague,\nplease find our goods\n"), "list.no_head"},
	} {
		_, err := Read(c.data, w)
		r, ok := errors.AsType[*Rejection](err)
		if !ok || r.Says.ID != prefix+c.want || !errors.Is(err, ErrList) {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
}

func zipped(t testing.TB, files map[string][]byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, data := range files {
		f, err := z.Create(name)
		must(t, err)
		_, err = f.Write(data)
		must(t, err)
	}
	must(t, z.Close())
	return b.Bytes()
}

// bomb is a workbook whose sheet unpacks to n bytes.
func bomb(t testing.TB, good []byte, n int) []byte {
	t.Helper()
	r, err := zip.NewReader(bytes.NewReader(good), int64(len(good)))
	must(t, err)
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, f := range r.File {
		if strings.HasPrefix(f.Name, "xl/worksheets/") {
			w, err := z.Create(f.Name)
			must(t, err)
			block := bytes.Repeat([]byte("<row><c/></row> "), 1<<16)
			for range n / len(block) {
				_, err = w.Write(block)
				must(t, err)
			}
			continue
		}
		must(t, z.Copy(f))
	}
	must(t, z.Close())
	return b.Bytes()
}

func manyFiles(t testing.TB) []byte {
	files := map[string][]byte{"xl/workbook.xml": nil}
	for i := range mostFiles + 1 {
		files[fmt.Sprintf("xl/media/%d.png", i)] = nil
	}
	return zipped(t, files)
}

func FuzzRead(f *testing.F) {
	w := words(f)
	files, _ := filepath.Glob("testdata/lists/*.txtar")
	for _, name := range files {
		if a, err := txtar.ParseFile(name); err == nil {
			f.Add(a.Files[0].Data)
		}
	}
	f.Add(workbook(f, "Lines", [][]any{{"SKU", "Description", "Quantity", "Unit price"}, {"A", "Ceramic mug for drinks", 1, 2}}))
	f.Fuzz(func(t *testing.T, data []byte) {
		l, err := Read(data, w)
		if err != nil {
			if !errors.Is(err, ErrList) {
				t.Fatalf("an error that nobody can say: %v", err)
			}
			return
		}
		// What was read can be printed or is refused with a reason, and never kills.
		facts := l.Into(Facts{})
		facts.Lines, facts.Cartons = facts.Lines[:min(len(facts.Lines), 50)], facts.Cartons[:min(len(facts.Cartons), 50)]
		out, err := Make(Packing, facts, Options{Format: XLSX, Lang: "zh-Hans", Words: w})
		if _, refused := errors.AsType[*Refusal](err); err != nil && !refused {
			t.Fatal(err)
		}
		if err == nil {
			harmlessEverywhere(t, out.Data)
		}
	})
}

// harmlessEverywhere opens a workbook and finds no formula, and no text that would become one.
func harmlessEverywhere(t testing.TB, data []byte) {
	t.Helper()
	x, err := excelize.OpenReader(bytes.NewReader(data))
	must(t, err)
	defer x.Close()
	for _, sheet := range x.GetSheetList() {
		rows, err := x.GetRows(sheet)
		must(t, err)
		for r, row := range rows {
			for c, v := range row {
				at, _ := excelize.CoordinatesToCellName(c+1, r+1)
				if f, _ := x.GetCellFormula(sheet, at); f != "" {
					t.Errorf("%s is a formula: %s", at, f)
				}
				kind, _ := x.GetCellType(sheet, at)
				if v != "" && strings.ContainsRune("=+-@\t\r", rune(v[0])) && kind == excelize.CellTypeSharedString {
					t.Errorf("%s begins like a formula: %q", at, v)
				}
			}
		}
	}
}

// TestOneCellOfTenMegabytes is told with its cell and not carried along, whatever kind of file it comes in.
func TestOneCellOfTenMegabytes(t *testing.T) {
	w := words(t)
	big := strings.Repeat("字", 10<<20/3)
	for name, data := range map[string][]byte{
		"csv":  []byte("SKU,Description,Quantity,Unit price\nA," + big + ",1,2\nB,Ceramic mug for tea,1,2\n"),
		"xlsx": inlined(t, big),
	} {
		l, err := Read(data, w)
		must(t, err)
		if len(l.Findings) != 1 || l.Findings[0].Says.ID != prefix+"list.long" || l.Findings[0].Row != 2 || l.Findings[0].Col != "B" || len(l.Lines) != 1 {
			t.Errorf("%s: %d lines, %v", name, len(l.Lines), l.Findings)
		}
		for _, s := range l.Sheets {
			if len(fmt.Sprint(s.Preview)) > 1000 {
				t.Errorf("%s: the preview carries it along", name)
			}
		}
	}
}

// inlined is a workbook whose second row has a cell of that text, longer than any spreadsheet would write it.
func inlined(t testing.TB, text string) []byte {
	t.Helper()
	good := workbook(t, "Lines", [][]any{{"SKU", "Description", "Quantity", "Unit price"}, {"A", "PLACE", 1, 2}, {"B", "Ceramic mug for tea", 1, 2}})
	r, err := zip.NewReader(bytes.NewReader(good), int64(len(good)))
	must(t, err)
	files := map[string][]byte{}
	for _, f := range r.File {
		rc, err := f.Open()
		must(t, err)
		var b bytes.Buffer
		_, err = b.ReadFrom(rc)
		must(t, err)
		rc.Close()
		files[f.Name] = bytes.ReplaceAll(b.Bytes(), []byte("PLACE"), []byte(text))
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, data := range files {
		f, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store}) // stored: its size is what it is
		must(t, err)
		_, err = f.Write(data)
		must(t, err)
	}
	must(t, z.Close())
	return b.Bytes()
}
