using System.Text;

namespace KairosBoot.Boot.Tests;

/// <summary>A serial line. All input goes to a log file; <see cref="Expect"/> searches it in order.</summary>
public sealed class SerialConsole
{
    private readonly Stream _input;
    private readonly FileStream _log;
    private readonly StringBuilder _text = new();
    private readonly object _lock = new();
    private int _position;
    private bool _closed;

    public SerialConsole(Stream output, Stream input, string logPath)
    {
        _input = input;
        LogPath = logPath;
        _log = new FileStream(logPath, FileMode.Create, FileAccess.Write, FileShare.Read);
        new Thread(() => Pump(output)) { IsBackground = true, Name = "console" }.Start();
    }

    public string LogPath { get; }

    /// <summary>All text of the machine so far, without carriage returns.</summary>
    public string Text
    {
        get
        {
            lock (_lock)
            {
                return _text.ToString();
            }
        }
    }

    public void Send(string text)
    {
        _input.Write(Encoding.UTF8.GetBytes(text));
        _input.Flush();
    }

    /// <summary>Waits for one of the texts after the last match; returns the text before it.</summary>
    /// <exception cref="TimeoutException">No text appeared in time, or the machine ended. The message has the last lines of the
    /// console.</exception>
    public string Expect(TimeSpan limit, params string[] texts) => Await(limit, texts, endIsGood: false)!;

    /// <summary>The same, but the machine may end before it prints one of the texts: null.</summary>
    public string? ExpectOrEnd(TimeSpan limit, params string[] texts) => Await(limit, texts, endIsGood: true);

    private string? Await(TimeSpan limit, string[] texts, bool endIsGood)
    {
        DateTime deadline = DateTime.UtcNow + limit;
        lock (_lock)
        {
            while (true)
            {
                if (TryTake(texts) is string before) return before;
                TimeSpan left = deadline - DateTime.UtcNow;
                if (_closed && endIsGood) return null;
                if (_closed || left <= TimeSpan.Zero)
                {
                    string wanted = string.Join("' or '", texts);
                    string why = _closed ? "the machine ended" : $"{limit.TotalSeconds:F0} s passed";
                    throw new TimeoutException($"waiting for '{wanted}': {why}. Console ({LogPath}) ends with:\n{Tail(40)}");
                }
                Monitor.Wait(_lock, left);
            }
        }
    }

    /// <summary>Waits until QEMU has ended and closed the line.</summary>
    public void ExpectEnd(TimeSpan limit)
    {
        DateTime deadline = DateTime.UtcNow + limit;
        lock (_lock)
        {
            while (!_closed)
            {
                TimeSpan left = deadline - DateTime.UtcNow;
                if (left <= TimeSpan.Zero)
                {
                    throw new TimeoutException(
                        $"still running after {limit.TotalSeconds:F0} s. Console ({LogPath}) ends with:\n{Tail(40)}");
                }

                Monitor.Wait(_lock, left);
            }
        }
    }

    /// <summary>Adds to what the machine said.</summary>
    public void Append(string text)
    {
        lock (_lock)
        {
            _text.Append(text.Replace("\r", "", StringComparison.Ordinal));
            Monitor.PulseAll(_lock);
        }
    }

    public string Tail(int lines) => string.Join('\n', Text.Split('\n').TakeLast(lines));

    private string? TryTake(string[] texts)
    {
        string all = _text.ToString(_position, _text.Length - _position);
        int first = -1, length = 0;
        foreach (string text in texts)
        {
            int at = all.IndexOf(text, StringComparison.Ordinal);
            if (at >= 0 && (first < 0 || at < first)) (first, length) = (at, text.Length);
        }
        if (first < 0) return null;
        _position += first + length;
        return all[..first];
    }

    private void Pump(Stream output)
    {
        byte[] buffer = new byte[4096];
        Decoder decoder = Encoding.UTF8.GetDecoder();
        char[] characters = new char[4096];
        int read;
        while ((read = output.Read(buffer)) > 0)
        {
            _log.Write(buffer, 0, read);
            _log.Flush();
            Append(new string(characters, 0, decoder.GetChars(buffer, 0, read, characters, 0)));
        }
        lock (_lock)
        {
            _closed = true;
            Monitor.PulseAll(_lock);
        }
        _log.Dispose();
    }
}
