namespace KairosBoot.Lifecycle;

/// <summary>Whether a machine already has a system.</summary>
public enum NodeImageStatus
{
    /// <summary>It does not: the system must be installed.</summary>
    None,

    /// <summary>It runs the system, or has it as the recovery image if that was asked for.</summary>
    UpToDate,

    /// <summary>It has the system in active, and the next boot is active.</summary>
    NextBoot,

    /// <summary>It has the system in active and does not boot it: the system failed, or an operator chose another slot.</summary>
    NotBooted,
}
