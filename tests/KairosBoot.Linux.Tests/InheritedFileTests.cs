namespace KairosBoot.Linux.Tests;

public sealed class InheritedFileTests
{
    [Fact]
    public void An_inherited_file_is_at_its_start_and_stays_open_over_exec()
    {
        using var file = Syscall.InheritedFile("for-the-next", "initrd-timestamp=1 2\n\n"u8);
        // proc(5): pos in decimal, flags in octal.
        var members = File.ReadAllLines($"/proc/self/fdinfo/{file.Descriptor}").Select(line => line.Split(':')).ToDictionary(m => m[0],
            m => m[^1].Trim());
        Assert.Equal("0", members["pos"]);
        Assert.Equal(0, Convert.ToInt32(members["flags"], 8) & Convert.ToInt32("02000000", 8)); // O_CLOEXEC
        var buffer = new byte[64];
        var read = Syscall.Read(file, buffer);
        Assert.Equal("initrd-timestamp=1 2\n\n", System.Text.Encoding.ASCII.GetString(buffer, 0, read));
    }
}
