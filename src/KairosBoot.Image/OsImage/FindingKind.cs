namespace KairosBoot.Image;

/// <summary>What a finding in a tree means.</summary>
public enum FindingKind
{
    /// <summary>The tree does not boot.</summary>
    Error,

    /// <summary>A file that <c>kboot image build</c> adds. A finished image without it does not boot.</summary>
    Missing,

    /// <summary>It boots, but something is probably not meant.</summary>
    Warning,
}
