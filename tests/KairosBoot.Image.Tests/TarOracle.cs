using System.Text;
using System.Text.Json;
using KairosBoot.Plan;

namespace KairosBoot.Image.Tests;

/// <summary>
/// Unpacks archives with <c>tar -x</c> as root and with kboot, and compares content, type, mode, owner, time, links, nodes and
/// attributes of all files.
/// </summary>
internal static class TarOracle
{
    // Owner, mode and attributes of the top directory are not compared: an image has its own.
    private const string Describe = """
        import os, sys, json, stat, hashlib, subprocess, time
        work, started = os.fsencode(sys.argv[1]), (int(time.time()) - 1) * 10**9
        def tree(top):
            rows, inodes = {}, {}
            for directory, subdirectories, files in os.walk(top):
                for name in sorted(subdirectories + files):
                    path = directory + b'/' + name
                    s = os.lstat(path)
                    row = {'type': stat.S_IFMT(s.st_mode), 'mode': stat.S_IMODE(s.st_mode), 'owner': [s.st_uid, s.st_gid], 'time': s.st_mtime_ns}
                    if stat.S_ISREG(s.st_mode):
                        with open(path, 'rb') as f: row['content'] = [s.st_size, hashlib.md5(f.read()).hexdigest() if s.st_size < 1 << 26 else '']
                    if stat.S_ISLNK(s.st_mode): row['target'] = os.readlink(path).decode('latin-1')
                    if stat.S_ISCHR(s.st_mode) or stat.S_ISBLK(s.st_mode): row['device'] = s.st_rdev
                    if not stat.S_ISDIR(s.st_mode) and s.st_nlink > 1:
                        row['same'] = inodes.setdefault(s.st_ino, path[len(top) + 1:].decode('latin-1'))
                    row['attributes'] = {n: os.getxattr(path, n, follow_symlinks=False).hex() for n in os.listxattr(path, follow_symlinks=False)}
                    rows[path[len(top) + 1:].decode('latin-1')] = row
            return rows
        for name in sorted(os.listdir(work)):
            if not name.endswith(b'.tar'): continue
            top = work + b'/' + name[:-4]
            os.mkdir(top + b'.theirs')
            with open(work + b'/' + name, 'rb') as f: data = f.read()
            options = ['--acls'] if b'SCHILY.acl.' in data else [] # otherwise --acls removes lists
            if data.startswith(b'\x04\x22\x4d\x18'): options += ['-I', 'lz4'] # tar does not recognize it
            run = subprocess.run(['tar', '-xpf', work + b'/' + name, '-C', top + b'.theirs', '--same-owner', '--numeric-owner', '--xattrs',
                '--xattrs-include=*', '--selinux'] + options, capture_output=True, env={'PATH': os.environ['PATH'], 'LC_ALL': 'C'})
            result = {'name': name[:-4].decode(), 'exit': run.returncode, 'errors': run.stderr.decode('latin-1')[-300:]}
            ours = os.path.exists(top + b'.attributes')
            if ours:
                result['theirs'] = tree(top + b'.theirs')
                result['ours'] = tree(top + b'.ours')
                with open(top + b'.attributes') as f:
                    for path, attributes in json.load(f).items():
                        group = result['ours'][path].get('same', path)
                        for other, row in result['ours'].items():
                            if row.get('same', other) == group: row['attributes'].update(attributes)
                for path, row in result['theirs'].items():
                    # tar leaves the present time at directories that have no member, and at some that get hard links later
                    if row['type'] == stat.S_IFDIR and row['time'] >= started and path in result['ours']: row['time'] = result['ours'][path]['time']
                ours, theirs = result.pop('ours'), result.pop('theirs')
                result['difference'] = [[p, ours.get(p), theirs.get(p)] for p in sorted({*ours, *theirs}) if ours.get(p) != theirs.get(p)]
            print(json.dumps(result))
        """;

    /// <param name="Name">The archive.</param>
    /// <param name="Refusal">Why kboot refused it; null: it did not.</param>
    /// <param name="Fault">How kboot's answer differs from tar's; null: it does not, or kboot refused the archive.</param>
    internal sealed record Verdict(string Name, OperatorException? Refusal, string? Fault);

    /// <summary>Compares archives in a directory, in which the trees are created. tar unpacks only those that kboot accepts.</summary>
    internal static List<Verdict> Compare(string work, IEnumerable<(string Name, byte[] Archive)> archives)
    {
        System.IO.Directory.CreateDirectory(work);
        var refusals = new Dictionary<string, OperatorException>();
        foreach (var (name, bytes) in archives)
        {
            var top = Path.Combine(work, name);
            File.WriteAllBytes($"{top}.tar", bytes);
            try
            {
                var members = TarExtraction.Extract($"{top}.tar", $"{top}.ours").Members;
                File.WriteAllText($"{top}.attributes", JsonSerializer.Serialize(members.ToDictionary(
                    member => Encoding.Latin1.GetString(FileName.Encode(member.Path)).TrimEnd('\0'),
                    member => member.ExtendedAttributes.ToDictionary(row => row.Name.Text, row => Convert.ToHexStringLower(row.Value)))));
            }
            catch (OperatorException refusal)
            {
                Assert.NotEmpty(refusal.Fix);
                refusals.Add(name, refusal);
                File.Delete($"{top}.tar");
            }
        }

        var verdicts = HostTool.Run("python3", "-c", Describe, work).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => Read(JsonDocument.Parse(line).RootElement))
            .Concat(refusals.Select(row => new Verdict(row.Key, row.Value, null))).ToList();
        HostTool.Delete(work);
        return verdicts;
    }

    private static Verdict Read(JsonElement row)
    {
        var name = row.GetProperty("name").GetString()!;
        var exit = row.GetProperty("exit").GetInt32();
        var errors = row.GetProperty("errors").GetString();
        var difference = row.GetProperty("difference");
        return new Verdict(name, null, exit != 0 ? $"{name}: accepted, but tar exits with {exit}: {errors}"
            : difference.GetArrayLength() > 0 ? $"{name}: [path, ours, tar's] {difference} {errors}" : null);
    }

    /// <summary>Fails with all the faults.</summary>
    internal static void RequireNone(IEnumerable<string?> faults)
    {
        var found = faults.OfType<string>().ToList();
        Assert.True(found.Count == 0, $"{found.Count} faults:\n{string.Join('\n', found.Take(20))}");
    }
}
