// /init that does nothing but the work: system calls in one process, the layout compiled in (layout.h: MODULES, OVERLAYS, BINDS, each ended
// by a null). What remains is what the kernel needs.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "layout.h"

enum { PATH = 512 };

static void check(long result, const char *what)
{
    if (result >= 0) return;
    dprintf(2, "floor: %s: %s\n", what, strerror(errno));
    reboot(RB_POWER_OFF);
    for (;;) pause();
}

static void attach(const char *source, const char *target, const char *type, unsigned long flags, const char *options)
{
    check(mount(source, target, type, flags, options), target);
}

static void directories(const char *path)
{
    char part[PATH];
    snprintf(part, sizeof part, "%s", path);
    for (char *slash = part; (slash = strchr(slash + 1, '/')); *slash = '/')
    {
        *slash = 0;
        mkdir(part, 0755);
    }
    if (mkdir(part, 0755) && errno != EEXIST) check(-1, path);
}

static const char *labels[] = { "COS_STATE", "COS_OEM", "COS_PERSISTENT" };
static char devices[3][PATH];

// The superblock of ext4 starts at 1024: its magic number at 56, the label at 120.
static void find_devices(void)
{
    DIR *directory = opendir("/sys/class/block");
    for (struct dirent *entry; directory && (entry = readdir(directory));)
    {
        char node[PATH], block[256];
        if (entry->d_name[0] == '.' || !strncmp(entry->d_name, "loop", 4)) continue;
        snprintf(node, sizeof node, "/dev/%s", entry->d_name);
        int file = open(node, O_RDONLY | O_CLOEXEC);
        if (file < 0) continue;
        if (pread(file, block, sizeof block, 1024) == sizeof block && block[56] == 0x53 && (unsigned char)block[57] == 0xEF)
            for (int i = 0; i < 3; i++)
                if (!strncmp(block + 120, labels[i], 16)) memcpy(devices[i], node, sizeof node);
        close(file);
    }
    closedir(directory);
    for (int i = 0; i < 3; i++) check(devices[i][0] ? 0 : -1, labels[i]);
}

static void image(const char *path)
{
    char node[32];
    struct loop_config config = { .info.lo_flags = LO_FLAGS_READ_ONLY };
    int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC), number = ioctl(control, LOOP_CTL_GET_FREE);
    check(number, "loop-control");
    snprintf(node, sizeof node, "/dev/loop%d", number);
    config.fd = open(path, O_RDONLY | O_CLOEXEC);
    int loop = open(node, O_RDONLY | O_CLOEXEC);
    check(ioctl(loop, LOOP_CONFIGURE, &config), path);
    attach(node, "/sysroot", "ext4", MS_RDONLY, "");
    close(loop), close(config.fd), close(control);
}

// Copies what the store does not have.
static void seed(int from, int to)
{
    DIR *directory = fdopendir(dup(from));
    for (struct dirent *entry; (entry = readdir(directory));)
    {
        struct stat status, stored;
        const char *name = entry->d_name;
        if (!strcmp(name, ".") || !strcmp(name, "..") || fstatat(from, name, &status, AT_SYMLINK_NOFOLLOW)) continue;
        int is_there = !fstatat(to, name, &stored, AT_SYMLINK_NOFOLLOW);
        if (S_ISDIR(status.st_mode))
        {
            if (!is_there) check(mkdirat(to, name, status.st_mode & 07777), name);
            int inner = openat(from, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC), copy = openat(to, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
            seed(inner, copy);
            if (!is_there) check(fchown(copy, status.st_uid, status.st_gid), name);
            close(inner), close(copy);
        }
        else if (S_ISREG(status.st_mode) && !is_there)
        {
            int source = openat(from, name, O_RDONLY | O_CLOEXEC);
            int copy = openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, status.st_mode & 07777);
            while (sendfile(copy, source, NULL, 1 << 20) > 0) { }
            check(fchown(copy, status.st_uid, status.st_gid), name);
            check(futimens(copy, (struct timespec[]){ status.st_atim, status.st_mtim }), name);
            close(source), close(copy);
        }
    }
    closedir(directory);
}

