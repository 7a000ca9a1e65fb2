// The first process of a measured boot (rdinit=/bench-start): notes the time since the start of the kernel and the free memory, and becomes
// /init. It stands in an archive in front of the initrd, which is not changed.
#include <stdio.h>
#include <sys/sysinfo.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv, char **environment)
{
    struct timespec now;
    struct sysinfo memory;
    clock_gettime(CLOCK_BOOTTIME, &now);
    sysinfo(&memory);
    dprintf(1, "bench start %lld %llu\n", now.tv_sec * 1000000000LL + now.tv_nsec,
        (unsigned long long)memory.freeram * memory.mem_unit / 1024);
    (void)argc;
    argv[0] = "/init";
    execve("/init", argv, environment);
    dprintf(1, "bench no /init\n");
    for (;;) pause();
}
