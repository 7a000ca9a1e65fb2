using KairosBoot.Plan;

namespace KairosBoot.Init;

/// <summary>Ends an attempt with a failure that is known at the place it happens. All others are classified by <see cref="FailureClassification"/>.</summary>
internal sealed class BootFailureException(BootFailure failure) : Exception(failure.Problem)
{
    public BootFailure Failure { get; } = failure;
}
