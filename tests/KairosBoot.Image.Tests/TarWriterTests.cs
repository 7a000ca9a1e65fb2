namespace KairosBoot.Image.Tests;

/// <summary>The archives of the programs that people use, of a tree with everything that a file system can have.</summary>
public class TarWriterTests : Scratch
{
    private const string Tree = """
        cd "$1" && mkdir -p d/e var/log acl etc && grep -E '^(root|www-data):' /etc/passwd >etc/passwd && cp /etc/group etc/ && printf hello >f && : >empty && chown 70000:1001 f && chmod 4755 f && chmod 1777 d
        ln f d/hard && ln -s f link && ln -s ../f d/e/up && ln -s /etc/passwd d/absolute && ln d/absolute d/e/linked
        mkfifo pipe && mknod null c 1 3 && mknod sda b 8 1 && ln null d/null
        printf x >"$(printf 'caf\351')" && printf x >'back\slash "quote" = %' && chown 4294967294:4294967294 empty
        name=$(printf 'n%.0s' $(seq 200)) && printf long >$name && ln -s $name/$name longlink && mkdir -p $name.d/$name && printf deep >$name.d/$name/$name
        ln $name d/longhard
        truncate -s 1M var/log/lastlog && printf X | dd of=var/log/lastlog bs=1 seek=900000 conv=notrunc status=none
        truncate -s 300K holes && for i in $(seq 0 2 60); do printf $i | dd of=holes bs=4096 seek=$i conv=notrunc status=none; done
        printf data >half && truncate -s 64K half
        truncate -s 64K nothing
        setfacl -m u:33:rw,g:1001:r f && setfacl -m d:u:33:rwx,u:70000:x acl && setfattr -n user.b -v 0x00ff0a f && setfattr -n user.a -v 1 f
        setfattr -n trusted.x -v y d && setfattr -n trusted.x -v z -h link && setfattr -n security.selinux -v 'system_u:object_r:etc_t:s0' half
        touch -d @-86400.5 empty && touch -d @5000000000.25 half && touch -h -d @12.5 link && touch -d @1700000000.123456789 d
        """;

    private const string Python = """
        import sys, tarfile, os
        f = {'ustar': tarfile.USTAR_FORMAT, 'gnu': tarfile.GNU_FORMAT, 'pax': tarfile.PAX_FORMAT}[sys.argv[1]]
        with tarfile.open(sys.argv[2], 'w', format=f, errors='surrogateescape') as archive:
            for directory, directories, files in os.walk('.'):
                for name in directories + files:
                    try: archive.add(directory + '/' + name, recursive=False)
                    except ValueError: pass # ustar cannot hold all names and numbers
        """;

    private const string Everything = "--numeric-owner --xattrs --xattrs-include='*' --acls --selinux";

    /// <summary>Name, and the command that writes ../out.tar in the tree.</summary>
    private static readonly (string Name, string Command)[] Writers =
    [
        .. from format in new[] { "v7", "ustar", "oldgnu", "gnu", "posix" }
           select ($"gnu {format}", $"tar --format={format} --numeric-owner -cf ../out.tar ."),
        ("gnu gnu sparse", "tar --format=gnu -S -cf ../out.tar ."),
        .. from version in new[] { "0.0", "0.1", "1.0" }
           select ($"gnu posix sparse {version}", $"tar --format=posix -S --sparse-version={version} {Everything} -cf ../out.tar ."),
        ("gnu posix sorted", "tar --format=posix --sort=name --xattrs --xattrs-include='*' --numeric-owner -cf ../out.tar *"),
        ("gnu posix appended", "tar --format=posix -cf ../out.tar d && tar --format=posix -rf ../out.tar f d empty"),
        ("gnu posix concatenated",
            "tar --format=posix -cf ../out.tar d && tar --format=gnu -cf ../more.tar f empty && tar -Af ../out.tar ../more.tar"),
        ("gnu label", "tar --format=gnu -V label -cf ../out.tar f"),
        ("gnu label posix", "tar --format=posix -V label -cf ../out.tar f"),
        ("gnu incremental", "tar --format=gnu -g ../snapshot -cf ../out.tar . && rm ../snapshot"),
        ("gnu incremental posix", "tar --format=posix -g ../snapshot -cf ../out.tar . && rm ../snapshot"),
        .. from format in new[] { "ustar", "pax", "gnutar", "v7" }
           select ($"bsdtar {format}", $"bsdtar --format={format} --numeric-owner -cf ../out.tar ."),
        ("bsdtar default", "bsdtar -cf ../out.tar ."),
        ("bsdtar attributes", "bsdtar --format=pax --acls --xattrs --fflags --numeric-owner -cf ../out.tar ."),
        .. from format in new[] { "ustar", "gnu", "pax" } select ($"python {format}", $"python3 -c \"$2\" {format} ../out.tar"),
        ("busybox", "busybox tar -cf ../out.tar ."),
        ("busybox stripped", "busybox tar -cf ../out.tar f d var empty half"),
    ];

    [RootFact]
    public void Archives_of_all_programs_give_the_tree_of_tar()
    {
        Directory.CreateDirectory(PathOf("tree"));
        HostTool.Run("bash", "-ec", Tree, "bash", PathOf("tree"));
        var archives = Writers.Select(writer =>
        {
            // A format that cannot hold all files leaves some out, and its program fails.
            HostTool.Run("bash", "-c", $"cd \"$1\" && {{ {writer.Command}; }} 2>/dev/null; true", "bash", PathOf("tree"), Python);
            var archive = File.ReadAllBytes(PathOf("out.tar"));
            File.Delete(PathOf("out.tar"));
            return (writer.Name, archive);
        }).ToList();
        var verdicts = TarOracle.Compare(PathOf("work"), archives);
        TarOracle.RequireNone(verdicts.Select(verdict => verdict.Fault ?? (verdict.Refusal is null ? null
            : $"{verdict.Name}: {verdict.Refusal.Problem}")));
        Assert.Equal(Writers.Length, verdicts.Count);
    }
}
