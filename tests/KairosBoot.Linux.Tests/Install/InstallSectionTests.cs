using KairosBoot.CloudConfig;
using KairosBoot.CloudConfig.Booted;
using KairosBoot.Plan;

namespace KairosBoot.Linux.Tests.Install;

public sealed class InstallSectionTests
{
    [Theory]
    [InlineData("mkfifo", "/config")]
    [InlineData("truncate", "-s", "17M", "/config")]
    public void A_config_that_is_a_pipe_or_too_large_is_refused_without_reading_it(string program, params string[] arguments) =>
        MountNamespace.Run(scratch =>
        {
            MountNamespace.Tool(program, [.. arguments.Select(word => word == "/config" ? scratch + word : word)]);
            Assert.Contains(scratch + "/config",
                Assert.Throws<OperatorException>(() => InstallSection.Read([scratch + "/config"], _ => { })).Message);
            Assert.Throws<OperatorException>(() => ConfigLint.CheckFile(scratch + "/config"));
        });

    [Fact]
    public void The_settings_of_the_last_config_are_used() => MountNamespace.Run(scratch =>
    {
        File.WriteAllText(scratch + "/one", "install:\n  device: /dev/sda\n  partitions:\n    oem:\n      size: 64\n");
        File.WriteAllText(scratch + "/two", "install:\n  device: /dev/sdb\n  unknown: ignored\n");
        var problems = new List<StageProblem>();
        var section = InstallSection.Read([scratch + "/one", scratch + "/two"], problems.Add);
        Assert.Equal(("/dev/sdb", 64), (section.Device, section.Sizes["oem"]));
        Assert.Equal("install.unknown", Assert.Single(problems).Key);
    });
}
