using System.Collections.Immutable;

namespace KairosBoot.Plan;

/// <summary>
/// Copies the machine's identity, machine-id(5), from its store to /etc/machine-id. The first store that holds one decides, and the others
/// are updated; a machine without any gets a new one. An identity in the image is never used: every machine that boots the image would
/// share it.
/// </summary>
/// <param name="Class">What a failure means for the boot.</param>
/// <param name="Target">/etc/machine-id of the new root.</param>
/// <param name="Stores">Files that survive the boot, in order of preference. Empty: the identity is new at every boot.</param>
public sealed record CommitMachineId(StepClass Class, string Target, ImmutableArray<string> Stores) : Step(Class)
{
    public override string Place => Target;

    public override string Command
    {
        get
        {
            const string NewId = "tr -d - < /proc/sys/kernel/random/uuid", Install = "install -D -m 444 /dev/stdin ";
            if (Stores.IsEmpty) return $"{NewId} | {Install}{ShellText.Quote(Target)}";
            var quoted = new string[Stores.Length];
            for (var i = 0; i < quoted.Length; i++) quoted[i] = ShellText.Quote(Stores[i]);
            var stores = string.Join(' ', quoted);
            return $"id=$(grep -hsx '[0-9a-f]\\{{32\\}}' {stores} | grep -vxm1 '0*' || {NewId}); " +
                $"for f in {stores} {ShellText.Quote(Target)}; do echo $id | {Install}$f; done";
        }
    }
}
