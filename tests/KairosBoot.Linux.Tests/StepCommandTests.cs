using KairosBoot.Execution;
using KairosBoot.Plan;

namespace KairosBoot.Linux.Tests;

/// <summary>The printed command of a step does the same as the step: a shell runs it, and the executor does the step elsewhere.</summary>
public sealed class StepCommandTests
{
    private const string State = "/state/.state/";

    /// <summary>Does a step in <c>SCRATCH/step</c>, runs its command in <c>SCRATCH/shell</c>, and returns what each left.</summary>
    private static (string Step, string Shell) Both(string prepare, Func<string, Step> step, string look)
    {
        var (ofStep, ofShell) = ("", "");
        MountNamespace.Run(scratch =>
        {
            foreach (var place in (string[])[scratch + "/step", scratch + "/shell"])
            {
                Directory.CreateDirectory(place);
                MountNamespace.Tool("sh", "-ec", $"cd {place}; {prepare}");
            }
            new StepExecutor(new KernelModules(), MessageLog.None).Apply(step(scratch + "/step"));
            MountNamespace.Tool("sh", "-ec", step(scratch + "/shell").Command);
            ofStep = MountNamespace.Tool("sh", "-c", $"cd {scratch}/step; {look}");
            ofShell = MountNamespace.Tool("sh", "-c", $"cd {scratch}/shell; {look}").Replace(scratch + "/shell", scratch + "/step");
        });
        return (ofStep, ofShell);
    }

    private static void Same(string prepare, Func<string, Step> step, string look, string expected)
    {
        var (ofStep, ofShell) = Both(prepare, step, look);
        Assert.Equal((expected, expected), (ofStep.TrimEnd('\n'), ofShell.TrimEnd('\n')));
    }

    [Theory]
    [InlineData("1", Octal.O644)]
    [InlineData("one\ntwo\n", Octal.O644)]
    [InlineData("one\ntwo", Octal.O600)]
    [InlineData("a\nEOF\nb\n", Octal.O644)]
    [InlineData("", Octal.O644)]
    public void A_file_is_written_with_its_directory_and_mode(string content, int mode) =>
        Same("", place => new WriteFile(StepClass.Required, place + "/new/dir/file", content) { Mode = mode },
            "stat -c %a new/dir/file; cat new/dir/file", $"{Convert.ToString(mode, 8)}\n{content}".TrimEnd('\n'));

    [Fact]
    public void A_file_of_the_initrd_is_kept_in_a_mount_of_its_own() =>
        Same("echo x > from; chmod 700 from",
            place => new KeepFile(StepClass.Required, place + "/from", place + "/kept", place + "/new/mount/to", ["dev", "sys"]),
            "ls; ls new/mount; stat -c %a new/mount/to; cat new/mount/to; findmnt -no OPTIONS new/mount | grep -o nosuid,nodev",
            "kept\nnew\ndev\nsys\nto\n700\nx\nnosuid,nodev");

    [Theory]
    [InlineData("", "first\nfound\n0")]
    [InlineData("ln -s elsewhere dir/link", "first\nfound\n0")]
    public void A_link_is_created_or_replaced(string prepare, string expected) =>
        Same($"mkdir dir target; echo found > target/file; {prepare}", place => new WriteLink(StepClass.Required, place + "/dir/link",
            "../target"), "echo first; cat dir/link/file; find target -type l | wc -l", expected);

    [Theory]
    [InlineData("base", "below\nbase/file")]
    [InlineData("missing", "")]
    public void A_directory_is_shown_twice_if_the_condition_exists(string condition, string expected) =>
        Same("mkdir -p base/below; mount -t tmpfs none base/below; touch base/file base/below/hidden",
            place => new BindMount(StepClass.Required, place + "/base", place + "/run/rootfsbase", place + "/" + condition),
            "cd run/rootfsbase 2>/dev/null && { ls -d below; ls ../../base/file; ls below; } | sed 's,../../,,'; true", expected);

    [Fact]
    public void Extension_images_are_linked_by_their_real_path() =>
        Same("mkdir -p from/active; mksquashfs from from/tool.raw -quiet -no-progress; ln -s ../tool.raw from/active/; touch from/active/x",
            place => new LinkExtensions(StepClass.Required, place + "/from/active", place + "/run/extensions"),
            "cd run/extensions; for link in *; do echo $link; readlink $link | sed 's,.*/step/,,;s,.*/shell/,,'; done",
            "tool.raw\nfrom/tool.raw");

