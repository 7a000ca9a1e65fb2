using KairosBoot.Init;
using KairosBoot.Linux;
using KairosBoot.Plan;

// One program with four roles: PID 1 of the initrd, the child processes for the image's fsck and for a shell, and PID 1 again at shutdown.
// Its self-test can run anywhere else.
if (Syscall.GetPid() != 1)
{
    // The kernel passes words of its command line to PID 1 as arguments: there, they are no verbs.
    if (args is [CheckChild.Verb, var image, var program, .. var options]) return CheckChild.Run(image, program, options);
    if (args is [ShellChild.Verb, var root, var console, var shell, .. var words]) return ShellChild.Run(root, console, shell, words);
    if (SelfTest.Run(args) is { } result) return result;
    StageProtocol.Print(InitrdFormat.Sentence);
    return 2;
}

if (Shutdown.Requested(args) is { } command) Shutdown.Run(command);

// The program's last resort: PID 1 reports the exception and reboots. It never throws to the kernel and never returns.
BootParts? parts = null;
try
{
    parts = BootParts.Compose(ApiFileSystems.Mounts);
    Boot.Run(parts, args);
}
catch (Exception e)
{
    var request = parts?.CommandLine.Request;
    FailureScreen.ShowAndReboot(FailureClassification.Of(e, request?.ImagePath ?? ""), request, parts?.Devices);
}
return 1;
