using System.Collections.Immutable;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.CloudConfig;

/// <summary>
/// <c>datasource</c>: user-data of this machine from the first provider that has some. Volumes are checked first, in the order of the list,
/// then the file. The user-data becomes a config below <c>path</c>, which the next pass reads.
/// </summary>
internal static class DatasourceKey
{
    private const string Key = "datasource", FileProvider = "file";

    private const string UseLocalProvider =
        $"to fix: put the user-data on a volume with the label cidata (provider cdrom), or in a .yaml file in {SystemPaths.Oem}";

    private static readonly string[] LocalProviders = ["cdrom", "config-drive", FileProvider];

    private static readonly string[] NetworkProviders =
        ["aws", "azure", "digitalocean", "gcp", "hetzner", "maas", "metaldata", "openstack", "packet", "scaleway", "vmware", "vultr"];

    internal static readonly StageKey Definition =
        new(Key, Schema.Record(("providers", Schema.Texts), ("path", Schema.Text), ("userdata_name", Schema.Text)),
        (value, run) => run.Attempt(value.Line, Key, () => Apply((YamlMapping)value, run)));

    private static void Apply(YamlMapping keys, EntryRun run)
    {
        var providers = Providers(keys, run.Report);
        if (providers.Count == 0) return;
        var (path, name) = Target(keys);

        Directories.Make(SystemPaths.InstanceData, FilePermissions.Directory, uid: 0, gid: 0);
        // A boot does not wait for a slow drive once it has its system, but user-data that is missed now may be missed for good.
        run.AwaitDrivers();
        // A logical volume may be that of a guest, whose user-data is not for this machine.
        var devices = BlockDeviceScan.All(new Dictionary<string, BlockDevice>()).RemoveAll(device => device.IsAssembled);
        var gate = new VolumeGate(devices, StageFacts.CommandLine);
        if (gate.Problem is { } problem) run.Warn(keys.Line, Key, problem);
        var (found, ignored) = OnVolume(providers, devices, gate, keys.Line, run);
        if (found is not null) Put(found, path ?? SystemPaths.InstanceData, name, keys.Line, run, gate);
        // For the file provider, the path is the file to read, not the directory to write to.
        else if (providers.Contains(FileProvider) && path is not null && InFile(path) is { } file)
            Put(file, SystemPaths.InstanceData, name, keys.Line, run, gate);
        else if (!ignored) ReportNothingFound(providers, keys.Line, run);
    }

    /// <summary>Where the user-data goes. Throws <see cref="FormatException"/>.</summary>
    internal static (string? Path, string Name) Target(YamlMapping keys)
    {
        var path = keys.Text("path") is { Length: > 0 } given ? Directories.Normalize(given) : null;
        var name = keys.Text("userdata_name") is { Length: > 0 } chosen ? chosen : "userdata.yaml";
        return name.Contains('/') || name is "." or ".." ? throw new FormatException($"userdata_name: {name} is not a file name")
            : (path, name);
    }

    /// <summary>The known providers.</summary>
    internal static List<string> Providers(YamlMapping keys, Finding report)
    {
        var providers = new List<string>();
        foreach (var provider in keys.Texts("providers"))
        {
            if (IsOneOf(LocalProviders, provider.Text) || IsOneOf(NetworkProviders, provider.Text))
            {
                providers.Add(provider.Text);
            }
            else
            {
                report(provider.Line, Key,
                    $"{provider.Text} is not one of the providers {Join(LocalProviders)}, {Join(NetworkProviders)}", isWarning: true);
            }
        }

        return providers;
    }

    /// <summary>An unreadable volume is a problem and an ignored one is a warning. Then the next volume is checked.</summary>
    private static (UserData? Found, bool Ignored) OnVolume(
        List<string> providers, ImmutableArray<BlockDevice> devices, VolumeGate gate, int line, EntryRun run)
    {
        var ignored = false;
        foreach (var provider in providers)
        {
            foreach (var volume in UserDataVolume.All)
            {
                if (volume.Provider == provider)
                {
                    foreach (var device in volume.Candidates(devices))
                    {
                        UserData? found = null;
                        var refusal = gate.Refuse(device);
                        if (refusal is null)
                        {
                            run.Attempt(line, Key, () =>
                                found = volume.Read(device, run.LoadFileSystem, modules => Load(modules, line, run)));
                        }
                        if (found is not null) refusal = gate.Refuse(device, found);
                        // Any disc in a drive is a candidate. A disc without the label may be unrelated to user-data.
                        else if (!volume.IsLabelled(device)) continue;
                        if (found is not null && refusal is null)
                        {
                            found.Volume = gate.MarkOf(device, found);
                            return (found, ignored);
                        }
                        if (refusal is null) continue;
                        ignored = true;
                        if (refusal.Length > 0) run.Warn(line, Key, refusal);
                    }
                }
            }
        }

        return (null, ignored);
    }

    private static UserData? InFile(string path)
    {
        using var file = Directories.Walker.TryOpen(path);
        return file is not null && BoundedFile.Read(file, ReadLimit.UserData) is { Length: > 0 } content ? new UserData(content, path)
            : null;
    }

    private static void Put(UserData found, string directory, string name, int line, EntryRun run, VolumeGate gate)
    {
        // Before Put writes the mark, which then is for the same volume.
        var allowsMetadata = gate.AllowsMetadata(found);
        run.Attempt(line, Key, () => UserDataFiles.Put(found, directory, name, line, run, () => RecordVolume(found, line, run, gate)));
        if (found.Metadata is { } metadata)
        {
            if (allowsMetadata)
            {
                run.Attempt(line, Key, () => InstanceMetadata.Put(metadata));
            }
            else
            {
                run.Warn(line, Key,
                $"{found.Volume!.Name}: its metadata is ignored: it differs from the metadata that was used with this user-data before");
            }
        }
        InstanceMetadata.Apply(line, run);
    }

    private static void RecordVolume(UserData found, int line, EntryRun run, VolumeGate gate)
    {
        if (found.Volume is not { } volume) return;
        run.RecordUserData(volume);
        // Without a mark the user-data is still used, and is used again at the next boot.
        run.Attempt(line, Key, () => gate.Keep(volume));
    }

    /// <summary>Runs modprobe of the image. The mount that follows shows if it succeeded.</summary>
    private static void Load(string[] modules, int line, EntryRun run)
    {
        if (StageFacts.FindProgram("modprobe") is { } modprobe) run.RunProgram(modprobe, ["-q", "-a", .. modules], line, Key);
    }

    private static void ReportNothingFound(List<string> providers, int line, EntryRun run)
    {
        var asked = new List<string>();
        var later = new List<string>();
        foreach (var provider in providers) (IsOneOf(NetworkProviders, provider) ? later : asked).Add(provider);
        var nothing = asked.Count > 0 ? $"no user-data found by {string.Join(", ", asked)}" : "no local provider of user-data in the list";
        if (later.Count == 0) run.Fail(line, Key, nothing);
        else if (run.IsInInitrd) run.Warn(line, Key, $"{nothing}; {Join(later)}: not in this stage, they need the booted system");
        else run.Fail(line, Key, $"{nothing}; {Join(later)}: not supported; {UseLocalProvider}");
    }

    private static string Join(IReadOnlyList<string> providers) => string.Join(", ", providers);

    private static bool IsOneOf(string[] names, string name)
    {
        foreach (var known in names)
            if (known == name) return true;
        return false;
    }
}
