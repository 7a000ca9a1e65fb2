using KairosBoot.Plan;

namespace KairosBoot.Init;

/// <summary>
/// Ends an attempt with a failure that is classified where it happens. <see cref="FailureClassification"/> classifies all others.
/// </summary>
internal sealed class BootFailureException(BootFailure failure) : Exception(failure.Problem)
{
    public BootFailure Failure { get; } = failure;
}
