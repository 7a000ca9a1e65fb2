using KairosBoot.CloudConfig;

namespace KairosBoot.Plan.Tests;

public class TemplateTests
{
    private static readonly TemplateFields Card = new(name => name == "macaddress" ? "52:54:00:AB:CD:EF" : null);

    private static readonly TemplateFields Fields = new(name => name switch
    {
        "MachineID" => "0123456789abcdef",
        "Empty" => "",
        "List" => new List<object?> { "a", "b", "c" },
        "Ten" => new List<object?> { 1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L, 9L, 10L },
        "Values" => new TemplateFields(inner => inner switch
        {
            "node" => new TemplateFields(field => field == "hostname" ? "Node-1" : null),
            "network" => new List<object?> { Card },
            _ => null,
        }),
        _ => null,
    });

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("kairos-{{ trunc 4 .MachineID }}", "kairos-0123")]
    [InlineData("{{ trunc -4 .MachineID }}", "cdef")]
    [InlineData("{{.MachineID|trunc 2|upper}}", "01")]
    [InlineData("{{ .Values.node.hostname | lower }}", "node-1")]
    [InlineData("{{ (index .Values.network 0).macaddress }}", "52:54:00:AB:CD:EF")]
    [InlineData("{{ .Values.product.serial }}", "<no value>")]
    [InlineData("{{ default \"none\" .Values.product.serial }}", "none")]
    [InlineData("{{ .Empty | default \"x\" | quote }}", "\"x\"")]
    [InlineData("{{ required \"no id\" .MachineID | trunc 2 }}", "01")]
    [InlineData("a {{- \" b \" -}} c", "a b c")]
    [InlineData("a{{/* comment */}}b", "ab")]
    [InlineData("{{ \"}}\" }}", "}}")]
    [InlineData("{{ `raw \\n` }}", "raw \\n")]
    [InlineData("{{ 0x10 }}-{{ true }}", "16-true")]
    [InlineData("}} {{ \"x\" }} }}", "}} x }}")]
    [InlineData("{{ replace \":\" \"\" (index .Values.network 0).macaddress | lower }}", "525400abcdef")]
    public void Templates_are_filled_in(string template, string expected) => Assert.Equal(expected, Template.Render(template, Fields));

    [Theory]
    [InlineData("{{ if .MachineID }}y{{ else }}n{{ end }}", "y")]
    [InlineData("{{ if .Empty }}y{{ else }}n{{ end }}", "n")]
    [InlineData("{{ if .Missing }}y{{ end }}.", ".")]
    [InlineData("{{ if eq .Empty \"a\" }}1{{ else if eq .MachineID \"b\" }}2{{ else if true }}3{{ else }}4{{ end }}", "3")]
    [InlineData("{{ if false }}{{ if true }}a{{ else }}b{{ end }}{{ else }}{{ if false }}c{{ else }}d{{ end }}{{ end }}", "d")]
    [InlineData("a\n{{- if true }}\nb\n{{- end }}\nc", "a\nb\nc")]
    [InlineData("{{ range .List }}<{{ . }}>{{ end }}", "<a><b><c>")]
    [InlineData("{{ range $i, $x := .List }}{{ if $i }},{{ end }}{{ $i }}={{ $x }}{{ end }}", "0=a,1=b,2=c")]
    [InlineData("{{ range $x := .List }}{{ $x }}{{ $.MachineID | trunc 1 }} {{ end }}", "a0 b0 c0 ")]
    [InlineData("{{ range .Missing }}x{{ else }}none{{ end }}", "none")]
    [InlineData("{{ range list }}x{{ else }}none{{ end }}", "none")]
    [InlineData("{{ range .Values.network }}{{ .macaddress | lower }}{{ end }}", "52:54:00:ab:cd:ef")]
    [InlineData("{{ with .Values.node }}{{ .hostname }}{{ end }}{{ .Empty }}.", "Node-1.")]
    [InlineData("{{ with .Empty }}x{{ else }}{{ .MachineID | trunc 1 }}{{ end }}", "0")]
    [InlineData("{{ with $n := .MachineID }}{{ trunc 2 $n }}{{ trunc 1 . }}{{ end }}", "010")]
    [InlineData("{{ $x := \"a\" }}{{ if true }}{{ $x = \"b\" }}{{ $y := 1 }}{{ end }}{{ $x }}", "b")]
    [InlineData("{{ $x := \"a\" }}{{ if true }}{{ $x := \"b\" }}{{ $x }}{{ end }}{{ $x }}", "ba")]
    [InlineData("{{ $c := index .Values.network 0 }}{{ $c.macaddress }}", "52:54:00:AB:CD:EF")]
    [InlineData("{{ and 1 .Empty }}|{{ and 1 2 }}|{{ or .Empty 0 3 }}|{{ or 0 .Empty }}|{{ not 1 }}", "|2|3||false")]
    [InlineData("{{ and .Missing (index .Missing 0) }}|{{ or 1 (nosuch 2) .MachineID.x }}|{{ .Empty | or 5 }}", "<no value>|1|5")]
    [InlineData("{{ and (or 0 1) (lower \"A\") }}", "a")]
    [InlineData("{{ eq 1 2 1 }} {{ ne .Empty \"\" }} {{ lt 1 2 }} {{ le 2 2 }} {{ gt \"b\" \"a\" }} {{ ge 1 2 }} {{ eq .Missing nil }} " +
        "{{ eq .Missing \"x\" }}", "true false true true true false true false")]
    [InlineData("{{ len .List }} {{ len \"é\" }} {{ index .List 1 }} {{ first .List }}{{ last .List }} {{ join \"-\" .List }} {{ .List }}",
        "3 2 b ac a-b-c [a b c]")]
    [InlineData("{{ range list \"x\" \"y\" }}{{ . }};{{ end }}{{ print \"a\" 1 true }}", "x;y;a1true")]
    [InlineData("{{ add 1 2 }} {{ sub 1 2 }} {{ int \"7\" }} {{ \"x\" | int }} {{ ternary \"a\" \"b\" true }} {{ coalesce .Missing " +
        ".Empty \"c\" }} {{ empty .Empty }}", "3 -1 7 0 a c true")]
    [InlineData("{{ trimPrefix \"a\" \"abc\" }} {{ trimSuffix \"x\" \"abc\" }} {{ contains \"b\" \"abc\" }} {{ hasPrefix \"b\" \"abc\" " +
        "}} {{ hasSuffix \"c\" \"abc\" }}", "bc abc true false true")]
    [InlineData("{{ sha256sum \"abc\" | trunc 8 }}", "ba7816bf")]
    [InlineData("{{ printf `%s-%d %v%% %q` `a` 7 true `b` }}", "a-7 true% \"b\"")]
    [InlineData("{{ println `a` 1 }}", "a 1\n")]
    [InlineData("{{ range until 3 }}{{ . }},{{ end }}", "0,1,2,")]
    [InlineData("{{ repeat 3 `ab` }}", "ababab")]
    [InlineData("{{ b64enc `hello` }} {{ b64dec `aGVsbG8=` }}", "aGVsbG8= hello")]
    [InlineData("{{ splitList `,` `a,b,,c` | join `-` }}", "a-b--c")]
    [InlineData("{{ indent 2 `a\nb` }}", "  a\n  b")]
    [InlineData("x:{{ nindent 2 `a\nb` }}", "x:\n  a\n  b")]
    public void Blocks_variables_and_functions_work_as_in_Go(string template, string expected) =>
        Assert.Equal(expected, Template.Render(template, Fields));

    [Fact]
    public void The_values_of_this_machine_are_available()
    {
        var values = TemplateFields.Under("Values", MachineValues.Of(new StageFacts()));
        Assert.Equal(Environment.ProcessorCount.ToString(), Template.Render("{{ .Values.cpu.threads }}", values));
        Assert.Equal("true",
            Template.Render("{{ and (ge .Values.cpu.threads .Values.cpu.cores) (ge .Values.cpu.cores .Values.cpu.cpus) (gt " +
            ".Values.memory.size 100) }}", values));
        Assert.Equal("<no value>", Template.Render("{{ .Values.cpu.nosuch }}", values));
    }

    [Theory]
    [InlineData("{{ range .Ten }}{{ range $.Ten }}{{ range $.Ten }}{{ range $.Ten }}{{ range $.Ten }}{{ end }}{{ end }}{{ end }}{{ end " +
        "}}{{ end }}", "more than 10000 steps")]
    [InlineData("{{ $x := `0123456789` }}{{ range .Ten }}{{ range $.Ten }}{{ $x = print $x $x }}{{ end }}{{ end }}",
        "a value longer than 65536")]
    [InlineData("{{ $x := `0123456789` }}{{ range .Ten }}{{ range $.Ten }}{{ $x = replace `0` $x $x }}{{ end }}{{ end }}",
        "a value longer than 65536")]
    [InlineData("{{ $x := `0123456789` }}{{ range .Ten }}{{ range $.Ten }}{{ $x = quote $x }}{{ end }}{{ end }}",
        "quote: a value longer than 65536")]
    [InlineData("{{ $x := list 1 1 }}{{ range .Ten }}{{ range $.Ten }}{{ $x = list $x $x }}{{ end }}{{ end }}{{ $x }}",
        "a group of values")]
    [InlineData("{{ $x := list 1 }}{{ range .Ten }}{{ range $.Ten }}{{ $x = list $x }}{{ end }}{{ end }}{{ join `` $x }}",
        "a group of values")]
    [InlineData("{{ range .Ten }}{{ range $.Ten }}{{ range $.Ten }}TEXT{{ end }}{{ end }}{{ end }}", "longer than 4194304 characters")]
    [InlineData("{{ range .Ten }}{{ range $.Ten }}{{ len `TEXT` }}{{ end }}{{ end }}", "more than 10000 steps")]
    public void Time_and_memory_of_a_template_are_bounded(string template, string reason)
    {
        var watch = System.Diagnostics.Stopwatch.StartNew();
        Assert.Contains(reason,
            Assert.Throws<TemplateException>(() => Template.Render(template.Replace("TEXT", new string('x', 50_000)), Fields)).Message);
        Assert.InRange(watch.ElapsedMilliseconds, 0, 10_000);
    }

    [Theory]
    [InlineData("{{ .MachineID", "not closed")]
    [InlineData("{{ if .X }}y", "no end")]
    [InlineData("{{ range .List }}{{ if 1 }}{{ end }}", "no end")]
    [InlineData("{{ end }}", "without if")]
    [InlineData("{{ else }}", "without if")]
    [InlineData("{{ if 1 }}{{ else }}{{ else }}{{ end }}", "last else")]
    [InlineData("{{ if 1 }}{{ else with 1 }}{{ end }}", "only if can follow else")]
    [InlineData("{{ if }}{{ end }}", "missing")]
    [InlineData("{{ if 1 }}{{ end 2 }}", "unexpected text after end")]
    [InlineData("{{ range 5 }}{{ end }}", "not a list")]
    [InlineData("{{ $x }}", "unknown variable $x")]
    [InlineData("{{ $x = 1 }}", "unknown variable $x")]
    [InlineData("{{ if true }}{{ $x := 1 }}{{ end }}{{ $x }}", "unknown variable $x")]
    [InlineData("{{ $a, $b := .List }}", "only range")]
    [InlineData("{{ eq 1 \"1\" }}", "different types")]
    [InlineData("{{ lt 1 \"2\" }}", "lt: needs")]
    [InlineData("{{ eq 1 }}", "missing")]
    [InlineData("{{ or }}", "no arguments")]
    [InlineData("{{ define \"x\" }}{{ end }}", "without if")]
    [InlineData("{{ len 5 }}", "not a list")]
    [InlineData("{{ or 1 (2 }}", "is not closed")]
    [InlineData("{{ nosuch 1 }}", "nosuch")]
    [InlineData("{{ .Missing | lower }}", "lower")]
    [InlineData("{{ index .Values.network 3 }}", "index 3")]
    [InlineData("{{ required \"give me an id\" .Empty }}", "give me an id")]
    [InlineData("{{ .MachineID.x }}", ".x")]
    [InlineData("{{ trunc .MachineID 4 }}", "trunc")]
    [InlineData("{{ .Values }}", "group")]
    [InlineData("{{ }}", "missing")]
    [InlineData("{{ ) }}", ")")]
    [InlineData("{{ ((((((((((((((((((((((((((((((((((((((((((((((((((((((1 }}", "deep")]
    [InlineData("{{ .MachineID | 5 }}", "function")]
    public void A_template_that_fails_gives_the_reason(string template, string reason) =>
        Assert.Contains(reason, Assert.Throws<TemplateException>(() => Template.Render(template, Fields)).Message);
}
