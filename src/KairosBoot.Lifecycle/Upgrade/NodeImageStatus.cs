namespace KairosBoot.Lifecycle;

/// <summary>Where a machine has a system already.</summary>
public enum NodeImageStatus
{
    /// <summary>Nowhere that counts: it is to be installed.</summary>
    None,

    /// <summary>It is what is wanted: it runs, or it is the recovery image where that was asked for.</summary>
    There,

    /// <summary>In active, and the next boot is that of active.</summary>
    NextBoot,

    /// <summary>In active, and the machine does not boot it: it has failed, or somebody chose another slot.</summary>
    PassedOver,
}
