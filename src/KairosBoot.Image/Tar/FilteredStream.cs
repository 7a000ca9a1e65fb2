using KairosBoot.Linux;

namespace KairosBoot.Image;

/// <summary>The output of a program that decompresses. At the end, the program must have succeeded: its checksums are right.</summary>
internal sealed class FilteredStream(Tool tool, FilterProcess process) : ReadStream
{
    private bool hasEnded;

    /// <exception cref="TarProblem">The program failed, so the file is damaged.</exception>
    public override int Read(Span<byte> buffer)
    {
        if (hasEnded) return 0;
        var length = process.Read(buffer);
        if (length > 0) return length;
        hasEnded = true;
        var result = process.WaitForEnd();
        return result.ExitCode == 0 ? 0
            : throw TarProblem.Damage($"{tool.Name}: {Plan.ToolText.Show(result.Errors.Trim())} (exit code {result.ExitCode})");
    }

    protected override void Dispose(bool disposing)
    {
        process.Dispose();
        base.Dispose(disposing);
    }
}
