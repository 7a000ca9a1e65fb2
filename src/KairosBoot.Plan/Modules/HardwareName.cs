using System.Text;

namespace KairosBoot.Plan;

/// <summary>Describes hardware for which no driver was found, from its modalias (scripts/mod/file2alias.c of the kernel).</summary>
public static class HardwareName
{
    // Makers of storage controllers (https://pci-ids.ucw.cz), then PCI subclasses of mass storage (linux/pci_ids.h). Bytes, because a
    // string literal takes twice the space.
    private static ReadOnlySpan<byte> Names =>
        """
        8086 Intel,1022 AMD,1000 Broadcom,9005 Adaptec,15AD VMware,1AF4 virtio,1B4B Marvell,144D Samsung,103C HP,
        sc00 SCSI,sc01 IDE,sc04 RAID,sc05 ATA,sc06 SATA,sc07 SAS,sc08 NVMe,
        """u8;

    /// <summary><c>PCI device 8086:2922 (Intel SATA controller)</c>; null: it is not known to be storage.</summary>
    public static string? OfStorage(string modalias)
    {
        if (modalias.StartsWith("virtio:d00000002", StringComparison.Ordinal)) return "virtio disk";
        if (modalias.StartsWith("virtio:d00000008", StringComparison.Ordinal)) return "virtio SCSI controller";
        // USB: four digits each, and interface class 08. PCI: eight digits each, and base class 01.
        if (modalias.StartsWith("usb:v", StringComparison.Ordinal) && modalias.Length > 14
            && modalias.Contains("ic08", StringComparison.Ordinal))
        {
            return "USB device " + modalias[5..9] + ":" + modalias[10..14] + " (mass storage)";
        }

        var at = modalias.IndexOf("bc01sc", StringComparison.Ordinal);
        if (at < 22 || at + 8 > modalias.Length || !modalias.StartsWith("pci:v", StringComparison.Ordinal)) return null;
        var vendor = modalias[9..13];
        return "PCI device " + vendor + ":" + modalias[18..22] + " (" + Find(vendor, "") + Find(modalias.Substring(at + 4, 4), "storage ")
            + "controller)";
    }

    /// <summary>The name and a space.</summary>
    private static string Find(string number, string otherwise)
    {
        var names = Encoding.ASCII.GetString(Names);
        var at = names.IndexOf(number + " ", StringComparison.Ordinal);
        return at < 0 ? otherwise : names[(at + number.Length + 1)..names.IndexOf(',', at)] + " ";
    }
}