// What the directory has, the store has too, by rsync -a.
static void update(const char *from, const char *to)
{
    char source[2 * PATH + 2], copy[2 * PATH + 2];
    snprintf(source, sizeof source, "%s/", from);
    snprintf(copy, sizeof copy, "%s/", to);
    int child = fork(), status;
    if (!child) execl("/bin/rsync", "rsync", "-a", source, copy, NULL), _exit(127);
    check(waitpid(child, &status, 0), "rsync");
    check(status ? -1 : 0, "rsync");
}

static void store_name(char *name, const char *path)
{
    strcpy(name, path + 1);
    for (; *name; name++)
        if (*name == '/') *name = '-';
}

static void layout(void)
{
    char name[PATH], upper[2 * PATH], work[2 * PATH], target[2 * PATH], options[8 * PATH];
    directories("/run/overlay");
    attach("tmpfs", "/run/overlay", "tmpfs", 0, "size=25%");
    for (int i = 0; OVERLAYS[i]; i++)
    {
        store_name(name, OVERLAYS[i]);
        snprintf(upper, sizeof upper, "/run/overlay/%s/upper", name);
        snprintf(work, sizeof work, "/run/overlay/%s/work", name);
        directories(upper), directories(work);
        snprintf(target, sizeof target, "/sysroot%s", OVERLAYS[i]);
        snprintf(options, sizeof options, "lowerdir=%s,upperdir=%s,workdir=%s", target, upper, work);
        attach("overlay", target, "overlay", 0, options);
    }
    attach(devices[1], "/sysroot/oem", "ext4", 0, "");
    attach(devices[2], "/sysroot/usr/local", "ext4", 0, "");
    for (int i = 0; BINDS[i]; i++)
    {
        store_name(name, BINDS[i]);
        snprintf(target, sizeof target, "/sysroot%s", BINDS[i]);
        snprintf(upper, sizeof upper, "/sysroot/usr/local/.state/%s.bind", name);
        directories(target), directories(upper);
        int from = open(target, O_RDONLY | O_DIRECTORY | O_CLOEXEC), to = open(upper, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (getenv("benchrsync")) update(target, upper);
        else seed(from, to);
        close(from), close(to);
        attach(upper, target, NULL, MS_BIND, NULL);
    }
}

int main(int argc, char **argv)
{
    (void)argc;
    attach("devtmpfs", "/dev", "devtmpfs", 0, ""), attach("proc", "/proc", "proc", 0, ""), attach("sysfs", "/sys", "sysfs", 0, "");
    attach("tmpfs", "/run", "tmpfs", 0, "mode=755");
    for (int i = 0; MODULES[i]; i++)
    {
        int file = open(MODULES[i], O_RDONLY | O_CLOEXEC);
        check(syscall(SYS_finit_module, file, "", 0), MODULES[i]);
        close(file);
    }
    find_devices();
    directories("/run/initramfs/cos-state");
    attach(devices[0], "/run/initramfs/cos-state", "ext4", MS_RDONLY, "");
    image("/run/initramfs/cos-state/cOS/active.img");
    layout();
    const char *moved[] = { "/dev", "/proc", "/sys", "/run" };
    for (int i = 0; i < 4; i++)
    {
        char target[PATH];
        snprintf(target, sizeof target, "/sysroot%s", moved[i]);
        attach(moved[i], target, NULL, MS_MOVE, NULL);
    }
    check(chdir("/sysroot"), "/sysroot");
    attach(".", "/", NULL, MS_MOVE, NULL);
    check(chroot("."), "/sysroot");
    argv[0] = "/sbin/init";
    execv(argv[0], argv);
    check(-1, argv[0]);
}
