// The assembly that cannot be written inline: see arch.hpp.
#include <leat/runtime/arch.hpp>

// Not C++ thread_local: its initial value is constant and no wrapper function must stand between it and its
// readers.
extern "C" {
__attribute__((tls_model("initial-exec"))) __thread leat::runtime::worker* leat_this_worker = nullptr;
}

namespace leat::runtime {

[[gnu::noinline]] void set_this_worker(worker* owner) noexcept {
  leat_this_worker = owner;
}

}  // namespace leat::runtime

#if defined(__x86_64__)

// The stack pointer arrives 16-byte aligned, so the call leaves the alignment that the ABI wants at function
// entry.
asm(R"(
.text
.globl leat_goroutine_entry
.type leat_goroutine_entry, @function
leat_goroutine_entry:
  .cfi_startproc
  .cfi_undefined rip
  endbr64
  xorl %ebp, %ebp
  call leat_goroutine_main@PLT
  ud2
  .cfi_endproc
.size leat_goroutine_entry, .-leat_goroutine_entry

.globl leat_visit_parked
.type leat_visit_parked, @function
leat_visit_parked:
  .cfi_startproc
  .cfi_signal_frame
  endbr64
  pushq %rbx
  .cfi_adjust_cfa_offset 8
  .cfi_rel_offset rbx, 0
  pushq %r12
  .cfi_adjust_cfa_offset 8
  .cfi_rel_offset r12, 0
  pushq %r13
  .cfi_adjust_cfa_offset 8
  .cfi_rel_offset r13, 0
  movq 0(%rdi), %rbx
  movq 8(%rdi), %r12
  movq 16(%rdi), %r13
  movq %rdx, %rdi
  .cfi_remember_state
  .cfi_def_cfa rbx, 0
  .cfi_register rbp, r12
  .cfi_register rip, r13
  .cfi_undefined rbx
  .cfi_undefined r12
  .cfi_undefined r13
  call *%rsi
  .cfi_restore_state
  popq %r13
  .cfi_adjust_cfa_offset -8
  .cfi_restore r13
  popq %r12
  .cfi_adjust_cfa_offset -8
  .cfi_restore r12
  popq %rbx
  .cfi_adjust_cfa_offset -8
  .cfi_restore rbx
  ret
  .cfi_endproc
.size leat_visit_parked, .-leat_visit_parked
)");

#elif defined(__aarch64__)

asm(R"(
.text
.globl leat_goroutine_entry
.type leat_goroutine_entry, @function
leat_goroutine_entry:
  .cfi_startproc
  .cfi_undefined x30
  hint #36
  mov x29, xzr
  mov x30, xzr
  bl leat_goroutine_main
  brk #1
  .cfi_endproc
.size leat_goroutine_entry, .-leat_goroutine_entry

.globl leat_visit_parked
.type leat_visit_parked, @function
leat_visit_parked:
  .cfi_startproc
  .cfi_signal_frame
  hint #34
  stp x29, x30, [sp, #-48]!
  .cfi_adjust_cfa_offset 48
  .cfi_rel_offset x29, 0
  .cfi_rel_offset x30, 8
  stp x19, x20, [sp, #16]
  .cfi_rel_offset x19, 16
  .cfi_rel_offset x20, 24
  str x21, [sp, #32]
  .cfi_rel_offset x21, 32
  ldp x19, x20, [x0]
  ldr x21, [x0, #16]
  mov x9, x1
  mov x0, x2
  .cfi_remember_state
  .cfi_def_cfa x19, 0
  .cfi_register x29, x20
  .cfi_register x30, x21
  .cfi_undefined x19
  .cfi_undefined x20
  .cfi_undefined x21
  blr x9
  .cfi_restore_state
  ldr x21, [sp, #32]
  ldp x19, x20, [sp, #16]
  ldp x29, x30, [sp], #48
  .cfi_adjust_cfa_offset -48
  .cfi_restore x29
  .cfi_restore x30
  .cfi_restore x19
  .cfi_restore x20
  .cfi_restore x21
  ret
  .cfi_endproc
.size leat_visit_parked, .-leat_visit_parked
)");

#endif
