using KairosBoot.Linux;

namespace KairosBoot.CloudConfig.Booted;

/// <summary>A condition of an entry, as <see cref="ShellCondition"/> evaluates it, for files of another machine.</summary>
internal sealed class PreviewCondition : ShellCondition
{
    private readonly PreviewFiles files;

    private PreviewCondition(List<ShellWord> words, PreviewFiles files) : base(words) => this.files = files;

    /// <summary>Null: only a shell on the machine can evaluate it.</summary>
    internal static bool? Evaluate(string text, PreviewFiles files) =>
        ShellWord.Split(text) is { } words ? new PreviewCondition(words, files).Evaluate() : null;

    private protected override bool? Find(string word, string path)
    {
        if (!Grep.IsLiteral(word) || !path.StartsWith('/') || !files.TryFind(path, followLast: true, out var found)) return null;
        if (found.Type is null or FileType.Directory) return false;
        return files.Read(path, ReadLimit.SystemFile) is { } content ? Grep.Find(word, content) : null;
    }

    private protected override bool? Test(string operation, string path)
    {
        if (!files.TryFind(path, followLast: operation != "-L", out var found)) return null;
        return operation switch
        {
            // The stage runs as root.
            "-e" or "-r" => found.Type is not null,
            "-f" => found.Type == FileType.Regular,
            "-d" => found.Type == FileType.Directory,
            "-s" => found.Type is not null && (found.Type == FileType.Directory || found.Size > 0),
            "-L" => found.Type == FileType.Symlink,
            _ => null,
        };
    }
}
