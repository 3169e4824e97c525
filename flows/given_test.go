package flows_test

import (
	"reflect"
	"testing"
	"time"

	"xiaobao/bot/flow"
)

// spare is how many elements room leaves behind the end of every slice: more than one turn appends.
const spare = 4

// room copies a state, and leaves room behind the end of each of its slices. An append that forgot to clip its slice writes there,
// where neither a comparison nor JSON looks, and where two turns that start from one state meet.
func room(s flow.State) flow.State { return copied(reflect.ValueOf(s)).Interface().(flow.State) }

func copied(v reflect.Value) reflect.Value {
	if v.Type() == reflect.TypeFor[time.Time]() {
		return v
	}
	out := reflect.New(v.Type()).Elem()
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			out.Field(i).Set(copied(v.Field(i)))
		}
	case reflect.Map:
		if !v.IsNil() {
			out.Set(reflect.MakeMap(v.Type()))
			for k, x := range v.Seq2() {
				out.SetMapIndex(k, copied(x))
			}
		}
	case reflect.Slice:
		if !v.IsNil() {
			out.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()+spare))
			for i := range v.Len() {
				out.Index(i).Set(copied(v.Index(i)))
			}
		}
	case reflect.Pointer:
		if !v.IsNil() {
			out.Set(reflect.New(v.Type().Elem()))
			out.Elem().Set(copied(v.Elem()))
		}
	default:
		out.Set(v)
	}
	return out
}

// written names a slice behind whose end something was written; empty when there is none.
func written(v reflect.Value, name string) string {
	switch {
	case v.Type() == reflect.TypeFor[time.Time]():
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			if where := written(v.Field(i), name+"."+v.Type().Field(i).Name); where != "" {
				return where
			}
		}
	case v.Kind() == reflect.Map:
		for k, x := range v.Seq2() {
			if where := written(x, name+"["+k.String()+"]"); where != "" {
				return where
			}
		}
	case v.Kind() == reflect.Slice:
		behind := v.Slice(0, v.Cap())
		for i := v.Len(); i < v.Cap(); i++ {
			if !behind.Index(i).IsZero() {
				return name
			}
		}
		for i := range v.Len() {
			if where := written(v.Index(i), name+"[]"); where != "" {
				return where
			}
		}
	case v.Kind() == reflect.Pointer && !v.IsNil():
		return written(v.Elem(), name)
	}
	return ""
}

// TestWritten holds that room and written see what a turn may not do.
func TestWritten(t *testing.T) {
	given := room(flow.State{
		Steps:  map[string]flow.Step{"a": {Trail: []string{"a.b"}, Faults: map[string]flow.Line{"x": {Args: []flow.Arg{{Name: "n"}}}}}},
		People: map[string]flow.Talk{"p": {Stack: []flow.Frame{{Kind: "change", Queue: []string{"q"}}}, Found: flow.Found{Numbers: []string{}}}},
		Slots:  map[string]flow.Slot{"s": {Value: flow.Value{Rows: [][]string{{"c"}}}}},
	})
	if where := written(reflect.ValueOf(given), "State"); where != "" {
		t.Fatalf("nothing was written, and %s is named", where)
	}
	for want, write := range map[string]func(){
		"State.Steps[a].Trail":          func() { _ = append(given.Steps["a"].Trail, "a.c") },
		"State.Steps[a].Faults[x].Args": func() { _ = append(given.Steps["a"].Faults["x"].Args, flow.Arg{Name: "m"}) },
		"State.People[p].Stack":         func() { _ = append(given.People["p"].Stack, flow.Frame{Kind: "pick"}) },
		"State.People[p].Stack[].Queue": func() { _ = append(given.People["p"].Stack[0].Queue, "r") },
		"State.People[p].Found.Numbers": func() { _ = append(given.People["p"].Found.Numbers, "1") },
		"State.Slots[s].Value.Rows[]":   func() { _ = append(given.Slots["s"].Value.Rows[0], "d") },
	} {
		was := given
		given = room(given)
		write()
		if where := written(reflect.ValueOf(given), "State"); where != want {
			t.Errorf("%s is named in place of %s", where, want)
		}
		given = was
	}
}
