using KairosBoot.Plan;

namespace KairosBoot.Lifecycle;

/// <summary>An installation, with the cloud-config stages before and after it.</summary>
/// <param name="installer">The installation.</param>
/// <param name="documents">Cloud-configs that run in addition to those of the running system: those of the new machine.</param>
/// <param name="logger">Gets what the stages report.</param>
/// <param name="cancellationToken">Ends the work.</param>
public sealed class InstallWithStages(DiskInstaller installer, IReadOnlyList<string> documents, MessageLog logger,
    CancellationToken cancellationToken)
{
    /// <param name="progress">Gets the name of what is being written.</param>
    /// <param name="warn">Gets a line if the kernel did not read the new partition table.</param>
    /// <returns>False: the disk is written, but a stage after the installation failed.</returns>
    /// <exception cref="OperatorException">A stage before the installation failed, or the installation.</exception>
    public bool Run(Action<string> progress, Action<string> warn)
    {
        var stages = new LifecycleStages("install", "", documents, logger, cancellationToken);
        stages.RunBefore();
        if (stages.Warnings.Count > 0)
        {
            throw new OperatorException("a stage before the installation failed; nothing is written",
                "correct or remove the entry of the cloud-config");
        }

        if (!installer.Install(progress))
            warn("the kernel still uses the old partition table of the disk; to fix: reboot");
        stages.RunAfter();
        return stages.Warnings.Count == 0;
    }
}
