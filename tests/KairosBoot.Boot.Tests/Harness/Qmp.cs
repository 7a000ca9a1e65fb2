using System.Net.Sockets;
using System.Text.Json;

namespace KairosBoot.Boot.Tests;

/// <summary>QEMU's machine protocol: lines with one JSON object each, over a Unix socket.</summary>
public sealed class Qmp : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly StreamReader _reader;
    private readonly StreamWriter _writer;

    public Qmp(string path)
    {
        Connect(new UnixDomainSocketEndPoint(path));
        _socket.ReceiveTimeout = 10_000;
        NetworkStream stream = new(_socket);
        _reader = new StreamReader(stream);
        _writer = new StreamWriter(stream) { AutoFlush = true };
        _reader.ReadLine();                 // the greeting
        Execute("qmp_capabilities", "{}");  // until this command, QEMU accepts no other one
    }

    // A machine that was just switched on has no socket yet.
    private void Connect(UnixDomainSocketEndPoint place)
    {
        for (int tries = 100; ; tries--)
        {
            try
            {
                _socket.Connect(place);
                return;
            }
            catch (SocketException) when (tries > 0) { Thread.Sleep(100); }
        }
    }

    /// <summary>Returns what QEMU returned.</summary>
    public JsonElement Execute(string command, string arguments)
    {
        _writer.WriteLine($$"""{"execute":"{{command}}","arguments":{{arguments}}}""");
        while (_reader.ReadLine() is string line)
        {
            if (line.StartsWith("{\"error\"", StringComparison.Ordinal))
                throw new InvalidOperationException($"{command} {arguments}: {line}");
            if (line.StartsWith("{\"return\"", StringComparison.Ordinal))
                return JsonDocument.Parse(line).RootElement.GetProperty("return");
        }
        throw new InvalidOperationException($"{command}: QEMU closed the connection");
    }

    public void Dispose() => _socket.Dispose();
}
