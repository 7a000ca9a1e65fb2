namespace KairosBoot.Plan.Tests;

/// <summary>
/// A three-way merge of one file. Words stand for contents: <c>-</c> is absent, <c>dir</c> or <c>dir:x</c> is a directory.
/// </summary>
public sealed class StateMergeTests
{
    [Theory]
    // seeded, image, store | the change of the store, the base of the next merge
    // the user did not touch it
    [InlineData("v1", "v1", "v1", MergeChange.None, "v1")]
    [InlineData("v1", "v2", "v1", MergeChange.Replace, "v2")]
    [InlineData("v1", "-", "v1", MergeChange.Remove, null)]
    // the user changed it
    [InlineData("v1", "v1", "user", MergeChange.None, "v1")]
    [InlineData("v1", "v2", "user", MergeChange.None, "v2")]
    [InlineData("v1", "-", "user", MergeChange.None, null)]
    // the user deleted it; if the image dropped it too, the deletion is recorded
    [InlineData("v1", "v1", "-", MergeChange.None, "v1")]
    [InlineData("v1", "v2", "-", MergeChange.None, "v2")]
    [InlineData("v1", "-", "-", MergeChange.None, "deleted")]
    [InlineData("deleted", "v1", "-", MergeChange.None, "v1")]
    [InlineData("deleted", "-", "-", MergeChange.None, "deleted")]
    [InlineData("deleted", "-", "v1", MergeChange.None, null)]
    [InlineData("deleted", "v2", "user", MergeChange.None, "v2")]
    // the user created what the image has now; it follows the image if it is equal
    [InlineData(null, "v2", "user", MergeChange.None, "v2")]
    [InlineData(null, "v2", "v2", MergeChange.None, "v2")]
    [InlineData(null, "v2", "-", MergeChange.Add, "v2")]
    // the user changed it to what the image has now
    [InlineData("v1", "v2", "v2", MergeChange.None, "v2")]
    // a merge was interrupted by a power cut: every state that it leaves follows the image
    [InlineData("v1,v2", "v3", "v1", MergeChange.Replace, "v3")]
    [InlineData("v1,v2", "v3", "v2", MergeChange.Replace, "v3")]
    [InlineData("v1,v2", "v1", "v2", MergeChange.Replace, "v1")]
    [InlineData("v1,-", "-", "v1", MergeChange.Remove, null)]
    [InlineData("v1,-", "-", "-", MergeChange.None, null)]
    [InlineData("v1,-", "v1", "-", MergeChange.Add, "v1")]
    [InlineData("v1,v2", "v3", "user", MergeChange.None, "v3")]
    [InlineData("v1,v2", "v3", "-", MergeChange.None, "v3")]
    // other kinds of files
    [InlineData("v1", "dir", "v1", MergeChange.Exchange, "dir")]
    [InlineData("dir", "v2", "dir", MergeChange.Exchange, "v2")]
    [InlineData("dir", "v2", "dir:user", MergeChange.None, "v2")]
    [InlineData("v1", "dir", "user", MergeChange.None, "dir")]
    [InlineData("dir:a", "dir:b", "dir:a", MergeChange.Attributes, "dir:b")]
    [InlineData("dir:a", "dir:b", "dir:user", MergeChange.None, "dir:b")]
    [InlineData("dir:b,dir*", "dir:b", "dir:half", MergeChange.Attributes, "dir:b")]
    [InlineData("dir", "-", "dir", MergeChange.Remove, null)]
    [InlineData("dir", "-", "dir:user", MergeChange.None, null)]
    public void A_file_follows_the_image_unless_the_user_changed_it(string? seeded, string image, string store, MergeChange change,
        string? next)
    {
        var entry = Decide(seeded, image, store);
        Assert.Equal(change, entry.Change);
        Assert.Equal(next is null ? null : Signatures(next), entry.Settled);
    }

    [Theory]
    [InlineData("v1", "v1", MergeChange.None)]
    [InlineData("v1", "user", MergeChange.None)]
    [InlineData("v1", "-", MergeChange.Add)]
    [InlineData("-", "user", MergeChange.None)]
    [InlineData("dir", "dir:user", MergeChange.None)]
    public void Without_a_manifest_missing_files_are_added_and_none_is_overwritten(string image, string store, MergeChange change)
    {
        var root = new MergeEntry("") { Image = Signature("dir") };
        var entry = new MergeEntry("f") { Image = Signature(image) };
        var entries = MergeTree.Join(null, image == "-" ? [root] : [root, entry]);
        root.Store = Signature("dir:user");
        entry.Store = Signature(store);
        Assert.Equal((MergeChange.None, change), (MergePlan.Decide(entries).Entries[0].Change, entry.Change));
    }

    [Theory]
    [InlineData("v1", "v2", "user", true)]
    [InlineData("v1", "-", "user", true)]
    [InlineData(null, "v2", "user", true)]
    [InlineData("v1", "v1", "user", false)]
    [InlineData("v1", "v2", "v2", false)]
    [InlineData("v1", "v2", "-", false)]
    public void A_file_that_both_changed_is_reported(string? seeded, string image, string store, bool named)
    {
        var merge = MergePlan.Decide(Tree(("", "dir", "dir", "dir"), ("f", seeded, image, store)));
        Assert.Equal(named ? ["f"] : [], merge.Kept);
    }

