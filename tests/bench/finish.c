// /sbin/init of the image: notes the time first, then checks that the layout is there, prints the report of kairos-boot, and switches the
// machine off.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <time.h>
#include <unistd.h>

static int console;

static void print(const char *name, const char *path)
{
    static char piece[65536];
    int file = open(path, O_RDONLY);
    dprintf(console, "bench begin %s\n", name);
    for (ssize_t length; file >= 0 && (length = read(file, piece, sizeof piece)) > 0;)
        for (ssize_t done = 0, more; done < length && (more = write(console, piece + done, length - done)) > 0;) done += more;
    if (file >= 0) close(file);
    dprintf(console, "\nbench end %s\n", name);
}

int main(void)
{
    struct timespec now;
    struct sysinfo memory;
    clock_gettime(CLOCK_BOOTTIME, &now);
    sysinfo(&memory);
    if (access("/proc/self", F_OK)) mount("proc", "/proc", "proc", 0, NULL);
    if (access("/dev/console", F_OK)) mount("dev", "/dev", "devtmpfs", 0, NULL);
    console = open("/dev/console", O_RDWR | O_NOCTTY);
    char load[128] = "";
    int file = open("/proc/loadavg", O_RDONLY);
    if (file >= 0 && read(file, load, sizeof load - 1) < 0) load[0] = 0;
    close(file);
    dprintf(console, "\nbench finish %lld %llu %d\n", now.tv_sec * 1000000000LL + now.tv_nsec,
        (unsigned long long)memory.freeram * memory.mem_unit / 1024, strrchr(load, ' ') ? atoi(strrchr(load, ' ')) : -1);

    // A persistent path shows the file of its store, /var can be written to, and / cannot.
    struct stat seen, stored;
    int same = !stat("/etc/ssh/sshd_config", &seen) && !stat("/usr/local/.state/etc-ssh.bind/sshd_config", &stored)
        && seen.st_ino == stored.st_ino && seen.st_dev == stored.st_dev;
    int writes = open("/var/bench", O_CREAT | O_WRONLY, 0600) >= 0, refuses = open("/bench", O_CREAT | O_WRONLY, 0600) < 0 && errno == EROFS;
    dprintf(console, "bench check %d%d%d%d\n", same, writes, refuses, access("/oem/90_layout.yaml", F_OK) == 0);
    print("mounts", "/proc/self/mounts");
    print("report", "/run/kairosboot/report.json");
    sync();
    reboot(RB_POWER_OFF);
    for (;;) pause();
}
