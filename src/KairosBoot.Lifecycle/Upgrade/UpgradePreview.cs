using KairosBoot.Plan;

namespace KairosBoot.Lifecycle;

/// <summary>What an upgrade would do, or why it would be refused.</summary>
/// <param name="Slot"><c>active</c> or <c>recovery</c>.</param>
/// <param name="ImageId">Id that the new image would have; empty: known only when it is written.</param>
/// <param name="SizeBytes">Its size; null: known only when it is built.</param>
public sealed record UpgradePreview(string Slot, string ImageId, long? SizeBytes)
{
    /// <summary>Why the upgrade would be refused; empty: it would not.</summary>
    public IReadOnlyList<OperatorException> Problems { get; init; } = [];

    /// <summary>The upgrade would write nothing: the machine has the image. <see cref="Outcome"/> says where.</summary>
    public bool IsExisting { get; init; }

    /// <summary>As <see cref="UpgradeResult.Outcome"/>; null: the upgrade would be refused.</summary>
    public string? Outcome { get; init; }

    /// <summary>Id of the image that passive would have; empty: none; null: the upgrade would not change it.</summary>
    public string? Passive { get; init; }

    /// <summary>The boot menu would be replaced by a newer one.</summary>
    public bool UpdatesMenu { get; init; }

    /// <summary>As <see cref="UpgradeResult.Menu"/>.</summary>
    public string? Menu { get; init; }

    /// <summary>As <see cref="UpgradeResult.Notes"/>.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>As <see cref="UpgradeResult.Warnings"/>.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];
}
