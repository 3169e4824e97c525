package clerk

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"strings"

	"xiaobao/bot"
	"xiaobao/bot/flow"
	"xiaobao/documents"
)

// along are the papers that go along with the goods, in the order of their files.
var along = []documents.Kind{documents.Invoice, documents.Packing, documents.Customs, documents.Labels}

// pack puts all papers of the shipment into one file for the forwarder and the broker, with a list of what is in it and of what is
// still missing. The same case gives the same bytes: no entry has a time.
func (j *job) pack() error {
	f := j.facts.papers(j)
	title := j.Words.Say(j.Lang, j.Zone, flow.Say("sheet."+j.sheets[0]))
	j.heading(title)
	var index strings.Builder
	var zipped bytes.Buffer
	z := zip.NewWriter(&zipped)
	put := func(name string, data []byte) error {
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate})
		if err == nil {
			_, err = w.Write(data)
		}
		return err
	}
	var states []bot.Fact
	made := 0
	kinds := append(along[:len(along):len(along)], japanese(f)...)
	for _, kind := range kinds {
		name := j.kindName(kind)
		score, gaps := documents.Missing(kind, f)
		state := j.ui("complete")
		if len(gaps) > 0 {
			state = j.ui("draft", flow.Number("Percent", itoa(score.Percent())), flow.Number("Count", itoa(len(gaps))))
		}
		for _, format := range []documents.Format{documents.PDF, documents.XLSX} {
			file, err := j.draw(kind, f, format)
			if err != nil {
				if _, odd := errors.AsType[*documents.Unprintable](err); odd {
					state = j.ui("no_pdf")
					continue
				}
				if _, refused := errors.AsType[*documents.Refusal](err); !refused {
					return err
				}
				state = j.ui("not_made")
				break
			}
			if err := put(file.Name, file.Data); err != nil {
				return fmt.Errorf("pack %s: %w", file.Name, err)
			}
			made++
			fmt.Fprintf(&index, "%s\r\n", file.Name)
		}
		fmt.Fprintf(&index, "    %s: %s\r\n", name, state)
		for _, g := range gaps {
			fmt.Fprintf(&index, "    - %s\r\n", j.gap(g))
		}
		states = append(states, bot.Fact{Label: name, Value: state})
	}
	if err := put("08-index.txt", []byte("\ufeff"+title+"\r\n\r\n"+index.String())); err != nil {
		return fmt.Errorf("pack the index: %w", err)
	}
	if err := z.Close(); err != nil {
		return fmt.Errorf("close the pack: %w", err)
	}
	j.show(bot.Block{Kind: bot.Facts, Facts: states})
	if made < 2*len(kinds) {
		j.paragraph(bot.Warn, j.ui("pack_short"))
	}
	j.show(bot.Block{Kind: bot.Note, Text: j.ui("broker_decides")})
	j.out.Files = append(j.out.Files, bot.Document{Name: "08-handover-pack.zip", Type: "application/zip", Data: zipped.Bytes(), Note: title})
	return nil
}
