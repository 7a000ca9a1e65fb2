using KairosBoot.Init;
using KairosBoot.Linux;
using KairosBoot.Plan;

// One program, three lives: PID 1 of the initrd, the child process it starts for the image's fsck, and PID 1 again at shutdown.
if (args is [CheckChild.Verb, var image, var program, .. var options]) return CheckChild.Run(image, program, options);
if (Syscall.GetPid() != 1)
{
    StageProtocol.Print("kairos-boot is /init of an initrd and does nothing else; see kboot --help\n");
    return 2;
}

if (Shutdown.Requested(args) is { } command) Shutdown.Run(command);

// The program's last resort: whatever went wrong, PID 1 says so and reboots. It never throws to the kernel and never returns.
Machine? machine = null;
try
{
    machine = Machine.Start(ApiFileSystems.Mounts);
    Boot.Run(machine, args);
}
catch (Exception e)
{
    FailureScreen.ShowAndReboot(FailureClassification.Of(e, machine?.Request.ImagePath ?? ""), machine, counters: null);
}
return 1;
