namespace KairosBoot.Plan;

/// <summary>Why the boot counters chose a slot.</summary>
public enum ChoiceReason
{
    /// <summary>It is the first slot in the order that has tries left.</summary>
    Order,
    /// <summary>An operator selected it for one boot.</summary>
    OneShot,
}

public static class ChoiceReasons
{
    /// <summary><c>order</c> or <c>oneshot</c>: as in <c>kairosboot.why=</c> and the report.</summary>
    public static string Name(this ChoiceReason reason) => reason == ChoiceReason.OneShot ? "oneshot" : "order";

    public static ChoiceReason? TryParse(string? name) => name switch
    {
        "order" => ChoiceReason.Order,
        "oneshot" => ChoiceReason.OneShot,
        _ => null,
    };
}
