namespace KairosBoot.Image;

/// <summary>One build of GRUB.</summary>
/// <param name="Name">In grub-mkimage's words: <c>x86_64-efi</c>.</param>
/// <param name="Package">The Debian package with its modules.</param>
/// <param name="Modules">The modules that only this target has.</param>
public sealed record GrubTarget(string Name, string Package, IReadOnlyList<string> Modules);
