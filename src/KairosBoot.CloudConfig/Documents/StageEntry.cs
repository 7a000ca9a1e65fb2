namespace KairosBoot.CloudConfig;

/// <summary>What the entries of a stage in one file share.</summary>
/// <param name="document">The document of the file.</param>
/// <param name="file">Path of the file.</param>
/// <param name="fileNumber">That file's place among the files of its source, from 0; those without the stage count.</param>
/// <param name="stage">Name of the stage.</param>
internal sealed class StageFile(CloudConfigDocument document, string file, int fileNumber, string stage)
{
    private bool? isNameShared;

    internal string File => file;
    internal int FileNumber => fileNumber;
    internal string Stage => stage;

    /// <summary>The start of the full names: the document's <c>name</c>, or its path.</summary>
    internal string Title => document.Title ?? file;

    /// <summary>Two entries have the same name, or none.</summary>
    internal bool IsNameShared => isNameShared ??= document.HasSharedName(stage);

    /// <summary>Number of entries so far.</summary>
    internal int Entries { get; set; }
}

/// <summary>One entry of a stage. Its names are made when they are asked for, because a file can have many entries.</summary>
/// <param name="file">Its file.</param>
/// <param name="number">Its place in the stage's list of that file, from 0.</param>
/// <param name="node">Its keys, as written.</param>
internal sealed class StageEntry(StageFile file, int number, YamlNode node)
{
    internal string File => file.File;
    internal int FileNumber => file.FileNumber;
    internal int Number => number;
    internal YamlNode Node => node;

    /// <summary>Its <c>name</c>, or <c>stage[number]</c>.</summary>
    internal string Name => GivenName(node) is { Length: > 0 } given ? given : $"{YamlScalar.NameOf(file.Stage)}[{number.ToString()}]";

    /// <summary>What an <c>after</c> calls it: <c>/oem/90.yaml.0</c>, <c>config.entry</c>.</summary>
    internal string FullName
    {
        get
        {
            var (given, place) = (GivenName(node), number.ToString());
            return $"{file.Title}.{(given.Length == 0 ? place : file.IsNameShared ? $"{given}.{place}" : given)}";
        }
    }

    /// <summary>Empty: it has no name.</summary>
    internal static string GivenName(YamlNode entry) =>
        (entry as YamlMapping)?.Text("name") is { } name && !string.IsNullOrWhiteSpace(name) ? name : "";
}
