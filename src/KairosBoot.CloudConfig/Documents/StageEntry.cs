namespace KairosBoot.CloudConfig;

/// <summary>One item of <c>stages.NAME</c>.</summary>
/// <param name="file">Path of its file.</param>
/// <param name="fileNumber">That file's place among the files of its source, from 0; those without the stage count.</param>
/// <param name="number">Its place in the stage's list of that file, from 0.</param>
/// <param name="name">Its <c>name</c>, or <c>stage[number]</c>.</param>
/// <param name="fullName">What an <c>after</c> calls it: <c>/oem/90.yaml.0</c>, <c>config.entry</c>.</param>
/// <param name="node">Its keys, as written.</param>
internal sealed class StageEntry(string file, int fileNumber, int number, string name, string fullName, YamlNode node)
{
    internal string File { get; } = file;
    internal int FileNumber { get; } = fileNumber;
    internal int Number { get; } = number;
    internal string Name { get; } = name;
    internal string FullName { get; } = fullName;
    internal YamlNode Node { get; } = node;
}
