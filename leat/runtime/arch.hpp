// The context switch and the way to the current worker, per architecture.
//
// A switch saves three values (stack pointer, frame pointer, where to go on), loads three others and jumps.
// Everything else is declared clobbered, so the compiler saves just what is live at that place. There is no
// `ret`, hence no return that the processor mispredicts; and the frame of a parked goroutine can be unwound
// from the three values, because at the resume label the code has the very frame layout that its unwind table
// describes.
//
// Floating-point modes (rounding, exceptions masked) belong to the thread, not to the goroutine.
#pragma once

#include <cstddef>

namespace leat::runtime {

struct worker;

/// Where a context that does not run will go on.
struct context {
  void* stack_pointer = nullptr;
  void* frame_pointer = nullptr;
  void* resume = nullptr;
};
static_assert(offsetof(context, stack_pointer) == 0 && offsetof(context, frame_pointer) == 8 &&
                  offsetof(context, resume) == 16,
              "the assembly below knows these offsets");

#if defined(__x86_64__)

#if defined(__AVX512F__)
#define LEAT_VECTOR_CLOBBERS                                                                         \
  "xmm16", "xmm17", "xmm18", "xmm19", "xmm20", "xmm21", "xmm22", "xmm23", "xmm24", "xmm25", "xmm26", \
      "xmm27", "xmm28", "xmm29", "xmm30", "xmm31", "k1", "k2", "k3", "k4", "k5", "k6", "k7",
#else
#define LEAT_VECTOR_CLOBBERS
#endif

[[gnu::always_inline]] inline void switch_context(context* from, const context* to) noexcept {
  // rbp cannot be named as clobbered where it is the frame pointer, so it is saved by hand.
  asm volatile(
      "movq %%rsp, 0(%0)\n\t"
      "movq %%rbp, 8(%0)\n\t"
      "leaq 1f(%%rip), %%rax\n\t"
      "movq %%rax, 16(%0)\n\t"
      "movq 0(%1), %%rsp\n\t"
      "movq 8(%1), %%rbp\n\t"
      "jmpq *16(%1)\n"
      "1:\n\t"
      "endbr64"
      : "+D"(from), "+S"(to)
      :
      : LEAT_VECTOR_CLOBBERS "rax", "rbx", "rcx", "rdx", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
        "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11",
        "xmm12", "xmm13", "xmm14", "xmm15", "mm0", "mm1", "mm2", "mm3", "mm4", "mm5", "mm6", "mm7", "memory",
        "cc");
}
#undef LEAT_VECTOR_CLOBBERS

/// The worker whose thread runs this, or null. Volatile assembly, because a compiler may keep the address of
/// a thread-local variable across a park, after which the code may run on another thread.
[[gnu::always_inline]] inline worker* this_worker() noexcept {
  worker* found;
  asm volatile(
      "movq leat_this_worker@gottpoff(%%rip), %0\n\t"
      "movq %%fs:(%0), %0"
      : "=r"(found));
  return found;
}

inline void spin_pause() noexcept {
  asm volatile("pause");
}

#elif defined(__aarch64__)

[[gnu::always_inline]] inline void switch_context(context* from, const context* to) noexcept {
  register context* source asm("x0") = from;
  register const context* target asm("x1") = to;
  asm volatile(
      "mov x9, sp\n\t"
      "adr x10, 1f\n\t"
      "stp x9, x29, [%0]\n\t"
      "str x10, [%0, #16]\n\t"
      "ldp x9, x29, [%1]\n\t"
      "ldr x10, [%1, #16]\n\t"
      "mov sp, x9\n\t"
      "br x10\n"
      "1:\n\t"
      "hint #36"  // bti j
      : "+r"(source), "+r"(target)
      :
      : "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16",
        "x17", "x18", "x19", "x20", "x21", "x22", "x23", "x24", "x25", "x26", "x27", "x28", "x30", "v0", "v1",
        "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9", "v10", "v11", "v12", "v13", "v14", "v15", "v16",
        "v17", "v18", "v19", "v20", "v21", "v22", "v23", "v24", "v25", "v26", "v27", "v28", "v29", "v30",
        "v31", "memory", "cc");
}

/// The worker whose thread runs this, or null; see the x86-64 version for why this is assembly.
[[gnu::always_inline]] inline worker* this_worker() noexcept {
  worker* found;
  void* offset;
  asm volatile(
      "mrs %0, tpidr_el0\n\t"
      "adrp %1, :gottprel:leat_this_worker\n\t"
      "ldr %1, [%1, #:gottprel_lo12:leat_this_worker]\n\t"
      "ldr %0, [%0, %1]"
      : "=&r"(found), "=&r"(offset));
  return found;
}

inline void spin_pause() noexcept {
  asm volatile("isb");
}

#else
#error "leat knows x86-64 and aarch64"
#endif

/// Makes `owner` what this_worker() answers on the calling thread.
void set_this_worker(worker* owner) noexcept;

}  // namespace leat::runtime

/// Where a new goroutine starts: calls leat_goroutine_main() on an empty stack, and ends every unwinding.
extern "C" void leat_goroutine_entry();

/// Calls visit(argument) on the caller's stack in such a way that an unwinder started in it finds, beyond
/// this function, the frames of the parked context at `parked` instead of the caller's.
extern "C" void leat_visit_parked(const leat::runtime::context* parked, void (*visit)(void*), void* argument);
