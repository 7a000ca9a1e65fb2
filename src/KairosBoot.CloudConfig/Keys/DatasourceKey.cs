using System.Collections.Immutable;
using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.CloudConfig;

/// <summary>
/// <c>datasource</c>: user-data of this machine from the first provider that has some. Volumes are asked first, in the order of the list, then a file.
/// What is found becomes a config below <c>path</c>; the next pass reads it.
/// </summary>
internal static class DatasourceKey
{
    private const string Key = "datasource", FileProvider = "file";

    private static readonly string[] LocalProviders = ["cdrom", "config-drive", FileProvider];

    private static readonly string[] NetworkProviders =
        ["aws", "azure", "digitalocean", "gcp", "hetzner", "maas", "metaldata", "openstack", "packet", "scaleway", "vmware", "vultr"];

    internal static readonly StageKey Row = new(Key, Shape.Record(("providers", Shape.Texts), ("path", Shape.Text), ("userdata_name", Shape.Text)),
        (value, run) => run.Attempt(value.Line, Key, () => Apply((YamlMapping)value, run)));

    private static void Apply(YamlMapping keys, EntryRun run)
    {
        var providers = new List<string>();
        foreach (var provider in keys.Texts("providers"))
            if (IsOneOf(LocalProviders, provider.Text) || IsOneOf(NetworkProviders, provider.Text)) providers.Add(provider.Text);
            else run.Warn(provider.Line, Key, $"{provider.Text} is not a provider: they are {string.Join(", ", LocalProviders)}, {string.Join(", ", NetworkProviders)}");
        if (providers.Count == 0) return;
        var path = keys.Text("path") is { Length: > 0 } given ? Directories.Normalize(given) : null;
        var name = keys.Text("userdata_name") is { Length: > 0 } chosen ? chosen : "userdata.yaml";
        if (name.Contains('/')) throw new FormatException($"userdata_name: {name} is not the name of a file");

        Directories.Make(SystemPaths.InstanceData, FilePermissions.Directory, uid: 0, gid: 0);
        if (OnVolume(providers, BlockDeviceScan.All(new Dictionary<string, BlockDevice>()), keys.Line, run) is { } found)
            Put(found, path ?? SystemPaths.InstanceData, name, keys.Line, run);
        // There the path is what is read, and no place to write to.
        else if (providers.Contains(FileProvider) && path is not null && InFile(path) is { } file)
            Put(file, SystemPaths.InstanceData, name, keys.Line, run);
        else SayNothingFound(providers, keys.Line, run);
    }

    /// <summary>A volume that cannot be read is a problem, and the next one is asked.</summary>
    internal static UserData? OnVolume(List<string> providers, ImmutableArray<BlockDevice> devices, int line, EntryRun run)
    {
        foreach (var provider in providers)
            foreach (var volume in UserDataVolume.All)
                if (volume.Provider == provider)
                    foreach (var device in volume.Candidates(devices))
                    {
                        UserData? found = null;
                        run.Attempt(line, Key, () => found = volume.Read(device, modules => Load(modules, line, run)));
                        if (found is not null) return found;
                    }
        return null;
    }

    private static UserData? InFile(string path)
    {
        using var file = Directories.Walker.TryOpen(path);
        return file is not null && BoundedFile.Read(file, ReadLimit.UserData) is { Length: > 0 } content ? new UserData(content, path) : null;
    }

    private static void Put(UserData found, string directory, string name, int line, EntryRun run)
    {
        run.Attempt(line, Key, () => UserDataFiles.Put(found, directory, name, line, run));
        if (found.Metadata is { } metadata) run.Attempt(line, Key, () => InstanceMetadata.Put(metadata));
        InstanceMetadata.Apply(line, run);
    }

    /// <summary>By the image's modprobe. Whether it helped, mount says.</summary>
    private static void Load(string[] modules, int line, EntryRun run)
    {
        if (StageFacts.FindProgram("modprobe") is { } modprobe) run.RunProgram(modprobe, ["-q", "-a", .. modules], line, Key);
    }

    private static void SayNothingFound(List<string> providers, int line, EntryRun run)
    {
        var asked = new List<string>();
        var later = new List<string>();
        foreach (var provider in providers) (IsOneOf(NetworkProviders, provider) ? later : asked).Add(provider);
        var nothing = asked.Count > 0 ? $"no user-data found by {string.Join(", ", asked)}" : "no user-data asked for here";
        if (later.Count == 0) run.Fail(line, Key, nothing);
        else if (run.IsInInitrd) run.Warn(line, Key, $"{nothing}; {string.Join(", ", later)}: not in this stage, they need the network of the booted system");
        else run.Fail(line, Key, $"{nothing}; {string.Join(", ", later)}: not supported in this version; give the user-data on a volume labelled cidata (provider cdrom), or as a .yaml file in {SystemPaths.Oem}");
    }

    private static bool IsOneOf(string[] names, string name)
    {
        foreach (var known in names)
            if (known == name) return true;
        return false;
    }
}
