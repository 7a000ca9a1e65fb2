using System.Buffers.Binary;

namespace KairosBoot.Linux.Tests.Upgrade;

/// <summary>One write to a <see cref="RecordedDisk"/>, or, without content, a flush of what was written before.</summary>
internal sealed record DiskEvent(long Offset, byte[] Content)
{
    internal bool IsFlush => Content.Length == 0;
}

/// <summary>
/// A file in memory that keeps every write to it, in order: a FUSE file system (linux/fuse.h) whose root is that file. A loop device over it is a disk
/// whose power can be cut between any two of its writes.
/// </summary>
internal sealed class RecordedDisk : IDisposable
{
    private const int InHeader = 40, OutHeader = 16, BlockSize = 4096, EIO = 5, ENOSYS = 38;
    private static readonly byte[] Refused = [0];
    private readonly byte[] content;
    private readonly FileHandle channel;
    private readonly Thread server;
    private readonly string path;
    private readonly List<DiskEvent> events = [];

    /// <param name="path">An existing file; the disk is mounted on it.</param>
    /// <param name="content">What the disk holds.</param>
    internal RecordedDisk(string path, byte[] content)
    {
        (this.path, this.content) = (path, content);
        channel = Syscall.Open("/dev/fuse", OpenFlags.ReadWrite);
        Syscall.Mount("recorded", path, "fuse", MountFlags.NoSuid | MountFlags.NoDev, $"fd={channel.Descriptor},rootmode=100600,user_id=0,group_id=0");
        server = new Thread(Serve) { IsBackground = true };
        server.Start();
    }

    /// <summary>Decides whether a read or write fails with an error.</summary>
    internal Func<bool, long, bool> Fails { get; set; } = (isWrite, offset) => false;

    /// <summary>What was written so far.</summary>
    internal DiskEvent[] Events
    {
        get { lock (events) return [.. events]; }
    }

    public void Dispose()
    {
        Syscall.Umount(path, lazily: true);
        server.Join();
        channel.Dispose();
    }

    private void Serve()
    {
        var request = new byte[1 << 17];
        try
        {
            while (true)
            {
                var length = Syscall.Read(channel, request);
                var opcode = BitConverter.ToUInt32(request, 4);
                if (opcode is 2 or 42) continue; // FORGET and its batch have no answer
                var answer = Answer(opcode, request.AsSpan(InHeader, length - InHeader));
                var (content, error) = answer is null ? ([], ENOSYS) : answer == Refused ? ((byte[])[], EIO) : (answer, 0);
                var reply = new byte[OutHeader + content.Length];
                BinaryPrimitives.WriteInt32LittleEndian(reply, reply.Length);
                BinaryPrimitives.WriteInt32LittleEndian(reply.AsSpan(4), -error);
                request.AsSpan(8, 8).CopyTo(reply.AsSpan(8));
                content.CopyTo(reply, OutHeader);
                try { Syscall.WriteAll(channel, reply); }
                catch (SyscallException e) when (e.Errno == Errno.ENOENT) { } // the request was cancelled
            }
        }
        catch (SyscallException e) when (e.Errno == Errno.ENODEV) { } // unmounted
    }

    // Null: no such call.
    private byte[]? Answer(uint opcode, ReadOnlySpan<byte> body)
    {
        switch (opcode)
        {
            case 3 or 4: // GETATTR, SETATTR
                return Attributes();
            case 14: // OPEN, without the page cache: FOPEN_DIRECT_IO
                var opened = new byte[16];
                opened[8] = 1;
                return opened;
            case 15: // READ
                var (start, length) = ((int)BitConverter.ToUInt64(body[8..]), (int)BitConverter.ToUInt32(body[16..]));
                if (Fails(false, start)) return Refused;
                lock (events) return content.AsSpan(start, Math.Min(length, content.Length - start)).ToArray();
            case 16: // WRITE
                if (Fails(true, (long)BitConverter.ToUInt64(body[8..]))) return Refused;
                Write((long)BitConverter.ToUInt64(body[8..]), body.Slice(40, (int)BitConverter.ToUInt32(body[16..])).ToArray());
                return [.. body.Slice(16, 4), 0, 0, 0, 0];
            case 18 or 25: // RELEASE, FLUSH (of a descriptor, not of the disk)
                return [];
            case 20: // FSYNC
                Write(0, []);
                return [];
            case 26: // INIT
                var init = new byte[64];
                BinaryPrimitives.WriteUInt32LittleEndian(init, 7);
                BinaryPrimitives.WriteUInt32LittleEndian(init.AsSpan(4), 31);
                BinaryPrimitives.WriteUInt32LittleEndian(init.AsSpan(20), BlockSize); // one write, one block
                return init;
            default:
                return null;
        }
    }

    private void Write(long offset, byte[] data)
    {
        lock (events)
        {
            data.CopyTo(content, offset);
            events.Add(new(offset, data));
        }
    }

    private byte[] Attributes()
    {
        var attributes = new byte[104];
        void Put(int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(attributes.AsSpan(at), value);
        Put(16, 1); // inode
        Put(24, (uint)content.Length);
        Put(32, (uint)content.Length / 512);
        Put(76, 0x8180); // a regular file, 0600
        Put(80, 1); // links
        Put(96, BlockSize);
        return attributes;
    }
}
