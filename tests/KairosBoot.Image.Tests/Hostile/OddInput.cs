using KairosBoot.Cli;
using Xunit.Abstractions;

namespace KairosBoot.Image.Tests;

/// <summary>
/// Runs work of kboot on odd input. Any refusal is right, if it has a fix, leaves no file, comes in time, and is no internal error.
/// </summary>
public abstract class OddInput : Scratch
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private const int DefaultSeed = 20260101;

    private readonly List<string> wrong = [];
    private readonly int seed;
    private int done;

    protected OddInput(ITestOutputHelper log)
    {
        seed = int.TryParse(Environment.GetEnvironmentVariable("KAIROSBOOT_FUZZ_SEED"), out var given) ? given : DefaultSeed;
        log.WriteLine($"KAIROSBOOT_FUZZ_SEED={seed}");
        Choice = new Random(seed);
        Directory.CreateDirectory(PathOf("out"));
    }

    protected static bool All => Environment.GetEnvironmentVariable("KAIROSBOOT_ALL") is not null;

    protected Random Choice { get; }

    protected string Output => PathOf("out/file");

    /// <summary>All rows with <c>--all</c>, else some of them, chosen by the seed.</summary>
    protected IEnumerable<T> Some<T>(IEnumerable<T> rows, int count)
    {
        var all = rows.ToArray();
        if (All) return all;
        Choice.Shuffle(all);
        return all.Take(count);
    }

    /// <param name="what">The case, for the message.</param>
    /// <param name="work">Work with <see cref="Output"/>.</param>
    /// <returns>True: it succeeded.</returns>
    protected bool Try(string what, Action<CancellationToken> work)
    {
        using var patience = new CancellationTokenSource();
        var task = Task.Run(() => work(patience.Token));
        var failure = Record.Exception(() =>
        {
            if (task.Wait(Patience)) return;
            patience.Cancel();
            throw new TimeoutException($"not done after {Patience.TotalSeconds:0} s");
        });
        failure = failure is AggregateException { InnerException: { } inner } ? inner : failure;
        done++;
        if (failure is not null) Judge(what, failure);
        var left = Names(PathOf("out")).Where(name => name != "file" || failure is not null).ToList();
        if (left.Count > 0) wrong.Add($"{what}: left {string.Join(", ", left)}");
        OddFile.Delete(PathOf("out"));
        Directory.CreateDirectory(PathOf("out"));
        return failure is null;
    }

    private void Judge(string what, Exception failure)
    {
        if (failure is TimeoutException)
        {
            wrong.Add($"{what}: {failure.Message}");
            return;
        }

        var text = FailureText.Of(failure);
        if (text.Problem.Contains("internal error") || text.Problem.Length < 10 || text.Fix.Length < 10 || text.Problem.Contains("   at "))
            wrong.Add($"{what}: {text.Problem}; to fix: {text.Fix}\n{failure}");
    }

    /// <summary>Adds a fault that the caller found.</summary>
    protected void Wrong(string what) => wrong.Add(what);

    /// <summary>Fails with all faults.</summary>
    protected void Verify()
    {
        Assert.True(done > 0);
        Assert.True(wrong.Count == 0, $"KAIROSBOOT_FUZZ_SEED={seed}: {wrong.Count} of {done}\n{string.Join('\n', wrong.Take(20))}");
    }
}
