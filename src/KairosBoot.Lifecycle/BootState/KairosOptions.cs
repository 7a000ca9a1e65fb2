using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Lifecycle;

/// <summary>What of Kairos' boot options on this machine has no effect with kboot's menu, for <c>kboot status</c>.</summary>
public static class KairosOptions
{
    /// <summary>In GRUB's part of the kernel command line: what became of the arguments in /oem/grubenv.</summary>
    public const string CommandLineWord = "kairosboot.grubenv";

    private static readonly string[] Arguments =
        ["extra_cmdline", "extra_active_cmdline", "extra_passive_cmdline", "extra_recovery_cmdline"];

    /// <summary>One sentence for each option without effect in the running system.</summary>
    public static IEnumerable<string> Problems()
    {
        if (KernelCommandLine.Parse(FileText.Read("/proc/cmdline")).Last(CommandLineWord) == "last-try")
            yield return $"this boot was the last try of its slot, so it is without the arguments in {SystemPaths.KairosEnvironment}";
        foreach (var problem in FileProblems(SystemPaths.KairosEnvironment)) yield return problem;
        foreach (var path in SystemPaths.KairosMenuFiles)
        {
            if (Syscall.TryStat(path) is not null)
                yield return $"{path} has no effect: the boot menu does not execute it; use kboot kargs and kboot select";
        }
    }

    /// <param name="path">An environment block of Kairos.</param>
    public static IEnumerable<string> FileProblems(string path)
    {
        byte[]? file;
        string? unreadable = null;
        try { file = BoundedFile.TryRead(path, ReadLimit.KernelArguments); }
        catch (Exception e) when (e is OperatorException or SyscallException) { (file, unreadable) = (null, e.Message); }
        if (unreadable is not null) return [unreadable];
        if (file is null) return [];
        return EnvironmentBlock.TryParse(file) is { } block ? Problems(path, block)
            : [$"{path} is not a GRUB environment block, so the boot menu does not read it; create it with grub-editenv"];
    }

    private static IEnumerable<string> Problems(string path, EnvironmentBlock block)
    {
        foreach (var name in Arguments)
        {
            foreach (var word in (block[name] ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries))
                if (Karg.Problem(word) is { } problem) yield return $"{path}: {name} is used without {word}: {problem}";
        }

        foreach (var slot in (string[])["active", "passive", "recovery"])
        {
            if (($"{block[Arguments[0]]} {block[$"extra_{slot}_cmdline"]}").Length is > Karg.MaxGrubEnvironment and var length)
            {
                yield return $"{path}: the arguments of {slot} are not used: they have {length} characters, at most " +
                    $"{Karg.MaxGrubEnvironment} fit on the kernel command line";
            }
        }
    }
}