    [Fact]
    public void Without_extensions_no_directory_is_created() =>
        Same("mkdir -p from/active", place => new LinkExtensions(StepClass.Required, place + "/from/active", place + "/run/extensions"),
            "ls", "from");

    [Fact]
    public void A_file_system_is_mounted_at_a_new_mount_point() =>
        Same("", place => new MountFileSystem(StepClass.Required, "tmpfs", place + "/new/dir", "tmpfs", "rw,nosuid,mode=0700"),
            "findmnt -no FSTYPE new/dir; stat -c %a new/dir", "tmpfs\n700");

    [Theory]
    [InlineData("first.img", "first")]
    [InlineData("other.img", "other")]
    public void The_second_image_is_mounted_if_the_first_is_missing(string existing, string content) =>
        Same($"mkdir first other; echo first > first/name; echo other > other/name; " +
            $"mksquashfs {content} {existing} -quiet -no-progress",
            place => new MountImage(StepClass.Required, place + "/first.img", place + "/root", ReadOnly: true, place + "/other.img"),
            "cat root/name; findmnt -no FSTYPE root", $"{content}\nsquashfs");

    [Theory]
    [InlineData(false, "750 7 0\n")]
    [InlineData(true, "701 0 0\nkept")]
    public void An_overlay_shows_the_directory_or_what_was_kept(bool keeps, string expected) =>
        Same("mkdir -m 750 dir; chown 7 dir; mkdir -p store/upper store/work; chmod 701 store/upper; echo kept > store/upper/file",
            place => new MountOverlay(StepClass.Required, place + "/dir", place + "/store", "/store", keeps),
            "stat -c '%a %u %g' dir; cat dir/file 2>/dev/null; true", expected.TrimEnd('\n'));

    [Theory]
    [InlineData("own", "own")]
    [InlineData("former", "former")]
    public void A_bind_uses_the_former_store_if_there_is_no_other(string store, string content) =>
        Same($"mkdir -p .{State}{store}; echo {content} > .{State}{store}/file",
            place => new BindPersistent(StepClass.Required,
                new PersistentDirectory(place + "/path", place + State + "own", place + State + "former"))
            { Options = "nosuid,nodev", ChangesOptions = true },
            "cat path/file; findmnt -no OPTIONS path | grep -o nosuid,nodev", $"{content}\nnosuid,nodev");

    [Fact]
    public void A_new_store_is_filled_from_the_image() =>
        Same("mkdir -p path; echo x > path/file; chmod 700 path", place => new SeedPersistent(StepClass.Required,
            [new PersistentDirectory(place + "/path", place + State + "path.bind", null)]),
            $"stat -c %a .{State}path.bind; cat .{State}path.bind/file", "700\nx");

    [Theory]
    [InlineData("echo 0123456789abcdef0123456789abcdef > b", "0123456789abcdef0123456789abcdef")]
    [InlineData("echo 00000000000000000000000000000000 > a; echo 0123456789abcdef0123456789abcdef > b", "0123456789abcdef0123456789abcdef")]
    [InlineData("echo short > a; echo 0123456789abcdef0123456789abcdef > b", "0123456789abcdef0123456789abcdef")]
    public void The_first_valid_machine_id_goes_to_all_files(string prepare, string id) =>
        Same(prepare, place => new CommitMachineId(StepClass.Required, place + "/etc/machine-id", [place + "/a", place + "/b"]),
            "cat a b etc/machine-id; stat -c %a a etc/machine-id", $"{id}\n{id}\n{id}\n444\n444");

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void Without_a_valid_machine_id_a_new_one_goes_to_all_files(int stores) =>
        Same("", place => new CommitMachineId(StepClass.Required, place + "/etc/machine-id",
            [.. Enumerable.Range(0, stores).Select(number => $"{place}/dir/{number}")]),
            "cat etc/machine-id dir/* 2>/dev/null | grep -cx '[0-9a-f]\\{32\\}'; cat etc/machine-id dir/* 2>/dev/null | sort -u | wc -l",
            $"{stores + 1}\n1");
}
