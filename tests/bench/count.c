// A plugin of QEMU that counts the instructions of a guest from the first one of start.c to the first one of finish.c: those that it
// executed, and those that QEMU translated, which is about how much different code it executed. Both programs are recognized by the
// addresses that they are linked at.
//
// With several processors it counts the time of a machine whose processors each execute one instruction in a unit of time. Each has a clock,
// its instructions. Who is ahead waits for those that are not idle; who wakes up takes over the clock of who was busy meanwhile. So what
// runs next to something else does not count, neither does waiting for the disk, and the load of this machine hardly does.
//
// Debian has no header of the plugin interface (docs/devel/tcg-plugins.rst of QEMU); these are the declarations of its version 1.
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { NO_REGISTERS = 0, ADD_U64 = 0, MAX_PROCESSORS = 256 };
struct qemu_plugin_tb;
typedef void block_callback(uint64_t plugin, struct qemu_plugin_tb *block);
typedef void run_callback(unsigned processor, void *data);
typedef void processor_callback(uint64_t plugin, unsigned processor);
extern void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t plugin, block_callback *callback);
extern void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *block, run_callback *callback, int flags, void *data);
extern void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *block, int operation, void *counter, uint64_t number);
extern void qemu_plugin_register_vcpu_init_cb(uint64_t plugin, processor_callback *callback);
extern void qemu_plugin_register_vcpu_idle_cb(uint64_t plugin, processor_callback *callback);
extern void qemu_plugin_register_vcpu_resume_cb(uint64_t plugin, processor_callback *callback);
extern uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *block);
extern size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *block);

__attribute__((visibility("default"))) int qemu_plugin_version = 1;

static const uint64_t start_at = 0x10000000, finish_at = 0x20000000, size = 0x100000;
// How far one processor may be ahead of another, and how long it waits for one that QEMU has stopped.
static const uint64_t max_lead = 20000, patience = 10000000; // instructions; nanoseconds
static _Atomic uint64_t clocks[MAX_PROCESSORS];
static _Atomic bool busy[MAX_PROCESSORS];
static unsigned processors;
static uint64_t count, at_start, new_code, new_at_start; // count: of a single processor
static int state; // 0 before start.c, 1 until finish.c, 2 afterwards
static char result[4096];

static void appeared(uint64_t plugin, unsigned processor)
{
    (void)plugin;
    if (processor >= processors) processors = processor + 1;
    busy[processor] = true;
}

// The clock of the last one of the others that are not idle; UINT64_MAX: all are.
static uint64_t last_of_others(unsigned processor)
{
    uint64_t last = UINT64_MAX;
    for (unsigned i = 0; i < processors; i++)
        if (i != processor && atomic_load_explicit(&busy[i], memory_order_relaxed)) {
            uint64_t other = atomic_load_explicit(&clocks[i], memory_order_relaxed);
            if (other < last) last = other;
        }
    return last;
}

static void fell_idle(uint64_t plugin, unsigned processor)
{
    (void)plugin;
    busy[processor] = false;
}

// If no other one is busy, the disk or a timer has woken it.
static void woke_up(uint64_t plugin, unsigned processor)
{
    (void)plugin;
    uint64_t now = last_of_others(processor);
    if (now == UINT64_MAX) {
        now = 0;
        for (unsigned i = 0; i < processors; i++)
            if (clocks[i] > now) now = clocks[i];
    }
    if (now > clocks[processor]) clocks[processor] = now;
    busy[processor] = true;
}

static uint64_t nanoseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

static void ran(unsigned processor, void *instructions)
{
    uint64_t now = atomic_load_explicit(&clocks[processor], memory_order_relaxed) + (uintptr_t)instructions;
    atomic_store_explicit(&clocks[processor], now, memory_order_relaxed);
    if (state != 1) return;
    uint64_t seen = 0, since = 0;
    for (uint64_t last; (last = last_of_others(processor)) != UINT64_MAX && now > last + max_lead; sched_yield()) {
        // QEMU may have stopped the other one until this one returns.
        if (last != seen) seen = last, since = nanoseconds();
        else if (nanoseconds() - since > patience) return;
    }
}

static uint64_t executed(unsigned processor) { return processors < 2 ? count : clocks[processor]; }

static void started(unsigned processor, void *data)
{
    (void)data;
    if (state != 0) return;
    at_start = executed(processor);
    new_at_start = new_code;
    state = 1;
}

static void finished(unsigned processor, void *data)
{
    (void)data;
    if (state != 1) return;
    state = 2;
    FILE *file = fopen(result, "w");
    if (!file) return;
    fprintf(file, "%llu %llu %llu\n", (unsigned long long)at_start, (unsigned long long)(executed(processor) - at_start),
        (unsigned long long)(new_code - new_at_start));
    fclose(file);
}

static void translated(uint64_t plugin, struct qemu_plugin_tb *block)
{
    (void)plugin;
    uint64_t address = qemu_plugin_tb_vaddr(block);
    size_t instructions = qemu_plugin_tb_n_insns(block);
    if (address - start_at < size) qemu_plugin_register_vcpu_tb_exec_cb(block, started, NO_REGISTERS, NULL);
    if (address - finish_at < size) qemu_plugin_register_vcpu_tb_exec_cb(block, finished, NO_REGISTERS, NULL);
    new_code += instructions;
    if (processors < 2) qemu_plugin_register_vcpu_tb_exec_inline(block, ADD_U64, &count, instructions);
    else qemu_plugin_register_vcpu_tb_exec_cb(block, ran, NO_REGISTERS, (void *)instructions);
}

__attribute__((visibility("default"))) int qemu_plugin_install(uint64_t plugin, const void *info, int count_of_words, char **words)
{
    (void)info;
    for (int i = 0; i < count_of_words; i++)
        if (!strncmp(words[i], "out=", 4)) snprintf(result, sizeof result, "%s", words[i] + 4);
    qemu_plugin_register_vcpu_init_cb(plugin, appeared);
    qemu_plugin_register_vcpu_idle_cb(plugin, fell_idle);
    qemu_plugin_register_vcpu_resume_cb(plugin, woke_up);
    qemu_plugin_register_vcpu_tb_trans_cb(plugin, translated);
    return 0;
}
