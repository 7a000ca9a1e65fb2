using KairosBoot.Execution;
using KairosBoot.Plan;

namespace KairosBoot.Lifecycle;

/// <summary>Changes this machine's kernel arguments. A change is pending until a boot with it is marked good.</summary>
public static class KargsEdit
{
    /// <param name="file">The arguments.</param>
    /// <param name="slot">Null: the arguments of all slots.</param>
    /// <param name="words">The arguments to add.</param>
    /// <exception cref="OperatorException">A word is not valid, or belongs to the boot menu.</exception>
    public static void Add(KargsFile file, Slot? slot, IReadOnlyList<string> words) =>
        Change(file, before => words.Aggregate(before, (arguments, word) => arguments.Add(slot, word)));

    /// <param name="file">The arguments.</param>
    /// <param name="slot">Null: the arguments of all slots.</param>
    /// <param name="words">Whole arguments, or a name for all arguments NAME=...</param>
    /// <exception cref="OperatorException">There is no such argument.</exception>
    public static void Remove(KargsFile file, Slot? slot, IReadOnlyList<string> words) =>
        Change(file, before => words.Aggregate(before, (arguments, word) => Remove(arguments, slot, word)));

    /// <summary>Removes all arguments. Needs no check: this must also work on a file with invalid arguments.</summary>
    public static void Clear(KargsFile file, Slot? slot) => file.Change(before => before.With(slot, []));

    private static void Change(KargsFile file, Func<Kargs, Kargs> change)
    {
        KairosMenu.RequireOwn(file.State);
        file.Change(before =>
        {
            var after = change(before);
            return after.Problem is not { } problem ? after
                : throw new OperatorException(problem, "write each argument as one word, as on a kernel command line");
        });
    }

    private static Kargs Remove(Kargs before, Slot? slot, string word)
    {
        var after = before.Remove(slot, word);
        return !after.SameAs(before) ? after
            : throw new OperatorException($"{(slot is { } one ? one.Name() : "the machine")} has no kernel argument {word}",
                "list the arguments: kboot kargs");
    }
}
