using KairosBoot.CloudConfig;

namespace KairosBoot.Plan.Tests;

public class YamlReaderTests
{
    private static YamlMapping Map(string text) => Assert.IsType<YamlMapping>(YamlReader.Read(text));

    [Fact]
    public void Byte_order_mark_and_carriage_returns_are_not_part_of_any_text()
    {
        var map = Map("\uFEFFa: one\r\nb: |\r\n  two\r\n  three\r\n");
        Assert.Equal("one", map.Text("a"));
        Assert.Equal("two\nthree\n", map.Text("b"));
    }

    [Fact]
    public void Only_the_first_document_counts()
    {
        var map = Map("a: 1\n---\na: 2\n");
        Assert.Equal(1, map.Integer("a"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("# nothing but a comment\n")]
    public void A_text_without_a_document_gives_null(string text) => Assert.Null(YamlReader.Read(text));

    [Fact]
    public void Own_keys_precede_merged_keys_and_earlier_mappings_precede_later_ones()
    {
        var map = Map("x: &x {a: x, b: x, c: x}\ny: &y {b: y, d: y}\nz:\n  <<: [*y, *x]\n  a: own\n");
        var z = Assert.IsType<YamlMapping>(map.Find("z"));
        Assert.Equal(("own", "y", "x", "y"), (z.Text("a"), z.Text("b"), z.Text("c"), z.Text("d")));
    }

    [Theory]
    [InlineData("a: 1\nb: 2\na: 3\n", 3, 1, "already at line 1")]
    [InlineData("a: [1,\n", 2, 1, "node")]
    [InlineData("a:\n  - b\n c: d\n", 3, 2, "")]
    [InlineData("a: *nowhere\n", 1, 4, "no such anchor")]
    [InlineData("a: &a [*a]\n", 1, 8, "no such anchor")]
    [InlineData("[a]: b\n", 1, 1, "a key must be a text")]
    [InlineData("a: {<<: text}\n", 1, 4, "<< takes a mapping")]
    [InlineData("a: \"\\q\"\n", 1, 4, "escape")]
    public void A_fault_has_its_line_and_column(string text, int line, int column, string reason)
    {
        var fault = Assert.Throws<YamlFaultException>(() => YamlReader.Read(text));
        Assert.Equal((line, column), (fault.Line, fault.Column));
        Assert.Contains(reason, fault.Message);
    }

    [Fact]
    public void Multiplying_aliases_are_rejected_before_they_are_expanded()
    {
        var text = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n";
        for (var i = 1; i < 20; i++) text += $"a{i}: &a{i} [{string.Join(',', Enumerable.Repeat($"*a{i - 1}", 9))}]\n";
        Assert.Contains("aliases", Assert.Throws<YamlFaultException>(() => YamlReader.Read(text)).Message);
    }

    [Theory]
    [InlineData("[")]
    [InlineData("{a: ")]
    [InlineData("- ")]
    [InlineData("? ")]
    public void Depth_is_bounded(string opening) =>
        Assert.Throws<YamlFaultException>(() => YamlReader.Read(string.Concat(Enumerable.Repeat(opening, 100_000))));

    [Fact]
    public void Depth_through_aliases_is_bounded_too()
    {
        var text = "a0: &a0 [x]\n";
        for (var i = 1; i < 100; i++) text += $"a{i}: &a{i} [*a{i - 1}]\n";
        Assert.Contains("deeper", Assert.Throws<YamlFaultException>(() => YamlReader.Read(text)).Message);
    }

    [Theory]
    [InlineData("0644", 420)]
    [InlineData("0o644", 420)]
    [InlineData("0x1a4", 420)]
    [InlineData("0b110100100", 420)]
    [InlineData("0_644", 420)]
    [InlineData("644", 644)]
    [InlineData("-5", -5)]
    [InlineData("0", 0)]
    [InlineData("0899", null)]
    [InlineData("12a", null)]
    [InlineData("\"12\"", null)]
    [InlineData("99999999999999999999", null)]
    public void Integers_are_those_of_YAML_1_1(string text, int? value) => Assert.Equal(value, (int?)Map($"a: {text}\n").Integer("a"));

    [Theory]
    [InlineData("yes", true)]
    [InlineData("Off", false)]
    [InlineData("TRUE", true)]
    [InlineData("'true'", null)]
    [InlineData("1", null)]
    public void Booleans_are_plain_words(string text, bool? value) => Assert.Equal(value, Map($"a: {text}\n").Boolean("a"));

    [Theory]
    [InlineData("0644", 420, false)]
    [InlineData("'0644'", 420, false)]
    [InlineData("\"644\"", 420, false)]
    [InlineData("420", 420, false)]
    [InlineData("644", 644, true)]
    [InlineData("755", 755, true)]
    [InlineData("04755", 2541, false)]
    [InlineData("1777", 1777, false)]
    [InlineData("493", 493, false)]
    [InlineData("511", 511, false)]
    public void A_missing_octal_zero_is_detected(string text, int mode, bool mistaken)
    {
        var scalar = Assert.IsType<YamlScalar>(Map($"a: {text}\n").Find("a"));
        Assert.Equal(mode, FilePermissions.Parse(scalar));
        Assert.Equal(mistaken, FilePermissions.LooksMistaken(scalar));
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("010000")]
    [InlineData("rw-r--r--")]
    [InlineData("'0899'")]
    public void An_invalid_mode_is_rejected(string text) =>
        Assert.Null(FilePermissions.Parse(Assert.IsType<YamlScalar>(Map($"a: {text}\n").Find("a"))));
}
