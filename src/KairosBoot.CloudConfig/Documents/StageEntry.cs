namespace KairosBoot.CloudConfig;

/// <summary>One item of <c>stages.NAME</c>.</summary>
/// <param name="Name">Its <c>name</c>, or <c>stage[number]</c>.</param>
/// <param name="Line">Where it starts.</param>
/// <param name="Node">Its keys, as written.</param>
internal sealed record StageEntry(string Name, int Line, YamlNode Node);
