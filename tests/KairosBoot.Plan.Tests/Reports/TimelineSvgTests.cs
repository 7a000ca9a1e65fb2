using System.Collections.Immutable;
using System.Globalization;
using System.Xml.Linq;

namespace KairosBoot.Plan.Tests.Reports;

public sealed class TimelineSvgTests
{
    // Of the monospace fonts of usual systems, at 12 and 16 pixels.
    private const double CharacterWidth = 7.3;

    private static readonly string[] Names =
    [
        "mount", new string('x', 5000), "<script>alert(1)</script>", "a&b \"c\" 'd'", "\u001b[31m\0\u0008", "\ud800 \ufffe \uffff",
        "日本語の名前 with a long rest that does not fit " + new string('語', 300), "\u202edesrever", "line\nfeed\ttab", "", "😀😀😀",
    ];

    public static TheoryData<string> Boots => ["none", "usual", "many", "hostile", "zero", "long"];

    private static ImmutableArray<TimelineBar> Bars(string boot) => boot switch
    {
        "none" => [],
        "usual" => Timeline.Of(SampleReport.Boot, SampleReport.Log),
        "many" => [.. Enumerable.Range(0, 500).Select(i => new TimelineBar(TimelineKind.Step, $"step {i}", i * 2000, 1900, ""))],
        "hostile" => [.. Names.Select((name, i) =>
            new TimelineBar((TimelineKind)(i % 4), name, i * 100_000, 300_000, name) { Problem = name })],
        "zero" => [new(TimelineKind.Kernel, "kernel", 0, 0, ""), new(TimelineKind.Step, "step", 0, 0, "")],
        _ => [new(TimelineKind.Kernel, "kernel", 0, 86_400_000_000, ""), new(TimelineKind.Step, "s", 86_400_000_000, 86_400_000_000, "")],
    };

    private static XDocument Draw(string boot) =>
        XDocument.Parse(TimelineSvg.Draw(Bars(boot), $"Boot <{Names[4]}>", [Names[1], "second & line"]), LoadOptions.PreserveWhitespace);

    private static double Number(XElement element, string name) =>
        double.Parse(element.Attribute(name)!.Value, CultureInfo.InvariantCulture);

    private static List<XElement> All(XDocument svg, string name) =>
        [.. svg.Descendants().Where(element => element.Name.LocalName == name)];

    private static (double Left, double Right) Extent(XElement text)
    {
        var size = text.Attribute("class")?.Value == "title" ? CharacterWidth * 4 / 3 : CharacterWidth;
        var width = text.Value.Sum(c => c < 128 ? size : 2 * size);
        var x = Number(text, "x");
        return text.Attribute("text-anchor")?.Value == "end" ? (x - width, x) : (x, x + width);
    }

    [Theory]
    [MemberData(nameof(Boots))]
    public void Everything_is_inside_the_picture(string boot)
    {
        var svg = Draw(boot);
        double width = Number(svg.Root!, "width"), height = Number(svg.Root!, "height");
        Assert.All(All(svg, "rect"), rect =>
        {
            Assert.True(Number(rect, "x") >= 0 && Number(rect, "x") + Number(rect, "width") <= width + 0.02, rect.ToString());
            Assert.True(Number(rect, "y") >= 0 && Number(rect, "y") + Number(rect, "height") <= height, rect.ToString());
            Assert.True(Number(rect, "width") > 0, rect.ToString());
        });
        Assert.All(All(svg, "text"), text =>
        {
            var (left, right) = Extent(text);
            Assert.True(left >= -0.02 && right <= width + 0.02, text.ToString());
            Assert.InRange(Number(text, "y"), 12, height);
        });
        Assert.All(All(svg, "line"), line => Assert.InRange(Number(line, "x2"), 0, width));
    }

    [Theory]
    [MemberData(nameof(Boots))]
    public void Each_bar_has_its_row_and_a_text_that_covers_nothing(string boot)
    {
        var svg = Draw(boot);
        var bars = All(svg, "rect").Where(rect => rect.Attribute("class")!.Value.StartsWith("bar ", StringComparison.Ordinal)).ToList();
        Assert.Equal(Bars(boot).Length, bars.Count);
        Assert.Equal(bars.Count, bars.Select(bar => Number(bar, "y")).Distinct().Count());
        foreach (var bar in bars)
        {
            double top = Number(bar, "y"), left = Number(bar, "x"), right = left + Number(bar, "width");
            var label = Assert.Single(All(svg, "text"), text => Number(text, "y") > top && Number(text, "y") < top + 20);
            var extent = Extent(label);
            Assert.True(extent.Right <= left || extent.Left >= right, label.ToString());
            Assert.EndsWith(")", label.Value);
        }

        // Two texts of one line: the axis and the legend.
        foreach (var line in All(svg, "text").GroupBy(text => Number(text, "y")))
        {
            var texts = line.Select(Extent).OrderBy(text => text.Left).ToList();
            for (var i = 1; i < texts.Count; i++) Assert.True(texts[i].Left >= texts[i - 1].Right, $"{line.Key}");
        }
    }

    [Fact]
    public void The_grid_has_a_line_for_each_round_unit()
    {
        static string Axis(string boot) => string.Join(' ', All(Draw(boot), "text").Where(text => text.Attribute("class")?.Value == "axis")
            .Select(text => text.Value).Take(4));
        Assert.Equal("0.0 s 0.2 s 0.4 s 0.6 s", Axis("usual"));
        Assert.Equal("0.0 s 0.1 s 0.2 s 0.3 s", Axis("many"));
    }

    [Fact]
    public void The_same_boot_gives_the_same_picture_and_nothing_is_loaded()
    {
        var svg = TimelineSvg.Draw(Bars("hostile"), "a", ["b"]);
        Assert.Equal(svg, TimelineSvg.Draw(Bars("hostile"), "a", ["b"]));
        Assert.Empty(All(XDocument.Parse(svg), "script"));
        Assert.DoesNotContain("href", svg);
        Assert.DoesNotContain("url(", svg);
        Assert.DoesNotContain("@import", svg);
    }
}
