using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.CloudConfig;

/// <summary>The config file or directory that the command line names.</summary>
internal static class NamedSource
{
    /// <summary>Null where it names none, or one that cannot be read here, which is reported.</summary>
    internal static string? Find(CommandLineConfig config, string stage, StageRun run)
    {
        if (config.Source is not { } source) return null;
        void Report(string reason, bool isWarning) =>
            run.Report(new StageProblem(CommandLineConfig.File, 1, "", source.Option, reason) { IsWarning = isWarning });
        try
        {
            var path = Render(source.Value, run.Facts);
            var type = Syscall.TryStat(path)?.Type;
            if (type is FileType.Regular or FileType.Directory) return path;
            // The text of a URL may hold a password.
            if (type is null && IsUrl(path)) Report("a URL needs the network: not read in this stage; runs in the booted system", isWarning: true);
            else if (type is not null) Report($"{path} is neither a file nor a directory", isWarning: false);
            // Before the layout is in place the persistent volume is not there either.
            else if (MountPath.IsInside(path, SystemPaths.Persistent) && stage == "rootfs") Report($"{path} is not there yet: looked for again in the next stage", isWarning: true);
            else Report($"there is no {path}", isWarning: false);
        }
        catch (TemplateException e) { Report($"not read: {e.Message}", isWarning: false); }
        catch (SyscallException e) { Report(e.Message, isWarning: false); }
        return null;
    }

    /// <summary>Half a name is no name: here a template that fails, or that asks for what this machine does not tell, leaves nothing to read.</summary>
    private static string Render(string text, StageFacts facts)
    {
        if (!Template.IsTemplate(text)) return text;
        var rendered = Template.Render(text, TemplateFields.Under("Values", MachineValues.Of(facts)));
        return rendered.Contains(Template.Print(null), StringComparison.Ordinal) ? throw new TemplateException("its template asks for a value that is not known here") : rendered;
    }

    private static bool IsUrl(string text)
    {
        var colon = text.IndexOf("://", StringComparison.Ordinal);
        if (colon <= 0) return false;
        foreach (var c in text.AsSpan(0, colon))
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('+' or '-' or '.')) return false;
        return true;
    }
}
