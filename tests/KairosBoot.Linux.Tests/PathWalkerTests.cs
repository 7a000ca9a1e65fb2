using KairosBoot.Plan;
using Mono.Unix.Native;

using MonoSyscall = Mono.Unix.Native.Syscall;

namespace KairosBoot.Linux.Tests;

/// <summary>
/// The walker on generated trees of three owners, compared with <see cref="WalkModel"/>, and against a user who replaces files on its
/// way.
/// </summary>
public sealed class PathWalkerTests
{
    private const int Alice = 1000, Bob = 1001;
    private static readonly int[] Owners = [0, 0, Alice, Alice, Bob];
    private static readonly string[] Names = ["a", "b", "c"];

    /// <summary>KAIROSBOOT_PARSER_INPUTS sets the number of inputs.</summary>
    [Fact]
    public void Walks_of_generated_trees_follow_the_rule() => MountNamespace.Run(scratch =>
    {
        var random = new Random(CloudConfig.BrokenInputTests.Setting("KAIROSBOOT_FUZZ_SEED", 20260101));
        const int WalksOfATree = 40;
        var trees = CloudConfig.BrokenInputTests.Setting("KAIROSBOOT_PARSER_INPUTS", 8000) / WalksOfATree;
        var seen = new SortedDictionary<string, int>();
        for (var i = 0; i < trees; i++)
        {
            var place = $"{scratch}/{i}";
            var inodes = new Dictionary<ulong, WalkNode>();
            var root = new WalkNode(null, random.Next(8) == 0 ? Alice : 0, 'd');
            Fill(root, random, depth: 0);
            Make(root, place, inodes);
            for (var n = 0; n < WalksOfATree; n++)
            {
                var (path, followLast, isPlace) = ("/" + SomePath(random), random.Next(3) > 0, random.Next(3) == 0);
                var expected = new WalkModel(root).Walk(path, followLast || isPlace, isPlace);
                var actual = Walk(place, path, followLast, isPlace, inodes);
                Assert.True(expected == actual,
                    $"tree {i}, {path}: {expected.Outcome} {expected.Name}, not {actual.Outcome} {actual.Name}\n{Print(root, "")}");
                seen[expected.Outcome] = seen.GetValueOrDefault(expected.Outcome) + 1;
            }
            Directory.Delete(place, recursive: true);
        }
        // A rule that always or never refuses would prove nothing.
        foreach (var outcome in (string[])["found", "missing", "refused", "loop"])
            Assert.True(seen.GetValueOrDefault(outcome) > trees / 50, $"{outcome}: {seen.GetValueOrDefault(outcome)}");
    });

    private static void Fill(WalkNode directory, Random random, int depth)
    {
        foreach (var name in Names)
        {
            if (random.Next(4) == 0) continue;
            var uid = Owners[random.Next(Owners.Length)];
            var kind = depth == 3 ? "fl"[random.Next(2)] : "dddfll"[random.Next(6)];
            var child = new WalkNode(directory, uid, kind)
            {
                Target = kind == 'l' ? (random.Next(3) == 0 ? "/" : "") + SomePath(random)
                : ""
            };
            directory.Children[name] = child;
            if (kind == 'd') Fill(child, random, depth + 1);
        }
    }

    private static string SomePath(Random random) =>
        string.Join('/', Enumerable.Range(0, random.Next(1, 5)).Select(_ => random.Next(6) == 0 ? ".." : random.Next(12) == 0 ? "."
            : Names[random.Next(Names.Length)]));

    private static void Make(WalkNode node, string path, Dictionary<ulong, WalkNode> inodes)
    {
        if (node.Kind == 'd') Directory.CreateDirectory(path);
        else if (node.Kind == 'f') File.WriteAllText(path, "");
        else File.CreateSymbolicLink(path, node.Target);
        foreach (var (name, child) in node.Children) Make(child, $"{path}/{name}", inodes);
        Assert.Equal(0, MonoSyscall.lchown(path, (uint)node.Uid, (uint)node.Uid));
        Assert.Equal(0, MonoSyscall.lstat(path, out var stat));
        inodes[stat.st_ino] = node;
    }

    private static (string Outcome, WalkNode? Node, string Name) Walk(string root, string path, bool followLast, bool isPlace,
        Dictionary<ulong, WalkNode> inodes)
    {
        try
        {
            if (isPlace)
            {
                using var place = new PathWalker(root).TryPlace(path);
                return place is null ? ("missing", null, "") : ("found", inodes[Syscall.FStat(place.Directory).Inode], place.Name);
            }
            using var file = new PathWalker(root).TryOpen(path, followLast);
            return file is null ? ("missing", null, "") : ("found", inodes[Syscall.FStat(file).Inode], ".");
        }
        catch (OperatorException) { return ("refused", null, ""); }
        catch (SyscallException e) when (e.Errno == Errno.ELOOP) { return ("loop", null, ""); }
    }

    private static string Print(WalkNode node, string indent) => string.Concat(node.Children.Select(child =>
        $"{indent}{child.Key} {child.Value.Kind} {child.Value.Uid} {child.Value.Target}\n{Print(child.Value, indent + "  ")}"));

