using System.Globalization;
using System.Text.Json;

namespace KairosBoot.Boot.Tests;

/// <summary>
/// The instructions and processes of a boot, as tests/bench.sh counts them: repeatable, unlike times. Next to the same count of the
/// floor, a program that does nothing but the work, they hardly depend on the kernel.
/// </summary>
public sealed class InstructionTests
{
    // Measured when they were last changed on purpose; docs/performance.md has the counts.
    private const double Pristine = 1.118, Warm = 1.092, Tolerance = 1.05;

    // The second thread of .NET, and the process of the cloud-config stages.
    private const int Processes = 2;

    [Fact]
    public void A_boot_takes_at_most_5_percent_more_instructions_than_before_and_no_more_processes()
    {
        var rows = Path.Combine(Assets.Out, "bench-rows.json");
        Tool.Run(Path.Combine(Assets.Out, "../tests/bench.sh"), "--no-script", "--save", rows, "ours=" + Assets.VirtioInitrd);
        var figures = File.ReadLines(rows).Select(line => JsonDocument.Parse(line).RootElement)
            .ToDictionary(row => row.GetProperty("name").GetString()!);
        var processes = new List<double>();
        foreach (var (boot, before) in (ReadOnlySpan<(string, double)>)[("pristine", Pristine), ("warm", Warm)])
        {
            double ours = Figure(figures["ours"], boot, "instructions"), floor = Figure(figures["floor"], boot, "instructions");
            Figures.Add($"instructions of a {boot} boot", string.Create(CultureInfo.InvariantCulture,
                $"{ours:f1} million, floor {floor:f1}: {ours / floor:f3} times, {before} before"));
            Assert.InRange(ours / floor, 1, before * Tolerance);
            processes.Add(Figure(figures["ours"], boot, "processes") - Figure(figures["floor"], boot, "processes"));
        }

        // On a busy machine, the kernel may start one more kernel thread in a boot.
        Assert.InRange(processes.Min(), 0, Processes);
    }

    private static double Figure(JsonElement row, string boot, string name) => row.GetProperty(boot).GetProperty(name).GetDouble();
}