    [Fact]
    public void A_directory_that_the_user_deleted_stays_deleted() =>
        Assert.Empty(Actions(("", "dir", "dir", "dir"), ("d", "dir", "dir:new", "-"), ("d/new", null, "v2", "-"),
            ("d/old", "v1", "v2", "-")));

    [Fact]
    public void Nothing_is_added_below_a_link_that_replaces_a_directory() =>
        Assert.Empty(Actions(("", "dir", "dir", "dir"), ("d", "dir", "dir", "link"), ("d/new", null, "v2", "-")));

    [Fact]
    public void A_directory_that_the_image_dropped_is_deleted_from_the_deepest_up() => Assert.Equal(
        ["rm d/e/f", "rmdir d/e", "rmdir d"],
        Actions(("", "dir", "dir", "dir"), ("d", "dir", "-", "dir"), ("d/e", "dir", "-", "dir"), ("d/e/f", "v1", "-", "v1")));

    [Fact]
    public void A_dropped_directory_stays_if_it_has_files_of_the_user()
    {
        Assert.Equal(["rm d/g"], Actions(
            ("", "dir", "dir", "dir"), ("d", "dir", "-", "dir"), ("d/f", "v1", "-", "user"), ("d/g", "v1", "-", "v1")));
        var entries = Tree(("", "dir", "dir", "dir"), ("d", "dir", "-", "dir"), ("d/g", "v1", "-", "v1"));
        entries[1].HoldsMore = true;
        Assert.Equal(["rm d/g"], MergePlan.Decide(entries).Actions.Select(a => a.ToString()));
    }

    [Fact]
    public void A_file_is_deleted_before_a_directory_replaces_it() => Assert.Equal(
        ["rm d", "# copy from the image: d", "# copy from the image: d/e", "# copy from the image: d/e/f"],
        Actions(("", "dir", "dir", "dir"), ("d", "v1", "dir", "v1"), ("d/e", null, "dir", "-"), ("d/e/f", null, "v2", "-")));

    [Fact]
    public void A_directory_with_files_of_the_user_does_not_become_a_file()
    {
        Assert.Equal(["rm d/f", "rmdir d", "# copy from the image: d"],
            Actions(("", "dir", "dir", "dir"), ("d", "dir", "v2", "dir"), ("d/f", "v1", "-", "v1")));
        Assert.Empty(Actions(("", "dir", "dir", "dir"), ("d", "dir", "v2", "dir"), ("d/f", "v1", "-", "user")));
    }

    [Fact]
    public void The_store_follows_the_images_attributes_and_is_never_deleted()
    {
        Assert.Equal(["# copy mode, owner and attributes from the image: ."], Actions(("", "dir:a", "dir:b", "dir:a")));
        Assert.Equal(["rm f"], Actions(("", "dir", "-", "dir"), ("f", "v1", "-", "v1")));
    }

    [Fact]
    public void A_walk_visits_a_directory_completely_before_the_next_name()
    {
        string[] names = ["", "a", "a/b", "a/b/c", "a/z", "a b", "a-b", "a-b/x", "a.d", "b"];
        Assert.Equal(names, names.Reverse().Order(Comparer<string>.Create(MergeTree.Compare)));
        var entries = MergeTree.Join([], [.. names.Select(name => new MergeEntry(name))]);
        Assert.Equal(["a", "a-b", "a/b"],
            entries.Select(e => e.Parent?.Name).Where(p => p?.Length > 0).Distinct().Order(StringComparer.Ordinal));
    }

    private static MergeEntry Decide(string? seeded, string image, string store) =>
        MergePlan.Decide(Tree(("", "dir", "dir", "dir"), ("f", seeded, image, store))).Entries[1];

    private static IEnumerable<string> Actions(params (string, string?, string, string)[] rows) =>
        MergePlan.Decide(Tree(rows)).Actions.Select(action => action.ToString());

    private static List<MergeEntry> Tree(params (string Name, string? Seeded, string Image, string Store)[] rows)
    {
        var seeded = rows.Where(r => r.Seeded is not null).Select(r => new MergeEntry(r.Name) { Base = Signatures(r.Seeded!) });
        var image = rows.Where(r => r.Image != "-").Select(r => new MergeEntry(r.Name) { Image = Signature(r.Image) });
        var joined = MergeTree.Join([.. seeded], [.. image]);
        foreach (var entry in joined) entry.Store = Signature(rows.Single(r => r.Name == entry.Name).Store);
        return joined;
    }

    private static EntrySignature[] Signatures(string words) => words == "deleted" ? [] : [.. words.Split(',').Select(Signature)];

    internal static EntrySignature Signature(string word) => word switch
    {
        "-" => EntrySignature.Absent,
        "dir*" => EntrySignature.AnyDirectory,
        "link" => EntrySignature.Of('l', 0, Sha256.Hash("link"u8)),
        _ when word.StartsWith("dir", StringComparison.Ordinal) => EntrySignature.Of('d', 0,
            Sha256.Hash(System.Text.Encoding.UTF8.GetBytes(word))),
        _ => EntrySignature.Of('f', word.Length, Sha256.Hash(System.Text.Encoding.UTF8.GetBytes(word))),
    };
}
