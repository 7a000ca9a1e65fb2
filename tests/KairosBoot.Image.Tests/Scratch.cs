namespace KairosBoot.Image.Tests;

/// <summary>A test class's own directory, gone with it.</summary>
public abstract class Scratch : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("kairosboot-").FullName;

    public void Dispose()
    {
        HostTool.Run("chmod", "-R", "u+rwX", directory);
        HostTool.Run("rm", "-rf", directory); // some names in it are not UTF-8
        GC.SuppressFinalize(this);
    }

    protected string PathOf(string name) => Path.Combine(directory, name);

    protected string WriteText(string name, string text)
    {
        var path = PathOf(name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }

    /// <summary>A copy with the same names, contents and modification times, created later in another directory.</summary>
    protected string CopyLater(string path, string name)
    {
        Thread.Sleep(1100); // file systems store whole seconds: wait for the next one
        Directory.CreateDirectory(Path.GetDirectoryName(PathOf(name))!);
        HostTool.Run("cp", "-a", path, PathOf(name));
        return PathOf(name);
    }

    /// <summary>Everything in a directory, hidden files too.</summary>
    protected static string[] Names(string directory) => Directory.GetFileSystemEntries(directory).Select(path => Path.GetFileName(path)!).Order().ToArray();
}
