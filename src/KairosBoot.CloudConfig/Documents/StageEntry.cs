namespace KairosBoot.CloudConfig;

/// <summary>One item of <c>stages.NAME</c>.</summary>
/// <param name="File">The file it is in, as it was found.</param>
/// <param name="FileNumber">That file's place among the files of its source, from 0; those without the stage count.</param>
/// <param name="Number">Its place in the stage's list of that file, from 0.</param>
/// <param name="Name">Its <c>name</c>, or <c>stage[number]</c>.</param>
/// <param name="FullName">What an <c>after</c> calls it: <c>/oem/90.yaml.0</c>, <c>config.entry</c>.</param>
/// <param name="Node">Its keys, as written.</param>
internal sealed record StageEntry(string File, int FileNumber, int Number, string Name, string FullName, YamlNode Node);
