namespace KairosBoot.Image;

/// <summary>GRUB's programs for a BIOS.</summary>
/// <param name="BootSector">The program of the first sector, for the MBR.</param>
/// <param name="Core">For the BIOS boot partition.</param>
internal sealed record BiosGrub(byte[] BootSector, byte[] Core);
