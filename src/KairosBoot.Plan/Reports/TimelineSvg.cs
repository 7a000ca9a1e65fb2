using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace KairosBoot.Plan;

/// <summary>
/// A boot's timeline as a picture (SVG 1.1), one row for each bar, as <c>systemd-analyze plot</c> draws it. The same input gives the same
/// bytes; nothing is loaded from elsewhere.
/// </summary>
public static class TimelineSvg
{
    // Pixels. A character of the monospace font has about 0.6 of its size; one outside ASCII may be twice as wide.
    private const int Margin = 20, PlotWidth = 1000, LabelWidth = 420, RowHeight = 20, BarHeight = 14, HeaderHeight = 80, AxisHeight = 20,
        LegendHeight = 60, Gap = 6, MinGridWidth = 70;
    private const double CharacterWidth = 7.3;
    private const int Width = Margin + PlotWidth + LabelWidth + Margin, MinLabel = 4;

    private static readonly (TimelineKind Kind, string Class, string Name)[] Kinds =
    [
        (TimelineKind.Kernel, "kernel", "kernel"), (TimelineKind.Phase, "phase", "phase of kairos-boot"),
        (TimelineKind.Step, "step", "step: a mount, an overlay, a file"), (TimelineKind.Entry, "entry", "entry of a cloud-config stage"),
    ];

    private const string Style =
        """
        rect.kernel { fill: #7fb0e0; } rect.phase { fill: #b8c4d0; } rect.step { fill: #8fca8a; } rect.entry { fill: #d3a4e0; }
        rect.problem { fill: #e2675f; } rect.bar, rect.sample { stroke: #4a4a4a; stroke-width: 0.6; }
        rect.back { fill: #ffffff; } rect.odd { fill: #f5f6f8; }
        line.grid { stroke: #d5d8dc; stroke-width: 1; } line.axis { stroke: #4a4a4a; stroke-width: 1; }
        text { font-family: monospace; font-size: 12px; fill: #1c1c1c; } text.title { font-size: 16px; font-weight: bold; }
        text.phase, text.kernel { font-weight: bold; } text.problem { fill: #a31f16; } text.axis { fill: #5a5f66; }
        """;

    /// <param name="bars">From <see cref="Timeline.Of"/>.</param>
    /// <param name="title">One line.</param>
    /// <param name="details">Lines below it.</param>
    public static string Draw(ImmutableArray<TimelineBar> bars, string title, IReadOnlyList<string> details)
    {
        var end = Math.Max(1, bars.IsEmpty ? 1 : bars.Max(bar => bar.End));
        var top = HeaderHeight + (RowHeight * Math.Max(0, details.Count - 1));
        var bottom = top + AxisHeight + (bars.Length * RowHeight);
        var svg = new StringBuilder();
        Open(svg, bottom + LegendHeight, title);
        Text(svg, Margin, 30, "title", Fit(title, (int)((Width - (2 * Margin)) * 0.75)));
        for (var i = 0; i < details.Count; i++) Text(svg, Margin, 52 + (i * RowHeight), "", Fit(details[i], Width - (2 * Margin)));
        for (var i = 1; i < bars.Length; i += 2) Rect(svg, "odd", 0, top + AxisHeight + (i * RowHeight), Width, RowHeight, "");
        Grid(svg, end, top, bottom);
        for (var i = 0; i < bars.Length; i++) Bar(svg, bars[i], end, top + AxisHeight + (i * RowHeight));
        Legend(svg, bottom + 24);
        return svg.Append("</svg>\n").ToString();
    }

    private static void Open(StringBuilder svg, int height, string title)
    {
        svg.Append("<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?>\n<!DOCTYPE svg PUBLIC \"-//W3C//DTD SVG 1.1//EN\" ")
            .Append("\"http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd\">\n<svg xmlns=\"http://www.w3.org/2000/svg\" version=\"1.1\" ")
            .Append(Invariant($"width=\"{Width}\" height=\"{height}\" viewBox=\"0 0 {Width} {height}\">\n"))
            .Append(Invariant($"<title>{Escape(title)}</title>\n<style type=\"text/css\">\n{Style}\n</style>\n"));
        Rect(svg, "back", 0, 0, Width, height, "");
    }

    private static void Grid(StringBuilder svg, long end, int top, int bottom)
    {
        var unit = Unit(end);
        for (var at = 0L; at <= end; at += unit)
        {
            var x = Margin + X(at, end);
            Line(svg, "grid", x, top + AxisHeight, x, bottom);
            Text(svg, x, top + AxisHeight - Gap, "axis", AxisText(at, unit));
        }

        Line(svg, "axis", Margin, top + AxisHeight, Margin + PlotWidth, top + AxisHeight);
    }

