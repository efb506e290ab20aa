/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * entry.S - where the guest's kernel is entered and left
 *
 * Kernel code may be interpreted, at about 0.6 us an instruction: stubs are short, and those whose
 * time is measured read the TSC first.
 */
    .code64
    .section .text.start, "ax"
    .globl guest_start
guest_start:                    /* rdi: number of the vCPU; rsp: its boot stack */
    xor     %ebp, %ebp
    call    k_boot
    jmp     k_return

/* The frame of kernel.h. What is called gets (frame, tsc) and returns the frame to leave by. */
    .macro  ENTER handler
    push    %rax
    push    %rdx
    rdtsc
    shl     $32, %rdx
    or      %rax, %rdx
    push    %rcx
    push    %rbx
    push    %rsi
    push    %rdi
    push    %rbp
    push    %r8
    push    %r9
    push    %r10
    push    %r11
    push    %r12
    push    %r13
    push    %r14
    push    %r15
    mov     %rsp, %rdi
    mov     %rdx, %rsi
    call    \handler
    jmp     k_return
    .endm

    .text
    .globl k_return
k_return:
    mov     %rax, %rsp
    pop     %r15
    pop     %r14
    pop     %r13
    pop     %r12
    pop     %r11
    pop     %r10
    pop     %r9
    pop     %r8
    pop     %rbp
    pop     %rdi
    pop     %rsi
    pop     %rbx
    pop     %rcx
    pop     %rdx
    pop     %rax
    add     $8, %rsp            /* error code, or what stands for it */
    iretq

    .globl stub_page_fault, stub_invalid, stub_ready, stub_probe, stub_timer
stub_page_fault:
    ENTER   k_page_fault
stub_invalid:
    push    $0
    ENTER   k_invalid
stub_ready:
    push    $0
    ENTER   k_ready
stub_probe:
    push    $0
    ENTER   k_probe_irq
stub_timer:
    push    $0
    ENTER   k_timer

/* All other exceptions end the guest: stub i is at stub_fatal + 16 * i. */
    .globl stub_fatal
    .balign 16
stub_fatal:
    .set v, 0
    .rept 32
    .balign 16
    mov     $v, %edi
    mov     %rsp, %rsi
    call    k_fatal
    .set v, v + 1
    .endr
    .section .note.GNU-stack, "", @progbits
