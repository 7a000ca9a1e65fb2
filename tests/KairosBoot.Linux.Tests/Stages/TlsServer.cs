using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace KairosBoot.Linux.Tests.Stages;

/// <summary>An HTTPS server on this machine, with its own certificate for 127.0.0.1. The tests write whole responses.</summary>
internal sealed class TlsServer : IDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly X509Certificate2 certificate;
    private readonly Thread thread;

    /// <param name="answer">The whole response to a path.</param>
    public TlsServer(Func<string, string> answer)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0,
            critical: true));
        using var made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        Pem = made.ExportCertificatePem();
        certificate = X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
        listener.Start();
        thread = new Thread(() => Serve(answer));
        thread.Start();
    }

    /// <summary>The certificate, to add to the trusted ones of a system.</summary>
    public string Pem { get; }

    public string Address => $"https://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}";

    public static string Redirect(string to) => $"HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

    public static string Content(string text) => $"HTTP/1.1 200 OK\r\nContent-Length: {text.Length}\r\nConnection: close\r\n\r\n{text}";

    private void Serve(Func<string, string> answer)
    {
        while (true)
        {
            try
            {
                using var client = listener.AcceptTcpClient();
                using var stream = new SslStream(client.GetStream());
                stream.AuthenticateAsServer(certificate);
                var reader = new StreamReader(stream);
                var path = reader.ReadLine()!.Split(' ')[1];
                while (reader.ReadLine() is { Length: > 0 }) { }
                stream.Write(Encoding.ASCII.GetBytes(answer(path)));
            }
            catch (SocketException) { return; }
            // the client went away
            catch (Exception e) when (e is IOException or System.Security.Authentication.AuthenticationException
                or NullReferenceException)
            { }
        }
    }

    public void Dispose()
    {
        listener.Stop();
        thread.Join();
        certificate.Dispose();
    }
}