    [Fact]
    public void Missing_directories_are_created_for_root_and_in_a_home_for_its_user() => MountNamespace.Run(scratch =>
    {
        Home(scratch);
        var directories = new NewDirectories(Octal.O750, Uid: 5, Gid: 6);
        using (var place = new PathWalker(scratch).Place("/srv/a/b/f", directories)) Assert.Equal(("f", 5), (place.Name, place.User));
        using (new PathWalker(scratch).Place("/home/alice/x/y/f", directories)) { }
        using (new PathWalker(scratch).MakeDirectories("/home/alice/x/z", directories)) { }
        Assert.Equal(5, directories.Created);
        Assert.Equal(["0750 5:6", "0750 5:6", "0750 1000:1000", "0750 1000:1000", "0750 1000:1000"],
            new[] { "srv/a", "srv/a/b", "home/alice/x", "home/alice/x/y",
                "home/alice/x/z" }.Select(path => Attributes($"{scratch}/{path}")));
    });

    [Fact]
    public void After_accessing_files_as_a_user_the_thread_is_root_again() => MountNamespace.Run(scratch =>
    {
        Home(scratch);
        File.WriteAllText(scratch + "/secret", "s");
        Assert.Equal(0, MonoSyscall.chmod(scratch + "/secret", FilePermissions.S_IRUSR));
        using (FileUser.Become(Alice, Alice))
        {
            using (new PathWalker(scratch).Place("/home/alice/new/f", new NewDirectories(Octal.O700))) { }
            // The walk was another user for a moment, and is root again.
            Assert.Equal(Errno.EACCES, Assert.Throws<SyscallException>(() => FileText.ReadBytes(scratch + "/secret")).Errno);
        }
        Assert.Single(FileText.ReadBytes(scratch + "/secret"));
        Assert.Equal("0700 1000:1000", Attributes(scratch + "/home/alice/new"));
    });

    [Fact]
    public void A_replacement_during_the_walk_never_leads_out_of_the_home() => MountNamespace.Run(scratch =>
    {
        Home(scratch);
        Directory.CreateDirectory(scratch + "/etc/d");
        File.WriteAllText(scratch + "/etc/d/f", "");
        Assert.Equal(0, MonoSyscall.lstat(scratch + "/etc/d/f", out var victim));
        Owned(scratch + "/home/alice/real", () => Directory.CreateDirectory(scratch + "/home/alice/real"));
        Owned(scratch + "/home/alice/real/f", () => File.WriteAllText(scratch + "/home/alice/real/f", ""));
        Owned(scratch + "/home/alice/link", () => File.CreateSymbolicLink(scratch + "/home/alice/link", "../../etc/d"));
        int found = 0, refused = 0;
        using (new Exchange(scratch + "/home/alice/real", scratch + "/home/alice/link", scratch + "/home/alice/x"))
        {
            for (var i = 0; i < 20_000; i++)
            {
                try
                {
                    using var file = new PathWalker(scratch).TryOpen("/home/alice/x/f");
                    if (file is null) continue;
                    found++;
                    Assert.NotEqual(victim.st_ino, Syscall.FStat(file).Inode);
                }
                catch (OperatorException) { refused++; }
            }
        }

        Assert.True(found > 0 && refused > 0, $"{found} found, {refused} refused: the race was not one");
    });

    [Fact]
    public void Directories_created_during_a_replacement_change_no_file_of_root() => MountNamespace.Run(scratch =>
    {
        Home(scratch);
        // A directory that root put into the home: a step to it is allowed, but the user must not change its attributes.
        Directory.CreateDirectory(scratch + "/home/alice/roots");
        Assert.Equal(0, MonoSyscall.chmod(scratch + "/home/alice/roots", FilePermissions.S_IRWXU));
        var stop = false;
        var racer = new Thread(() =>
        {
            while (!Volatile.Read(ref stop))
            {
                MonoSyscall.rename(scratch + "/home/alice/roots", scratch + "/home/alice/new");
                MonoSyscall.rename(scratch + "/home/alice/new", scratch + "/home/alice/roots");
                MonoSyscall.rmdir(scratch + "/home/alice/new");
            }
        });
        racer.Start();
        for (var i = 0; i < 5000; i++)
        {
            try { using (new PathWalker(scratch).MakeDirectories("/home/alice/new", new NewDirectories(Octal.O777))) { } }
            catch (Exception e) when (e is OperatorException or SyscallException) { }
        }

        Volatile.Write(ref stop, true);
        racer.Join();
        var place = Directory.Exists(scratch + "/home/alice/roots") ? "roots" : "new";
        var roots = Directory.GetDirectories(scratch
            + "/home/alice").Select(Attributes).Where(text => text.EndsWith(" 0:0", StringComparison.Ordinal)).ToList();
        Assert.True(roots.All(text => text == "0700 0:0"), $"{place}: {string.Join(", ", roots)}");
    });

    private static void Home(string scratch)
    {
        foreach (var directory in (string[])["etc", "srv", "home", "home/alice"]) Directory.CreateDirectory($"{scratch}/{directory}");
        Owned(scratch + "/home/alice", () => { });
    }

    private static void Owned(string path, Action make)
    {
        make();
        Assert.Equal(0, MonoSyscall.lchown(path, Alice, Alice));
    }

    private static string Attributes(string path)
    {
        Assert.Equal(0, MonoSyscall.lstat(path, out var stat));
        return $"{Convert.ToString((int)stat.st_mode & 0xFFF, 8).PadLeft(4, '0')} {stat.st_uid}:{stat.st_gid}";
    }
}
