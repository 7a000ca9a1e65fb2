using KairosBoot.Lifecycle;

namespace KairosBoot.Cli;

/// <summary>The result of a verb that changes boot counters, for a person and for a program.</summary>
internal static class BootStateOutput
{
    /// <param name="location">The changed counters.</param>
    /// <param name="outcome">What was done, in one sentence.</param>
    /// <param name="json">Prints also what <c>kboot status --json</c> shows now.</param>
    internal static void Print(BootStateLocation location, string outcome, bool json)
    {
        if (!json)
        {
            Console.WriteLine(outcome);
            return;
        }

        var status = StatusCommand.Members(location, BootStatus.Read(location));
        JsonOutput.Write(writer =>
        {
            writer.WriteString("outcome", outcome);
            status(writer);
        });
    }
}
