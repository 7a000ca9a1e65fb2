namespace KairosBoot.Image;

/// <summary>Files of initrd/ that are embedded in kboot.</summary>
internal static class EmbeddedText
{
    internal static string Read(string name)
    {
        using var stream = typeof(EmbeddedText).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"no embedded file {name}");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
