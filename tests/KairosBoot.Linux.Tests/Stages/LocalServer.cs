using System.Net;
using System.Net.Sockets;
using System.Text;

namespace KairosBoot.Linux.Tests.Stages;

/// <summary>An HTTP server on this machine, for the real programs that fetch from one.</summary>
internal sealed class LocalServer : IDisposable
{
    private readonly HttpListener listener = new();
    private readonly Thread thread;
    private readonly Func<HttpListenerRequest, HttpListenerResponse, byte[]?> answer;

    /// <param name="answer">The content for a request; null: 404. May set status and headers.</param>
    public LocalServer(Func<HttpListenerRequest, HttpListenerResponse, byte[]?> answer)
    {
        this.answer = answer;
        using (var probe = new TcpListener(IPAddress.Loopback, 0))
        {
            probe.Start();
            Port = ((IPEndPoint)probe.LocalEndpoint).Port;
        }
        listener.Prefixes.Add($"http://127.0.0.1:{Port}/");
        listener.Start();
        thread = new Thread(Serve);
        thread.Start();
    }

    public static LocalServer OfText(string content) => new((_, _) => Encoding.UTF8.GetBytes(content));

    public int Port { get; }
    public string Address => $"http://127.0.0.1:{Port}";
    public int Requests { get; private set; }

    private void Serve()
    {
        while (true)
        {
            HttpListenerContext context;
            try { context = listener.GetContext(); }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException) { return; }
            Requests++;
            try { Answer(context.Request, context.Response); }
            // the client went away
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException or IOException
                or ProtocolViolationException)
            { }
        }
    }

    private void Answer(HttpListenerRequest request, HttpListenerResponse response)
    {
        var content = answer(request, response);
        if (content is null) response.StatusCode = response.StatusCode == 200 ? 404 : response.StatusCode;
        else if (response.StatusCode == 200) response.OutputStream.Write(content);
        response.Close();
    }

    public void Dispose()
    {
        listener.Close();
        thread.Join();
    }
}
