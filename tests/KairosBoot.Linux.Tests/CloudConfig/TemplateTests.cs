using KairosBoot.CloudConfig;

namespace KairosBoot.Linux.Tests.CloudConfig;

public class TemplateTests
{
    private static readonly TemplateFields Card = new(name => name == "macaddress" ? "52:54:00:AB:CD:EF" : null);

    private static readonly TemplateFields Fields = new(name => name switch
    {
        "MachineID" => "0123456789abcdef",
        "Empty" => "",
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
    [InlineData("{{ .MachineID", "not closed")]
    [InlineData("{{ if .X }}y{{ end }}", "if")]
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
    public void A_template_that_cannot_be_filled_in_says_why(string template, string reason) =>
        Assert.Contains(reason, Assert.Throws<TemplateException>(() => Template.Render(template, Fields)).Message);
}