    /// <summary>Microseconds between two lines of the grid: 1, 2 or 5 times a power of ten; 100 ms for a boot of about a second.</summary>
    private static long Unit(long end)
    {
        for (var power = 1L; ; power *= 10)
        {
            foreach (var factor in (long[])[1, 2, 5])
                if (X(factor * power, end) >= MinGridWidth) return factor * power;
        }
    }

    private static string AxisText(long at, long unit) => unit switch
    {
        < 1000 => Invariant($"{at / 1000.0:0.000} ms"),
        < 100_000 => Invariant($"{at / 1000} ms"),
        < 1_000_000 => Invariant($"{at / 1_000_000.0:0.0} s"),
        _ => Invariant($"{at / 1_000_000} s"),
    };

    private static void Bar(StringBuilder svg, TimelineBar bar, long end, int top)
    {
        var kind = bar.Problem is null ? ClassOf(bar.Kind) : "problem";
        var start = Margin + X(bar.Start, end);
        // A bar that is too short to see still shows where it is.
        var width = Math.Max(1, Math.Min(X(bar.Length, end), Margin + PlotWidth - start));
        start = Math.Min(start, Margin + PlotWidth - width);
        var tip = $"{bar.Name} ({Duration.Text(bar.Length)}, from {Duration.Text(bar.Start)})"
            + (bar.WaitsFor.Length > 0 ? $"; waited for: {bar.WaitsFor}" : "") + (bar.Problem is null ? "" : $"; {bar.Problem}");
        Rect(svg, "bar " + kind, start, top + ((RowHeight - BarHeight) / 2), width, BarHeight, tip);
        var length = $" ({Duration.Text(bar.Length)})";
        // As in systemd-analyze plot: on the side where more room is.
        double right = Width - Margin - start - width - Gap, left = start - Margin - Gap;
        var isRight = right >= left || start < Margin + (PlotWidth / 2);
        var label = Fit(bar.Name, (isRight ? right : left) - Measure(length)) + length;
        Text(svg, isRight ? start + width + Gap : start - Gap, top + RowHeight - Gap, kind, label, !isRight);
    }

    private static void Legend(StringBuilder svg, int top)
    {
        double x = Margin;
        foreach (var (kind, name) in Kinds.Select(row => (row.Class, row.Name)).Append(("problem", "failed, or done in part")))
        {
            Rect(svg, "sample " + kind, x, top, BarHeight, BarHeight, "");
            Text(svg, x + BarHeight + Gap, top + BarHeight - 2, "", name);
            x += BarHeight + (3 * Gap) + Measure(name) + Gap;
        }
    }

    private static string ClassOf(TimelineKind kind) => Kinds.First(row => row.Kind == kind).Class;

    private static double X(long microseconds, long end) => (double)microseconds / end * PlotWidth;

    private static void Rect(StringBuilder svg, string kind, double x, double y, double width, double height, string tip)
    {
        svg.Append(Invariant($"<rect class=\"{kind}\" x=\"{x:0.##}\" y=\"{y:0.##}\" width=\"{width:0.##}\" height=\"{height:0.##}\""));
        svg.Append(tip.Length == 0 ? "/>\n" : $"><title>{Escape(tip)}</title></rect>\n");
    }

    private static void Line(StringBuilder svg, string kind, double x1, double y1, double x2, double y2) =>
        svg.Append(Invariant($"<line class=\"{kind}\" x1=\"{x1:0.##}\" y1=\"{y1:0.##}\" x2=\"{x2:0.##}\" y2=\"{y2:0.##}\"/>\n"));

    private static void Text(StringBuilder svg, double x, double y, string kind, string text, bool isLeft = false)
    {
        if (text.Length == 0) return;
        svg.Append(Invariant($"<text x=\"{x:0.##}\" y=\"{y:0.##}\""));
        if (kind.Length > 0) svg.Append($" class=\"{kind}\"");
        if (isLeft) svg.Append(" text-anchor=\"end\"");
        svg.Append($">{Escape(text)}</text>\n");
    }

    private static double Measure(string text) => Printable(text).Sum(c => c is >= ' ' and <= '~' ? CharacterWidth : 2 * CharacterWidth);

    /// <summary>As much of the text as fits.</summary>
    private static string Fit(string text, double width)
    {
        text = Printable(text);
        if (Measure(text) <= width) return text;
        var length = text.Length;
        while (length > MinLabel && Measure(text[..length]) + (3 * CharacterWidth) > width) length--;
        if (char.IsHighSurrogate(text[length - 1])) length--;
        return text[..length] + "...";
    }

    private static string Printable(string text) => PrintableText.Clean(text).Replace('\n', ' ').Replace('\t', ' ');

    // XML 1.0 has no way to write control characters and the last two code points of a plane; names from disks may have them.
    private static string Escape(string text) => Printable(text).Replace('\uFFFE', '?').Replace('\uFFFF', '?')
        .Replace("&", "&amp;").Replace("<", "&lt;").Replace(">", "&gt;").Replace("\"", "&quot;");

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
