// A plugin of QEMU that counts the instructions of a guest with one processor, from the first one of start.c to the first one of finish.c:
// those that it executed, and those that QEMU translated, which is about how much different code it executed. Both programs are recognized
// by the addresses that they are linked at. Debian has no header of the plugin interface (docs/devel/tcg-plugins.rst of QEMU); these are
// the declarations of its version 1.
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { NO_REGISTERS = 0, ADD_U64 = 0 };
struct qemu_plugin_tb;
typedef void block_callback(uint64_t plugin, struct qemu_plugin_tb *block);
typedef void run_callback(unsigned processor, void *data);
extern void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t plugin, block_callback *callback);
extern void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *block, run_callback *callback, int flags, void *data);
extern void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *block, int operation, void *counter, uint64_t number);
extern uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *block);
extern size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *block);

__attribute__((visibility("default"))) int qemu_plugin_version = 1;

static const uint64_t start_at = 0x10000000, finish_at = 0x20000000, size = 0x100000;
static uint64_t count, at_start, new_code, new_at_start;
static int state; // 0 before start.c, 1 until finish.c, 2 afterwards
static char result[4096];

static void started(unsigned processor, void *data)
{
    (void)processor, (void)data;
    if (state != 0) return;
    state = 1;
    at_start = count;
    new_at_start = new_code;
}

static void finished(unsigned processor, void *data)
{
    (void)processor, (void)data;
    if (state != 1) return;
    state = 2;
    FILE *file = fopen(result, "w");
    if (!file) return;
    fprintf(file, "%llu %llu %llu\n", (unsigned long long)at_start, (unsigned long long)(count - at_start),
        (unsigned long long)(new_code - new_at_start));
    fclose(file);
}

static void translated(uint64_t plugin, struct qemu_plugin_tb *block)
{
    (void)plugin;
    uint64_t address = qemu_plugin_tb_vaddr(block);
    if (address - start_at < size) qemu_plugin_register_vcpu_tb_exec_cb(block, started, NO_REGISTERS, NULL);
    if (address - finish_at < size) qemu_plugin_register_vcpu_tb_exec_cb(block, finished, NO_REGISTERS, NULL);
    new_code += qemu_plugin_tb_n_insns(block);
    qemu_plugin_register_vcpu_tb_exec_inline(block, ADD_U64, &count, qemu_plugin_tb_n_insns(block));
}

__attribute__((visibility("default"))) int qemu_plugin_install(uint64_t plugin, const void *info, int count_of_words, char **words)
{
    (void)info;
    for (int i = 0; i < count_of_words; i++)
        if (!strncmp(words[i], "out=", 4)) snprintf(result, sizeof result, "%s", words[i] + 4);
    qemu_plugin_register_vcpu_tb_trans_cb(plugin, translated);
    return 0;
}
