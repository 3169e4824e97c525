package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/xuri/excelize/v2"

	"xiaobao/bot"
	"xiaobao/bot/flow"
)

// TestTenCartons sends a seller of ten cartons through the web chat, in both languages, until an estimate and complete papers are
// there, and opens the files with other programs.
func TestTenCartons(t *testing.T) {
	data, err := os.ReadFile("testdata/ten-cartons.txtar")
	if err != nil {
		t.Fatal(err)
	}
	parts := map[string]string{}
	for _, f := range txtar.Parse(data).Files {
		parts[f.Name] = string(f.Data)
	}
	for _, lang := range []string{"en", "zh-Hans"} {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			p := start(t, clockFrom(opening), fresh(t, "simulator: {speed: 80000}\n")...)
			v := visit(t, p, lang)
			play(t, v, parts[lang])
			words := ours(t).words
			say := func(id string, args ...flow.Arg) string {
				return words.Say(lang, "Asia/Shanghai", flow.Say(id, args...))
			}

			r := v.await("step 7 to be done", func(r room) bool { return fileNamed(r, "07-checklist.md") != "" })
			papers := cardWith(r, say("clerk.papers"))
			if papers == nil {
				t.Fatal("no papers came")
			}
			for _, kind := range []string{"invoice", "packing", "customs_sheet", "label_proof"} {
				if got := factOf(papers, say("sheet.prepare."+kind)); got != say("clerk.complete") {
					t.Errorf("%s is %q, want it complete:\n%s", kind, got, bot.Flatten(papers.Blocks))
				}
			}
			saved := map[string][]byte{}
			for _, e := range r {
				for name, data := range v.saved(e) {
					saved[name] = data
				}
			}
			estimate := sheetText(t, saved["05-estimate.xlsx"])
			for _, want := range []string{say("landedcost.note.not_a_quote"), "us-ocean.freight", say("landedcost.head.per_unit")} {
				if !strings.Contains(estimate, want) {
					t.Errorf("the estimate does not say %q", want)
				}
			}
			invoice := sheetText(t, saved["07-commercial-invoice-MT-2026-0117.xlsx"])
			for _, want := range []string{"MT-2026-0117", "Ceramic mug for hot drinks glazed porcelain", "6912000000", "240", "2.35", "564", "in care of FBA", "Lin Min", "91-1144442",
				"2026-11-20", "Pacific Crest Customs Brokers, Inc.", "EVER EXAMPLE 0123E", "COSU6123456780", "MINGTU / ONT8 / MADE IN CHINA"} {
				if !strings.Contains(invoice, want) {
					t.Errorf("the invoice does not have %q:\n%s", want, invoice)
				}
			}
			customs := sheetText(t, saved["07-customs-data-MT-2026-0117.xlsx"])
			for _, want := range []string{"4403960123", "MT-C-2026-11", "EVER EXAMPLE 0123E", "COSU6123456780", map[string]string{"en": "Export VAT refund", "zh-Hans": "出口退税"}[lang], map[string]string{"en": "general levy", "zh-Hans": "一般征税"}[lang]} {
				if !strings.Contains(customs, want) {
					t.Errorf("the customs data do not have %q:\n%s", want, customs)
				}
			}
			settings := sheetText(t, saved["06-configuration-sheet.xlsx"])
			for _, want := range []string{"Shenzhen Mingtu Trading Co., Ltd.", "Building 3, 18 Fuyuan Road, Bao'an District", "2026-12-08", "X001ABCDEF", map[string]string{"en": "Minimal splits", "zh-Hans": "Minimal splits 最少分仓"}[lang]} {
				if !strings.Contains(settings, want) {
					t.Errorf("the configuration sheet does not have %q:\n%s", want, settings)
				}
			}
			payments := cardWith(r, say("sheet.pay.payments"))
			if payments == nil || !strings.Contains(bot.Flatten(payments.Blocks), say("clerk.calendar_total")) || !strings.Contains(bot.Flatten(payments.Blocks), say("landedcost.note.not_a_quote")) {
				t.Errorf("the payment calendar has no amounts, or does not say whose they are: %+v", payments)
			}
			// An answer changes: the papers are out of date, and one press makes them again.
			v.say(map[string]string{"en": "change ", "zh-Hans": "修改 "}[lang] + say("slot.sale_place.label"))
			v.see(say("slot.sale_place.ask"))
			v.say("Guangzhou")
			v.press(say("button.make_all"))
			r = v.await("the papers again", func(r room) bool {
				n := 0
				for _, e := range r {
					for _, f := range e.Files {
						if filepath.Base(f.URL) == "07-commercial-invoice-MT-2026-0117.xlsx" {
							n++
						}
					}
				}
				return n == 2
			})
			var last []byte
			for _, e := range r {
				if data := v.saved(e)["07-commercial-invoice-MT-2026-0117.xlsx"]; data != nil {
					last = data
				}
			}
			if text := sheetText(t, last); !strings.Contains(text, "Guangzhou") {
				t.Errorf("the invoice that was made again:\n%s", text)
			}
			for name, data := range saved {
				if strings.HasSuffix(name, ".pdf") {
					readPDF(t, name, data, lang)
				}
			}
			if picture := saved["02-costs.png"]; !bytes.HasPrefix(picture, []byte("\x89PNG")) {
				t.Error("the picture of the routes is no PNG")
			}
			if drawing := saved["02-costs.svg"]; !bytes.HasPrefix(drawing, []byte("<svg")) {
				t.Error("the drawing of the routes is no SVG")
			}
			if dir := os.Getenv("KEEP"); dir != "" { // to look at them
				for name, data := range saved {
					if err := os.WriteFile(filepath.Join(dir, lang+"-"+name), data, 0o644); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
}

// saved are the files of an entry, pictures in both forms, as a browser saves them.
func (v *visitor) saved(e *entry) map[string][]byte {
	v.t.Helper()
	out := map[string][]byte{}
	for _, f := range e.Files {
		for _, url := range []string{f.URL, f.Drawn} {
			if url == "" {
				continue
			}
			r := v.get(url)
			if r.StatusCode != 200 {
				v.t.Errorf("%s: %d", url, r.StatusCode)
			}
			var b bytes.Buffer
			if _, err := b.ReadFrom(r.Body); err != nil {
				v.t.Fatal(err)
			}
			out[filepath.Base(url)] = b.Bytes()
		}
	}
	return out
}

func fileNamed(r room, name string) string {
	for _, e := range r {
		for _, f := range e.Files {
			if filepath.Base(f.URL) == name {
				return f.URL
			}
		}
	}
	return ""
}

// cardWith is the card with a heading.
func cardWith(r room, heading string) *bot.Message {
	for _, e := range r {
		if e.Message == nil {
			continue
		}
		for _, b := range e.Message.Blocks {
			if b.Kind == bot.Heading && b.Text == heading {
				return e.Message
			}
		}
	}
	return nil
}

func factOf(m *bot.Message, label string) string {
	for _, b := range m.Blocks {
		for _, f := range b.Facts {
			if f.Label == label {
				return f.Value
			}
		}
	}
	return ""
}

// sheetText is everything that stands in a workbook.
func sheetText(t *testing.T, data []byte) string {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(data))
	if err != nil {
		t.Fatalf("a workbook of %d bytes: %v", len(data), err)
	}
	defer f.Close()
	var b strings.Builder
	for _, sheet := range f.GetSheetList() {
		rows, err := f.GetRows(sheet)
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			b.WriteString(strings.Join(row, "\t") + "\n")
		}
	}
	return b.String()
}

// readPDF reads a paper with poppler, where it is installed: it is no draft, and Chinese stands on it for whoever reads Chinese.
func readPDF(t *testing.T, name string, data []byte, lang string) {
	t.Helper()
	program, err := exec.LookPath("pdftotext")
	if err != nil {
		t.Log("pdftotext is not installed: the PDFs were not read")
		return
	}
	cmd := exec.Command(program, "-layout", "-", "-")
	cmd.Stdin = bytes.NewReader(data)
	out, err := cmd.Output()
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	if regexp.MustCompile(`\bDRAFT\b`).Match(out) {
		t.Errorf("%s is a draft:\n%s", name, out)
	}
	if han := hasHan(string(out)); lang == "zh-Hans" && !han {
		t.Errorf("%s has no Chinese", name)
	}
	if strings.Contains(name, "invoice") && !strings.Contains(string(out), "564.00") {
		t.Errorf("%s has no total:\n%s", name, out)
	}
}
