using KairosBoot.CloudConfig;

namespace KairosBoot.Linux.Tests.CloudConfig;

/// <summary>A config is read again whenever its content may have changed.</summary>
public sealed class ConfigDocumentsTests : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("kairosboot-documents").FullName;
    private readonly ConfigDocuments documents = new();

    public void Dispose() => Directory.Delete(directory, recursive: true);

    private string File => Path.Combine(directory, "a.yaml");

    private string Read() => System.Text.Encoding.UTF8.GetString(
        documents.Read(ConfigFiles.Find(directory, (_, reason) => Assert.Fail(reason))[0], ReadLimit.Config));

    private void Write(string text, TimeSpan age)
    {
        System.IO.File.WriteAllText(File, text);
        System.IO.File.SetLastWriteTimeUtc(File, DateTime.UtcNow - age);
    }

    [Fact]
    public void A_file_that_has_just_changed_is_read_each_time_although_its_size_and_times_are_the_same()
    {
        for (var i = 0; i < 200; i++)
        {
            var text = "text " + (i % 10).ToString();
            Write(text, TimeSpan.Zero);
            Assert.Equal(text, Read());
        }
    }

    [Fact]
    public void A_change_with_the_old_size_and_the_old_time_is_found()
    {
        Write("old", TimeSpan.FromDays(1));
        Age();
        Assert.Equal("old", Read());
        Assert.Equal("old", Read());
        var time = System.IO.File.GetLastWriteTimeUtc(File);
        System.IO.File.WriteAllText(File, "new");
        System.IO.File.SetLastWriteTimeUtc(File, time);
        Assert.Equal("new", Read());
    }

    [Fact]
    public void Another_file_under_the_name_is_found()
    {
        Write("old", TimeSpan.FromDays(1));
        Age();
        Assert.Equal("old", Read());
        var other = Path.Combine(directory, "b");
        System.IO.File.WriteAllText(other, "new");
        System.IO.File.SetLastWriteTimeUtc(other, System.IO.File.GetLastWriteTimeUtc(File));
        System.IO.File.Move(other, File, overwrite: true);
        Assert.Equal("new", Read());
    }

    [Fact]
    public void The_target_of_a_link_is_read_each_time()
    {
        var target = Path.Combine(directory, "target");
        System.IO.File.WriteAllText(target, "old");
        System.IO.File.CreateSymbolicLink(File, target);
        Age();
        Assert.Equal("old", Read());
        System.IO.File.WriteAllText(target, "new");
        Assert.Equal("new", Read());
    }

    [Fact]
    public void A_config_that_the_stage_rootfs_passes_over_is_parsed_by_the_next_stage()
    {
        var content = "stages: {boot: [{name: a}]}"u8.ToArray();
        Assert.Empty(documents.Of("f", content, "rootfs", NoFinding).Entries("boot", "f"));
        Assert.Empty(documents.Of("f", content, "rootfs.after", NoFinding).Entries("boot", "f"));
        Assert.Single(documents.Of("f", content, "initramfs", NoFinding).Entries("boot", "f"));
        Assert.Single(documents.Of("f", content, "rootfs", NoFinding).Entries("boot", "f"));
    }

    // The age after which nothing can change a file and leave its times as they are.
    private static void Age() => Thread.Sleep(TimeSpan.FromSeconds(4.5));

    private static void NoFinding(int line, string key, string reason, bool isWarning) => Assert.Fail(reason);
}
