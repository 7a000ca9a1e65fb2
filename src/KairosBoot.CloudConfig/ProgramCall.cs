using KairosBoot.Linux;

namespace KairosBoot.CloudConfig;

/// <summary>A call of a program of the root.</summary>
/// <param name="tool">Its name, or its path.</param>
/// <param name="arguments">Must not contain secrets: other processes can read them.</param>
internal sealed class ProgramCall(string tool, IReadOnlyList<string> arguments)
{
    internal string Tool { get; } = tool;
    internal IReadOnlyList<string> Arguments { get; } = arguments;

    /// <summary>Texts that must not be logged.</summary>
    internal IReadOnlyList<string> Secrets { get; init; } = [];

    /// <summary><c>NAME=VALUE</c>. They replace variables of the environment.</summary>
    internal IReadOnlyList<string> Variables { get; init; } = [];

    /// <summary>The user that it runs as. Its environment is then only <see cref="Variables"/>, because root's may hold secrets. Null: as this process.</summary>
    internal ChildUser? User { get; init; }

    /// <summary>Standard input; null: empty.</summary>
    internal FileHandle? Input { get; init; }

    /// <summary>Gets the standard output, which is then not logged. Null: standard output and standard error are logged.</summary>
    internal FileHandle? Output { get; init; }

    /// <summary>Null: the limit of the run.</summary>
    internal TimeSpan? Limit { get; init; }
}
