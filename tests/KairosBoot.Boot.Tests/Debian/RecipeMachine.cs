using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace KairosBoot.Boot.Tests;

/// <summary>
/// The machine of <c>initrd/examples/debian</c>, started by <c>kboot run --ssh</c> as a reader would start it, and used over ssh only.
/// <code>| BIOS boot | COS_GRUB | COS_OEM: cloud-config.yaml | COS_RECOVERY | COS_STATE | COS_PERSISTENT |</code>
/// </summary>
internal sealed class RecipeMachine : IDisposable
{
    private static readonly TimeSpan BootLimit = TimeSpan.FromSeconds(600);

    private readonly DirectoryInfo _work = Directory.CreateTempSubdirectory("kairosboot-recipe-");
    private readonly string _recipe;
    private readonly int _port = FreePort();
    private readonly Process _process;

    /// <param name="recipe">Directory made by tests/recipe.sh.</param>
    /// <param name="name">Directory of the console log below out/boot-tests.</param>
    public RecipeMachine(string recipe, string name)
    {
        _recipe = recipe;
        string directory = Path.Combine(Assets.Out, "boot-tests", name);
        Directory.CreateDirectory(directory);
        // ssh refuses a key that others can read.
        Tool.Run("install", "-m", "600", Path.Combine(recipe, "key"), Path.Combine(_work.FullName, "key"));
        _process = Process.Start(new ProcessStartInfo(Assets.KBoot, ["run", Path.Combine(recipe, "disk.raw"), "--ssh", $"{_port}"])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
        AppDomain.CurrentDomain.ProcessExit += KillAtExit;
        Console = new SerialConsole(_process.StandardOutput.BaseStream, _process.StandardInput.BaseStream,
            Path.Combine(directory, "console.log"));
        _process.ErrorDataReceived += (_, line) => Console.Append($"{line.Data}\n");
        _process.BeginErrorReadLine();
    }

    public SerialConsole Console { get; }

    public string Second => Path.Combine(_recipe, "second.squashfs");
    public string Broken => Path.Combine(_recipe, "broken.squashfs");

    /// <summary>Output of <c>kboot status --json</c>.</summary>
    public JsonElement Status => JsonDocument.Parse(Ssh("sudo kboot status --json")).RootElement;

    /// <summary>Waits for the login prompt and for ssh, and until the boot was marked good.</summary>
    public void WaitForSystem()
    {
        Console.Expect(BootLimit, "login: ");
        DateTime deadline = DateTime.UtcNow + BootLimit;
        while (Try("until test -e /run/kairosboot/good; do sleep 1; done").Status != 0)
            Assert.True(DateTime.UtcNow < deadline, $"no ssh to the machine. Console: {Console.LogPath}");
    }

    /// <summary>Runs a command line as the user admin; it must succeed.</summary>
    public string Ssh(string command) => SshAs("admin", command);

    /// <summary>Runs a command line as a user who logs in with the key of the recipe; it must succeed.</summary>
    public string SshAs(string user, string command)
    {
        (int status, string output) = Try(command, user);
        Assert.True(status == 0, $"'{command}' failed for {user} with exit status {status}: {output}");
        return output.TrimEnd('\n');
    }

    /// <summary>From the next boot on, the machine has these users besides admin.</summary>
    public void Declare(params string[] users)
    {
        string key = File.ReadAllText(Path.Combine(_recipe, "key.pub")).Trim();
        string rows = string.Join(", ",
            users.Select(user => $"{user}: {{passwd: \"*\", shell: /bin/bash, ssh_authorized_keys: [\"{key}\"]}}"));
        Ssh($"echo 'stages: {{initramfs: [{{users: {{{rows}}}}}]}}' | sudo tee /oem/95_users.yaml >/dev/null");
    }

    /// <summary>Sends an image over ssh, as the documents say, and reboots.</summary>
    public string UpgradeTo(string image)
    {
        string words = string.Join(' ', Words("sudo kboot upgrade --image -").Select(word => $"'{word}'"));
        string output = Tool.Run("sh", "-c", $"ssh {words} < '{image}' 2>&1");
        Try("sudo reboot");
        return output;
    }

    public void Dispose()
    {
        Kill();
        AppDomain.CurrentDomain.ProcessExit -= KillAtExit;
        _process.Dispose();
        _work.Delete(recursive: true);
    }

    public (int Status, string Output) Try(string command, string user = "admin") =>
        Tool.Try("timeout", ["300", "ssh", .. Words(command, user)]);

    // A host key that changes at a reboot is an error of ssh: the first one is kept in known_hosts.
    private string[] Words(string command, string user = "admin") =>
    [
        "-p", $"{_port}", "-i", Path.Combine(_work.FullName, "key"), "-o", "StrictHostKeyChecking=accept-new",
        "-o", $"UserKnownHostsFile={Path.Combine(_work.FullName, "known_hosts")}", "-o", "ConnectTimeout=60", "-o", "BatchMode=yes",
        "-o", "LogLevel=ERROR", $"{user}@127.0.0.1", command,
    ];

    private static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private void KillAtExit(object? sender, EventArgs e) => Kill();

    private void Kill()
    {
        if (!_process.HasExited) _process.Kill();
        _process.WaitForExit();
    }
}
