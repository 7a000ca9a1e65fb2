using System.Globalization;

namespace KairosBoot.Plan.Tests;

/// <summary>
/// Small random trees, many enough to contain every special case: images and users that add, change, delete and turn files into
/// directories, merges that are interrupted, and boots of any image afterwards.
/// </summary>
public sealed class InterruptedMergeTests
{
    private static readonly string[] Universe = ["a", "a/b", "a/b/c", "a/d", "a-b", "e", "e/f"];

    [Fact]
    public void An_interrupted_merge_is_completed_with_any_next_image()
    {
        var cuts = 0;
        for (var seed = 0; seed < 1000; seed++)
        {
            var random = new Random(seed);
            Dictionary<string, EntrySignature>[] images = [Image(random), Image(random), Image(random)];
            var start = new Machine();
            start.Merge(images[0]);
            Disturb(start, random);
            var next = images[random.Next(3)];
            var third = images[random.Next(3)];

            var whole = start.Copy();
            var actions = whole.Merge(images[1]);
            whole.Merge(next);
            whole.Merge(third);
            for (var cut = 0; cut <= actions; cut++, cuts++)
            {
                var interrupted = start.Copy();
                interrupted.Merge(images[1], cut);
                interrupted.Merge(next, seed % 2 == 0 ? int.MaxValue : random.Next(4));
                interrupted.Merge(third);
                Assert.True(whole.Text(images[1], next, third) == interrupted.Text(images[1], next, third),
                    $"seed {seed}, cut after {cut} of {actions}:\n{whole.Text()}\nbut after the cut\n{interrupted.Text()}\nstart\n" +
                        $"{start.Text()}");
            }
        }
        Assert.True(cuts > 2000, $"only {cuts} cuts: the trees hardly differ");
    }

    [Fact]
    public void A_user_loses_nothing_in_any_merge()
    {
        for (var seed = 0; seed < 1000; seed++)
        {
            var random = new Random(seed);
            var machine = new Machine();
            machine.Merge(Image(random));
            for (var round = 0; round < 4; round++)
            {
                var users = Disturb(machine, random);
                machine.Merge(Image(random));
                foreach (var (name, content) in users)
                    Assert.Equal((seed, name, content), (seed, name, machine.Store.GetValueOrDefault(name)));
            }
        }
    }

    private static Dictionary<string, EntrySignature> Image(Random random)
    {
        var tree = new Dictionary<string, EntrySignature> { [""] = Directory("root") };
        foreach (var name in Universe)
        {
            if (tree.TryGetValue(Parent(name), out var parent) && parent.IsDirectory && random.Next(4) > 0)
                tree[name] = random.Next(2) == 0 ? Directory(Number(random, 2)) : StateMergeTests.Signature("v" + Number(random, 3));
        }

        return tree;
    }

    /// <summary>Changes of a user in a store. Returns the files that belong to the user afterwards.</summary>
    private static List<(string, EntrySignature)> Disturb(Machine machine, Random random)
    {
        var theirs = new List<(string, EntrySignature)>();
        foreach (var name in (string[])[.. Universe, "a/mine", "a/b/mine", "mine"])
        {
            if (random.Next(3) > 0 || !machine.Store.TryGetValue(Parent(name), out var parent) || !parent.IsDirectory) continue;
            foreach (var below in machine.Store.Keys.Where(key => key == name
                || key.StartsWith(name + "/", StringComparison.Ordinal)).ToList())
            {
                machine.Store.Remove(below);
                theirs.RemoveAll(file => file.Item1 == below);
            }
            if (random.Next(3) == 0) continue;
            var content = random.Next(3) == 0 ? Directory("user") : StateMergeTests.Signature("user" + name);
            machine.Store[name] = content;
            theirs.Add((name, content));
        }
        return theirs;
    }

    private static EntrySignature Directory(string mode) => StateMergeTests.Signature("dir:" + mode);
    private static string Number(Random random, int below) => random.Next(below).ToString(CultureInfo.InvariantCulture);
    private static string Parent(string name) => name.LastIndexOf('/') is var cut and >= 0 ? name[..cut] : "";

    /// <summary>A store with its manifest on a simulated file system that refuses the same calls as a real one.</summary>
    private sealed class Machine
    {
        private ManifestSection? section;
        public SortedDictionary<string, EntrySignature> Store { get; private init; } = new(StringComparer.Ordinal);

        public Machine Copy() => new() { section = section, Store = new(Store, StringComparer.Ordinal) };

        /// <returns>Number of actions of the merge.</returns>
        public int Merge(Dictionary<string, EntrySignature> image, int limit = int.MaxValue)
        {
            List<MergeEntry> walk = [.. image.OrderBy(f => f.Key,
                Comparer<string>.Create(MergeTree.Compare)).Select(f => new MergeEntry(f.Key) { Image = f.Value })];
            if (section is null)
            {
                section = ManifestSection.Of("/p", "p", "i", walk, meanwhile: false);
                foreach (var (name, content) in image) Store[name] = content;
                return 1;
            }
            var entries = MergeTree.Join(section.Entries(), walk);
            foreach (var entry in entries) entry.Store = Store.GetValueOrDefault(entry.Name);
            foreach (var entry in entries)
                entry.HoldsMore = entry.Store.IsDirectory && Below(entry.Name).Any(name => !entries.Exists(e => e.Name == name));
            var merge = MergePlan.Decide(entries);
            section = ManifestSection.Of("/p", "p", "i", entries, meanwhile: true);
            for (var i = 0; i < merge.Actions.Count && i < limit; i++) Do(merge.Actions[i], whole: i + 1 < limit);
            if (limit > merge.Actions.Count) section = ManifestSection.Of("/p", "p", "i", entries, meanwhile: false);
            return merge.Actions.Count;
        }

        private void Do(MergeAction action, bool whole)
        {
            var (name, there) = (action.Entry.Name, Store.GetValueOrDefault(action.Entry.Name));
            switch (action.Kind)
            {
                case MergeActionKind.Remove:
                    Assert.False(Below(name).Any(), $"rmdir {name}: not empty");
                    Assert.True(Store.Remove(name), $"rm {name}: not there");
                    break;
                case MergeActionKind.Put:
                    Assert.True(Store.GetValueOrDefault(Parent(name)).IsDirectory, $"{name}: no directory to put it in");
                    Assert.True(!there.IsThere || (!there.IsDirectory && !action.Entry.Image.IsDirectory),
                        $"mv NEW {name}: a directory in the way");
                    Store[name] = action.Entry.Image;
                    break;
                default:
                    Assert.True(there.IsDirectory, $"chmod {name}: no directory");
                    // Several calls: a power cut may occur between them.
                    Store[name] = whole ? action.Entry.Image : Directory("half");
                    break;
            }
        }

        private IEnumerable<string> Below(string directory) =>
            Store.Keys.Where(key => key.Length > 0 && Parent(key) == directory);

        // A directory that one of the images does not have, and that stays because it contains files of the user, may keep its attributes
        // from before or during the change.
        public string Text(params Dictionary<string, EntrySignature>[] images) =>
            string.Join('\n', Store.Select(f =>
                $"{f.Key} {(f.Value.IsDirectory && !images.All(i => i.GetValueOrDefault(f.Key).IsDirectory) ? "d" : f.Value)}"))
            + "\n--\n" + System.Text.Encoding.UTF8.GetString(section?.Text ?? []);
    }
}
