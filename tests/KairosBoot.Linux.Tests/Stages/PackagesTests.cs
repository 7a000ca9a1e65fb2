using KairosBoot.CloudConfig.Booted;

namespace KairosBoot.Linux.Tests.Stages;

/// <summary>The keys packages and package_pins with real apt and a repository in a directory.</summary>
public sealed class PackagesTests : IDisposable
{
    private readonly BootedSystem system = new();

    public void Dispose() => system.Dispose();

    private void MakeRepository() => system.Shell("""
        for v in 1 2; do for p in kb-one kb-two; do
            mkdir -p /srv/$p-$v/DEBIAN /srv/$p-$v/opt /srv/repo; echo $v > /srv/$p-$v/opt/$p
            printf 'Package: %s\nVersion: %s\nArchitecture: all\nMaintainer: n <n@e>\nDescription: d\n' $p $v > /srv/$p-$v/DEBIAN/control
            dpkg-deb --root-owner-group -b /srv/$p-$v /srv/repo/${p}_$v.deb
        done; done
        cd /srv/repo; dpkg-scanpackages -m . > Packages 2> /dev/null
        rm -rf /etc/apt/sources.list /etc/apt/sources.list.d/* /var/lib/apt/lists/*
        echo 'deb [trusted=yes] file:/srv/repo ./' > /etc/apt/sources.list
        """);

    private string Installed() =>
        system.Shell("dpkg-query -W -f '${Package}=${Version} ${db:Status-Status}\\n' 'kb-*' | grep -w installed || :").Trim();

    [Fact]
    public void Packages_are_refreshed_upgraded_installed_and_removed()
    {
        MakeRepository();
        Assert.Empty(system.Run("packages: {refresh: true, install: ['kb-one=1 kb-two=1']}").Problems);
        Assert.Equal("kb-one=1 installed\nkb-two=1 installed", Installed());
        Assert.Empty(system.Run("packages: {remove: [kb-two], install: kb-one=2}").Problems);
        Assert.Equal(("kb-one=2 installed", "2\n"), (Installed(), system.Read("/opt/kb-one")));
        Assert.Empty(system.Run("packages: {install: ['{{ .Values.os.vendor | replace \"debian\" \"kb-two\" }}=1']}").Problems);
        system.Shell("apt-mark hold $(dpkg-query -W -f '${Package}\\n' | grep -v ^kb-) > /dev/null");
        Assert.Empty(system.Run("packages: {upgrade: true}").Problems);
        Assert.Equal("kb-one=2 installed\nkb-two=2 installed", Installed());
        Assert.Contains(system.Log, line => line.StartsWith("e: ", StringComparison.Ordinal) && line.Contains("kb-two"));
    }

    [Fact]
    public void A_pin_decides_the_version_that_is_installed()
    {
        MakeRepository();
        var report = system.Run(
            "packages: {refresh: true, install: [kb-one, kb-two]}\npackage_pins: {kb-one: '1', kb-two: , bad name: '1'}");
        Assert.Equal([(5, true), (5, false)], report.Problems.Select(p => (p.Line, p.IsWarning)));
        Assert.Equal("kb-one=1 installed\nkb-two=2 installed", Installed());
        Assert.EndsWith("Package: kb-one\nPin: version 1\nPin-Priority: 1001\n", system.Read("/etc/apt/preferences.d/99-yip-pins"));
    }

    [Fact]
    public void Packages_stop_at_the_first_failure()
    {
        MakeRepository();
        var problem = Assert.Single(system.Run("packages: {refresh: true, install: [kb-none], remove: [coreutils]}\n").Problems);
        Assert.Equal((4, "packages", "install: apt-get: exit code 100"), (problem.Line, problem.Key, problem.Reason));
        Assert.Contains(system.Log, line => line.Contains("Unable to locate package kb-none"));
    }

    [Theory]
    [InlineData("ID=alpine", "this root has no apk")]
    [InlineData("ID=rocky\nID_LIKE=\"rhel centos fedora\"", "this root has no dnf")]
    [InlineData("ID=mine\nID_LIKE=\"suse opensuse\"", "this root has no zypper")]
    [InlineData("ID=manjaro\nID_LIKE=arch", "this root has no pacman")]
    [InlineData("ID=mine", "no known package manager for 'mine'")]
    [InlineData("NAME=x", "/etc/os-release has no ID")]
    public void A_missing_package_manager_is_a_problem(string release, string reason)
    {
        system.Put("/etc/os-release", release + "\n");
        system.Shell("rm -f /usr/bin/dnf /usr/bin/yum /usr/bin/zypper /sbin/apk /usr/bin/pacman");
        foreach (var key in (string[])["packages: {install: [x]}", "package_pins: {x: '1'}"])
            Assert.Contains(reason, Assert.Single(system.Run(key).Problems).Reason);
    }

    [Fact]
    public void ID_LIKE_selects_the_package_manager_of_a_derived_distribution()
    {
        system.Put("/etc/os-release", "ID=mine\nID_LIKE=\"other debian\"\n");
        Assert.Equal("apt-get", system.Do(() => PackageManager.Find().Manager.Program));
        Assert.Empty(system.Run("packages: {refresh: false, install: [], upgrade: no}").Problems);
    }

    [Fact]
    public void Pins_of_apk_keep_the_other_packages()
    {
        var pins = new SortedDictionary<string, string> { ["curl"] = "8.1-r0", ["zsh"] = "5-r1" };
        Assert.Equal("alpine-base\ncurl-dev\ncurl=8.1-r0\nopenssh>8\nzsh=5-r1\n",
            PackagePinsKey.World("curl\nalpine-base\nopenssh>8\ncurl-dev\nzsh=4-r0\n", pins));
    }
}
