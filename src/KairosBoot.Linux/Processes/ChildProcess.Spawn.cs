using System.Text;
using Tmds.Linux;

namespace KairosBoot.Linux;

// Starting a program.
public static unsafe partial class ChildProcess
{
    /// <summary>The descriptors of a child, and its working directory.</summary>
    /// <param name="Input">Null: /dev/null.</param>
    /// <param name="Output">Its standard output.</param>
    /// <param name="Errors">Its standard error.</param>
    /// <param name="Directory">Null: that of this process.</param>
    private readonly record struct Standard(int? Input, int Output, int Errors, string? Directory = null);

    /// <summary>The operation of the exception for a program that could not be started.</summary>
    public const string Starting = "exec";

    // spawn.h
    private const short POSIX_SPAWN_SETPGROUP = 2, POSIX_SPAWN_SETSIGDEF = 4, POSIX_SPAWN_SETSIGMASK = 8, POSIX_SPAWN_SETSID = 0x80;
    // Room for two opaque types: 80 and 336 bytes in glibc on 64-bit machines.
    private const int SpawnActionsRoom = 256, SpawnAttributesRoom = 512;

    private static int Spawn(string program, IReadOnlyList<string> arguments, IReadOnlyList<string> environment, Standard standard,
        ChildUser? user, bool ownSession = false)
    {
        if (user is null) return Spawn(program, arguments, environment, standard, ownSession);
        // A user may not be able to reach root's current directory.
        standard = standard with { Directory = "/" };
        // The kernel keeps a user for each thread, and a child inherits that of the thread that starts it. This thread ends afterwards.
        var pid = 0;
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                Syscall.SetThreadUser(user);
                pid = Spawn(program, arguments, environment, standard, ownSession: true);
            }
            catch (SyscallException e) { failure = e; }
        });
        thread.Start();
        thread.Join();
        return failure is null ? pid : throw failure;
    }

    private static int Spawn(string program, IReadOnlyList<string> arguments, IReadOnlyList<string> environment, Standard standard,
        bool ownSession)
    {
        byte* actions = stackalloc byte[SpawnActionsRoom], attributes = stackalloc byte[SpawnAttributesRoom];
        sigset_t none, all;
        LibC.sigemptyset(&none);
        LibC.sigfillset(&all);
        using var argv = new StringVector([program, .. arguments]);
        using var envp = new StringVector(environment);
        Native.posix_spawn_file_actions_init(actions);
        Native.posix_spawnattr_init(attributes);
        try
        {
            fixed (byte* path = Encoding.UTF8.GetBytes(program + '\0'), devNull = "/dev/null\0"u8,
                directory = standard.Directory is { } chosen ? FileName.Encode(chosen) : null)
            {
                if (standard.Input is { } descriptor) Native.posix_spawn_file_actions_adddup2(actions, descriptor, 0);
                else Native.posix_spawn_file_actions_addopen(actions, 0, devNull, LibC.O_RDONLY, 0);
                Native.posix_spawn_file_actions_adddup2(actions, standard.Output, 1);
                Native.posix_spawn_file_actions_adddup2(actions, standard.Errors, 2);
                // Our descriptors are close-on-exec; descriptors that this process inherited may not be.
                Native.posix_spawn_file_actions_addclosefrom_np(actions, 3);
                Native.posix_spawnattr_setsigmask(attributes, &none);
                Native.posix_spawnattr_setsigdefault(attributes, &all);
                if (directory is not null) Native.posix_spawn_file_actions_addchdir_np(actions, directory);
                // A new session is also a process group and has no terminal: in root's session a user could type as root (TIOCSTI).
                var group = ownSession ? POSIX_SPAWN_SETSID : POSIX_SPAWN_SETPGROUP;
                Native.posix_spawnattr_setflags(attributes, (short)(group | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK));
                int pid;
                var error = Native.posix_spawn(&pid, path, actions, attributes, argv.Pointer, envp.Pointer);
                return error == 0 ? pid : throw Syscall.Failed(Starting, program, error);
            }
        }
        finally
        {
            Native.posix_spawn_file_actions_destroy(actions);
            Native.posix_spawnattr_destroy(attributes);
        }
    }
}
