namespace KairosBoot.CloudConfig.Booted;

/// <summary>What the stage rootfs of a machine leaves for the layout, as far as it is known without running it.</summary>
public sealed class StagePreview
{
    private const int MaxPlaces = 5;

    private readonly List<(string What, List<string> Places)> assumptions = [];
    private readonly List<StageProblem> problems = [];

    /// <summary>Texts of the files cos-layout.env, extra-layout.env and custom-layout.env; null: no entry writes the file.</summary>
    public string? Layout { get; internal set; }

    /// <inheritdoc cref="Layout"/>
    public string? ExtraLayout { get; internal set; }

    /// <inheritdoc cref="Layout"/>
    public string? CustomLayout { get; internal set; }

    /// <summary>What was assumed because only the machine can know it: a sentence each, with the places in the configs.</summary>
    public IReadOnlyList<string> Assumptions => [.. assumptions.Select(Sentence)];

    /// <summary>Faults of the configs of this stage.</summary>
    public IReadOnlyList<StageProblem> Problems => problems;

    internal void Assume(string what, string place)
    {
        var places = assumptions.Find(row => row.What == what).Places;
        if (places is null) assumptions.Add((what, places = []));
        if (!places.Contains(place)) places.Add(place);
    }

    internal void Report(StageProblem problem)
    {
        if (!problems.Contains(problem)) problems.Add(problem);
    }

    private static string Sentence((string What, List<string> Places) row) => $"{row.What}: " +
        string.Join(", ", row.Places.Take(MaxPlaces)) + (row.Places.Count > MaxPlaces ? $" and {row.Places.Count - MaxPlaces} more" : "");
}
