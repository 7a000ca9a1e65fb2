using KairosBoot.Linux;

namespace KairosBoot.CloudConfig;

/// <summary>A program of the root that an entry has run.</summary>
/// <param name="tool">Its name, or its path.</param>
/// <param name="arguments">What everybody may see: other processes do.</param>
internal sealed class ProgramCall(string tool, IReadOnlyList<string> arguments)
{
    internal string Tool { get; } = tool;
    internal IReadOnlyList<string> Arguments { get; } = arguments;

    /// <summary>Texts that nobody may read in a log.</summary>
    internal IReadOnlyList<string> Secrets { get; init; } = [];

    /// <summary><c>NAME=VALUE</c>, in place of what the environment has.</summary>
    internal IReadOnlyList<string> Variables { get; init; } = [];

    /// <summary>Who it runs as, with <see cref="Variables"/> as its whole environment: root's is not for a user to read. Null: as this process.</summary>
    internal ChildUser? User { get; init; }

    /// <summary>What it reads; null: nothing.</summary>
    internal FileHandle? Input { get; init; }

    /// <summary>Takes its standard output, which the log then does without; null: the log has it, with its standard error.</summary>
    internal FileHandle? Output { get; init; }

    /// <summary>Null: as every command of the run.</summary>
    internal TimeSpan? Limit { get; init; }
}
