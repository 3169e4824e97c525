package documents

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"slices"
	"strconv"
)

var errObjects = errors.New("its objects are not where its table says")

// squeeze compresses the streams of a PDF that are not compressed, with one compressor for all of them: fpdf would make one of a
// megabyte for each page. The PDF is as fpdf writes it: one table of objects at its end, one generation of each.
func squeeze(pdf []byte) ([]byte, error) {
	body, count, trailer, starts, err := objects(pdf)
	if err != nil {
		return nil, err
	}
	order := make([]int, 0, count-1) // as they stand: fpdf writes some out of turn
	for i := 1; i < count; i++ {
		order = append(order, i)
	}
	slices.SortFunc(order, func(a, b int) int { return starts[a] - starts[b] })
	var out, packed bytes.Buffer
	out.Grow(len(pdf) / 4)
	z := zlib.NewWriter(&packed)
	out.Write(body[:starts[order[0]]])
	for at, i := range order {
		end := len(body)
		if at+1 < len(order) {
			end = starts[order[at+1]]
		}
		object := body[starts[i]:end]
		starts[i] = out.Len()
		head, stream, tail, plain := plainStream(object)
		if !plain {
			out.Write(object)
			continue
		}
		packed.Reset()
		z.Reset(&packed)
		if _, err := z.Write(stream); err != nil {
			return nil, err
		}
		if err := z.Close(); err != nil {
			return nil, err
		}
		fmt.Fprintf(&out, "%s<</Filter /FlateDecode /Length %d>>\nstream\n", head, packed.Len())
		out.Write(packed.Bytes())
		out.Write(tail)
	}
	table := out.Len()
	fmt.Fprintf(&out, "xref\n0 %d\n0000000000 65535 f \n", count)
	for _, at := range starts[1:] {
		fmt.Fprintf(&out, "%010d 00000 n \n", at)
	}
	fmt.Fprintf(&out, "%sstartxref\n%d\n%%%%EOF\n", trailer, table)
	return out.Bytes(), nil
}

// objects reads the table at the end of a PDF: what is before it, how many objects there are, its trailer, and where each begins.
func objects(pdf []byte) (body []byte, count int, trailer []byte, starts []int, err error) {
	const mark, begin, entry = "startxref\n", "xref\n0 ", 20
	end := bytes.LastIndex(pdf, []byte(mark))
	if end < 0 {
		return nil, 0, nil, nil, errObjects
	}
	number, _, _ := bytes.Cut(pdf[end+len(mark):], []byte("\n"))
	table, err := strconv.Atoi(string(number))
	if err != nil || table < 0 || table > end || !bytes.HasPrefix(pdf[table:], []byte(begin)) {
		return nil, 0, nil, nil, errObjects
	}
	number, entries, _ := bytes.Cut(pdf[table+len(begin):end], []byte("\n"))
	count, err = strconv.Atoi(string(number))
	if err != nil || count < 2 || count*entry > len(entries) {
		return nil, 0, nil, nil, errObjects
	}
	starts = make([]int, count)
	for i := 1; i < count; i++ {
		starts[i], err = strconv.Atoi(string(entries[i*entry : i*entry+10]))
		if err != nil || starts[i] >= table || !bytes.HasPrefix(pdf[starts[i]:], fmt.Appendf(nil, "%d 0 obj\n", i)) {
			return nil, 0, nil, nil, errObjects
		}
	}
	return pdf[:table], count, entries[count*entry:], starts, nil
}

// plainStream parts an object whose stream is not compressed: "7 0 obj\n", the stream, and what follows it.
func plainStream(object []byte) (head, stream, tail []byte, ok bool) {
	at := bytes.Index(object, []byte(" 0 obj\n"))
	if at < 0 {
		return nil, nil, nil, false
	}
	head, rest := object[:at+len(" 0 obj\n")], object[at+len(" 0 obj\n"):]
	rest, ok = bytes.CutPrefix(rest, []byte("<</Length "))
	if !ok {
		return nil, nil, nil, false
	}
	number, rest, ok := bytes.Cut(rest, []byte(">>\nstream\n"))
	n, err := strconv.Atoi(string(number))
	if !ok || err != nil || n < 0 || n > len(rest) || !bytes.HasPrefix(rest[n:], []byte("\nendstream")) {
		return nil, nil, nil, false
	}
	return head, rest[:n], rest[n:], true
}
