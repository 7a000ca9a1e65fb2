using KairosBoot.Linux;
using KairosBoot.Plan;

namespace KairosBoot.Image;

/// <summary>Gives an image the seal that <see cref="ImageSeal"/> describes, and holds an image against it.</summary>
public static class SealedImage
{
    /// <summary>Puts a seal behind the file system in a file.</summary>
    internal static void Seal(string image, CancellationToken interrupt)
    {
        var size = new FileInfo(image).Length;
        var seal = new ImageSeal(size, Digest(image, interrupt));
        using var file = new FileStream(image, FileMode.Append);
        file.Write(seal.Write());
    }

    /// <summary>Null: the image has no seal, as one that another program made.</summary>
    public static ImageSeal? Read(string image)
    {
        using var file = File.OpenRead(image);
        if (file.Length <= ImageSeal.Length)
        {
            return null;
        }

        var last = new byte[ImageSeal.Length];
        file.Position = file.Length - last.Length;
        file.ReadExactly(last);
        return ImageSeal.Parse(last) is { } seal && seal.Size == file.Length - ImageSeal.Length ? seal : null;
    }

    /// <summary>What <c>kboot status</c> calls the image: 16 hexadecimal digits.</summary>
    public static string Id(string image) => BootCounter.IdOf(ImageIdentity.Of(image));

    // sha256sum has the processor's own instructions for it: several times as fast as what can be linked in here.
    private static string Digest(string image, CancellationToken interrupt)
    {
        var said = Tool.Sha256Sum.Run([image], interrupt).Output.TrimStart('\\'); // before a name with odd characters
        return said.Length > 64 ? said[..64] : throw Tool.Sha256Sum.Failed(said);
    }
}
