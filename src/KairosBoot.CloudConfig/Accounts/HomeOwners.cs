using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.CloudConfig;

/// <summary>A name and its ids. -1: none.</summary>
internal sealed class IdRow(string name, int uid, int gid)
{
    internal string Name => name;
    internal int Uid => uid;
    internal int Gid => gid;

    internal int Id(bool isGroup) => isGroup ? gid : uid;

    internal void Set(int id, bool isGroup) => (uid, gid) = isGroup ? (uid, id) : (id, gid);
}

/// <summary>The owners of the directories in /home, and of the persistent stores. A new account never gets one of these ids.</summary>
internal sealed class HomeOwners
{
    internal const string Directory = "/home";
    private const string Store = SystemPaths.PersistentState + "/home.bind";

    private readonly List<IdRow> all = [];

    /// <summary>Homes first.</summary>
    internal IReadOnlyList<IdRow> All => all;

    /// <summary>The number of homes at the start of <see cref="All"/>.</summary>
    internal int Homes { get; private set; }

    internal static HomeOwners Read()
    {
        var owners = new HomeOwners();
        owners.Add(Directory);
        owners.Add(Store);
        owners.Homes = owners.all.Count;
        owners.Add(SystemPaths.PersistentState);
        return owners;
    }

    private void Add(string path)
    {
        try
        {
            using var directory = Directories.Walker.TryOpen(path);
            // In a directory of a user the names are not chosen by root.
            if (directory is null || Syscall.FStat(directory) is not { Type: FileType.Directory, Uid: 0 }) return;
            foreach (var name in Syscall.ReadDirectory(Syscall.DescriptorPath(directory)))
            {
                if (Syscall.TryStatAt(directory, name) is { Type: FileType.Directory } status && (status.Uid > 0 || status.Gid > 0))
                    all.Add(new IdRow(name, status.Uid, status.Gid));
            }
        }
        // A path that cannot be read reserves nothing. The register still has the ids of all declared accounts.
        catch (Exception e) when (e is SyscallException or OperatorException) { }
    }
}
